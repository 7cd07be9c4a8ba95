/**
 * The file of root keys: a line a version, 0600. The default one lies in the data folder, so that one
 * command starts a gateway; it protects copies of the database. Who fears for the folder names another.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';

import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { createOnce, readPrivate } from './private-file.ts';

const KEY_BYTES = 32;

export const rootFileIn = (dataDir: string): string => join(dataDir, 'root-key');

/** May throw `ConfigProblem`. */
export const readRootFile = (path: string): string => readPrivate(path, problem);

/** The first version, where there is no file. */
export const createRootFile = (path: string): void => createOnce(path, lineOf(1), problem);

/** A new version before the others; it wraps from now on. Written whole and then renamed. */
export function addRootKey(path: string): number {
  const text = readRootFile(path);
  const version = 1 + Math.max(0, ...text.split('\n').map(versionOf));
  const draft = `${path}.adding`;
  let file: number;
  try {
    file = fs.openSync(draft, 'wx', 0o600);
  } catch {
    // Two at once would each lose the other's key, and with it what that one wraps.
    throw problem(`${draft} is there: another command is adding a key, or one was cut short`);
  }
  try {
    fs.writeSync(file, lineOf(version) + text);
    fs.fsyncSync(file);
    fs.renameSync(draft, path);
  } finally {
    fs.closeSync(file);
    fs.rmSync(draft, { force: true });
  }
  return version;
}

function versionOf(line: string): number {
  const entry = parseJson(line);
  const version = isJsonObject(entry) ? entry['version'] : undefined;
  return typeof version === 'number' && Number.isSafeInteger(version) ? version : 0;
}

const lineOf = (version: number): string =>
  `${JSON.stringify({ version, key: randomBytes(KEY_BYTES).toString('hex') })}\n`;

const problem = (message: string): ConfigProblem => new ConfigProblem([], message);
