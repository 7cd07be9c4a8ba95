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

import { createOnce, readPrivate } from './private-file.ts';

const PEPPER_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/u;

export interface Peppers {
  readonly newest: number;
  /** A version that is not in the file is our bug, or a database of another folder. */
  of(version: number): Uint8Array;
}

export interface LoadedPeppers extends Peppers {
  has(version: number): boolean;
}

export const pepperFile = (dataDir: string): string => join(dataDir, 'pepper');

/** Reads the peppers; makes the file, and the folder (0700), where there is none. */
export function loadPeppers(dataDir: string): LoadedPeppers {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = pepperFile(dataDir);
  const line = { version: 1, pepper: randomBytes(PEPPER_BYTES).toString('hex') };
  createOnce(path, `${JSON.stringify(line)}\n`, problem);
  return peppersOf(readPrivate(path, problem), path);
}

function peppersOf(text: string, path: string): LoadedPeppers {
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
    has: (version) => byVersion.has(version),
    of(version) {
      const pepper = byVersion.get(version);
      assert(pepper !== undefined, 'every stored secret names a pepper of this data folder');
      return pepper;
    },
  };
}

const problem = (message: string): ConfigProblem => new ConfigProblem(['dataDir'], message);
