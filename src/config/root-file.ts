/**
 * The file of root keys: a line a version, 0600. The default one lies in the data folder, so that one
 * command starts a gateway; it protects copies of the database. Who fears for the folder names another.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { createOnce, extendPrivate, readPrivate } from './private-file.ts';

const KEY_BYTES = 32;

export const rootFileIn = (dataDir: string): string => join(dataDir, 'root-key');

/** May throw `ConfigProblem`. */
export const readRootFile = (path: string): string => readPrivate(path, problem);

/** The first version, where there is no file. */
export const createRootFile = (path: string): void => createOnce(path, lineOf(1), problem);

/** A new version before the others; it wraps from now on. */
export function addRootKey(path: string): number {
  let version = 0;
  const extended = (text: string): string => {
    version = 1 + Math.max(0, ...text.split('\n').map(versionOf));
    return lineOf(version) + text;
  };
  extendPrivate(path, extended, problem);
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
