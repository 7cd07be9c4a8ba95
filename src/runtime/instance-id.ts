/** Names this gateway among those that share a store. Of its data folder: a restart keeps it. */
import fs from 'node:fs';
import { join } from 'node:path';

import { createOnce, readPrivate } from '#config/private-file.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

const CHARS = 16;

export function instanceId(dataDir: string): string {
  // A command may ask before the first start.
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'instance-id');
  const problem = (message: string): ConfigProblem => new ConfigProblem(['dataDir'], message);
  createOnce(path, `${randomBase62(CHARS)}\n`, problem);
  const text = readPrivate(path, problem).trim();
  if (!/^[0-9A-Za-z]{16}$/u.test(text)) throw problem(`${path} is not an id: remove it`);
  return text;
}
