/**
 * The peppers of the data folder, if they fit the keys of the store. With another pepper every key
 * would be unknown, without a word of why; gateways that share a store must have the same.
 */
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';

import { type LoadedPeppers, loadPeppers, pepperFile } from '#config/peppers.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { Storage } from '#storage/storage.ts';

const MARK = 'pepper';
const LABEL = 'llmproxy.pepper.mark.1';

/** Of 256 random bits: it says which one it is, and nothing of what it is. */
const markOf = (peppers: LoadedPeppers, version: number): string =>
  `${version}:${createHmac('sha256', peppers.of(version)).update(LABEL).digest('hex').slice(0, 32)}`;

export async function fittingPeppers(
  { marks }: Pick<Storage, 'marks'>,
  dataDir: string,
): Promise<LoadedPeppers> {
  const path = pepperFile(dataDir);
  // A new one would fit nothing.
  if ((await marks.find(MARK)) !== null && !existsSync(path)) throw problem(path, 'is not there');
  const peppers = loadPeppers(dataDir);
  const own = markOf(peppers, peppers.newest);
  const said = await marks.claim(MARK, own);
  if (said === own) return peppers;
  const version = Number(said.split(':')[0]);
  const isKnown = peppers.has(version) && markOf(peppers, version) === said;
  if (!isKnown) throw problem(path, 'is not the one that the keys of this store were made with');
  // The operator has added a newer one.
  await marks.replace(MARK, said, own);
  return peppers;
}

const problem = (path: string, what: string): ConfigProblem =>
  new ConfigProblem(
    ['dataDir'],
    `${path} ${what}: copy \`pepper\` from the data folder of a gateway that uses this store, or restore it from a backup`,
  );
