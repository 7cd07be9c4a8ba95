/**
 * The peppers of stored secrets: `dataDir/pepper`, a JSON line a version, 0600. They are not in the
 * database, so a stolen copy of it proves nothing about any key. A file that others may read is
 * refused: it is as good as published.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';

import { assert } from '#stdx/assert.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

const PEPPER_BYTES = 32;
const FILE_BYTES_MAX = 65_536;
const HEX = /^[0-9a-f]{64}$/u;

export interface Peppers {
  readonly newest: number;
  /** A version that is not in the file is our bug, or a database of another folder. */
  of(version: number): Uint8Array;
}

/** Reads the peppers; makes the file, and the folder (0700), where there is none. */
export function loadPeppers(dataDir: string): Peppers {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'pepper');
  createOnce(path);
  const { mode, size } = fs.statSync(path);
  if ((mode & 0o077) !== 0) {
    throw problem(
      `${path} can be read by others: run \`chmod 600 ${path}\`, and rotate the keys if others did`,
    );
  }
  if (size > FILE_BYTES_MAX) throw problem(`${path} is too large to be a pepper file`);
  return peppersOf(fs.readFileSync(path, 'utf8'), path);
}

/** How long one process waits for another that is writing the file at the same time. */
const CREATE_WAIT_MS = 2_000;

/**
 * Written whole and then renamed. The draft's name is the right to write it: of two processes that
 * start at once one writes and the other waits, so both read the one file.
 */
function createOnce(path: string): void {
  if (fs.existsSync(path)) return;
  const draft = `${path}.creating`;
  let file: number;
  try {
    file = fs.openSync(draft, 'wx', 0o600);
  } catch (thrown) {
    const isThere = thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST';
    if (!isThere) throw problem(`${path} cannot be written`);
    waitFor(path, draft);
    return;
  }
  try {
    // Between the look and the draft another process may have finished.
    if (fs.existsSync(path)) return;
    const line = { version: 1, pepper: randomBytes(PEPPER_BYTES).toString('hex') };
    fs.writeSync(file, `${JSON.stringify(line)}\n`);
    fs.fsyncSync(file);
    fs.renameSync(draft, path);
  } finally {
    fs.closeSync(file);
    fs.rmSync(draft, { force: true });
  }
}

function waitFor(path: string, draft: string): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < CREATE_WAIT_MS; waitedMs += 20) {
    if (fs.existsSync(path)) return;
    Atomics.wait(sleeper, 0, 0, 20);
  }
  throw problem(
    `${path} was being written by a process that ended: remove ${draft} and start again`,
  );
}

function peppersOf(text: string, path: string): Peppers {
  const byVersion = new Map<number, Uint8Array>();
  for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
    const entry = parseJson(line);
    const version = isJsonObject(entry) ? entry['version'] : undefined;
    const pepper = isJsonObject(entry) ? entry['pepper'] : undefined;
    const isRight = Number.isSafeInteger(version) && typeof pepper === 'string' && HEX.test(pepper);
    // A line that is skipped would make keys unknown, one by one, without a word.
    if (!isRight || byVersion.has(Number(version))) {
      throw problem(
        `${path} has a line that is no pepper, or a version twice: restore it from a backup`,
      );
    }
    byVersion.set(Number(version), Buffer.from(pepper, 'hex'));
  }
  if (byVersion.size === 0)
    throw problem(`${path} is empty: restore it from a backup, or remove it if there are no keys`);
  return {
    newest: Math.max(...byVersion.keys()),
    of(version) {
      const pepper = byVersion.get(version);
      assert(pepper !== undefined, 'every stored secret names a pepper of this data folder');
      return pepper;
    },
  };
}

const problem = (message: string): ConfigProblem => new ConfigProblem(['dataDir'], message);
