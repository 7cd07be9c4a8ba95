/**
 * Files that hold keys of ours: 0600, small, made once. A file that others may read is refused: it is
 * as good as published.
 */
import fs from 'node:fs';

import type { ConfigProblem } from '#stdx/config-problem.ts';

const FILE_BYTES_MAX = 65_536;

type Problem = (message: string) => ConfigProblem;

export function readPrivate(path: string, problem: Problem): string {
  let text: string;
  try {
    const { mode, size } = fs.statSync(path);
    if ((mode & 0o077) !== 0) {
      throw problem(
        `${path} can be read by others: run \`chmod 600 ${path}\`, and rotate the keys if others did`,
      );
    }
    if (size > FILE_BYTES_MAX) throw problem(`${path} is too large for a file of keys`);
    text = fs.readFileSync(path, 'utf8');
  } catch (thrown) {
    // A foreign error adds only its own words; whose file it is stands in ours.
    if (thrown instanceof Error && 'code' in thrown) {
      throw problem(`${path} cannot be read: restore it from a backup, or let this user read it`);
    }
    throw thrown;
  }
  return text;
}

/** How long one process waits for another that is writing the file at the same time. */
const CREATE_WAIT_MS = 2_000;

/**
 * Written whole and then renamed. The draft's name is the right to write it: of two processes that
 * start at once one writes and the other waits, so both read the one file.
 */
export function createOnce(path: string, text: string, problem: Problem): void {
  if (fs.existsSync(path)) return;
  const draft = `${path}.creating`;
  let file: number;
  try {
    file = fs.openSync(draft, 'wx', 0o600);
  } catch (thrown) {
    const isThere = thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST';
    if (!isThere) throw problem(`${path} cannot be written`);
    waitFor(path, draft, problem);
    return;
  }
  try {
    // Between the look and the draft another process may have finished.
    if (fs.existsSync(path)) return;
    fs.writeSync(file, text);
    fs.fsyncSync(file);
    fs.renameSync(draft, path);
  } finally {
    fs.closeSync(file);
    fs.rmSync(draft, { force: true });
  }
}

/**
 * A key more in a file of keys. Written whole and then renamed; of two commands at once one is told to
 * try again, because each would lose the other's key. Returns what the file says now.
 */
export function extendPrivate(
  path: string,
  extended: (text: string) => string,
  problem: Problem,
): string {
  const draft = `${path}.adding`;
  let file: number;
  try {
    file = fs.openSync(draft, 'wx', 0o600);
  } catch {
    // Whatever it is, the file of keys was not touched.
    throw problem(`${draft} is there: another command is adding a key, or one was cut short`);
  }
  try {
    const text = extended(readPrivate(path, problem));
    fs.writeSync(file, text);
    fs.fsyncSync(file);
    fs.renameSync(draft, path);
    return text;
  } finally {
    fs.closeSync(file);
    fs.rmSync(draft, { force: true });
  }
}

function waitFor(path: string, draft: string, problem: Problem): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < CREATE_WAIT_MS; waitedMs += 20) {
    if (fs.existsSync(path)) return;
    Atomics.wait(sleeper, 0, 0, 20);
  }
  throw problem(
    `${path} was being written by a process that ended: remove ${draft} and start again`,
  );
}
