/**
 * The keys that sign checkpoints: a file of JSON lines, a key each, the newest last, 0600. By default it
 * is in the data folder, so that one command starts a gateway; who fears for that folder names another
 * place, because whoever has the key and the folder can write another log. Anchors are what tells.
 */
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';

import { isNoteName, noteKey, type NoteSigner, noteSigner } from '#audit/merkle/signed-note.ts';
import type { Signers } from '#audit/merkle/sequencer.ts';
import type { AuditSection } from '#config/audit-section.ts';
import { createOnce, extendPrivate, readPrivate } from '#config/private-file.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

const KEYS_MAX = 1_000;

export const checkpointKeyFile = (
  dataDir: string,
  { keyFile }: AuditSection['checkpoint'],
): string => keyFile ?? join(dataDir, 'audit-checkpoint-key');

/** Reads the keys; makes the file with a first one where there is none. May throw `ConfigProblem`. */
export function checkpointSigners(path: string, origin: string): Signers {
  // A command may ask for the key before the first start: a witness is told of it.
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  createOnce(path, newLine(origin), problem);
  return signersFrom(readPrivate(path, problem), path);
}

/** The one key of a witness, in a file of its own. May throw `ConfigProblem`. */
export function witnessSigner(path: string, name: string): NoteSigner {
  createOnce(path, newLine(name), problem);
  const [{ key, secret }] = signersFrom(readPrivate(path, problem), path);
  return { secret, key: noteKey(key.name, key.key, 4) };
}

/** A key behind the others: the gateway hands over to it at its next checkpoint. Its text form. */
export function addCheckpointKey(path: string): string {
  const extended = (text: string): string => {
    const [{ key }] = signersFrom(text, path);
    return text + newLine(key.name);
  };
  const text = extendPrivate(path, extended, problem);
  return signersFrom(text, path).at(-1)?.key.text ?? '';
}

function newLine(name: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return `${JSON.stringify({ name, createdAt: new Date().toISOString(), pem })}\n`;
}

function signersFrom(text: string, path: string): Signers {
  const signers: NoteSigner[] = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const fields = parseJson(line);
    const { name, pem } = isJsonObject(fields) ? fields : {};
    if (typeof name !== 'string' || !isNoteName(name) || typeof pem !== 'string')
      throw problem(`${path} has a line that is no key: restore it from a backup`);
    signers.push(signerOf(name, pem, path));
  }
  const [first, ...more] = signers;
  if (first === undefined || signers.length > KEYS_MAX)
    throw problem(`${path} has no key, or too many: restore it from a backup`);
  return [first, ...more];
}

/** The error of the parser quotes what it read, which is a key. */
function signerOf(name: string, pem: string, path: string): NoteSigner {
  try {
    return noteSigner(name, pem);
  } catch {
    throw problem(`${path} has a key that is none: restore it from a backup`);
  }
}

const problem = (message: string): ConfigProblem =>
  new ConfigProblem(['audit', 'checkpoint', 'keyFile'], message);
