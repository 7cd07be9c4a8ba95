/**
 * One gateway a data folder, and one writer a log. Two of them would each believe that they know the
 * budgets, and would write into one log.
 */
import fs from 'node:fs';
import { join } from 'node:path';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { type FileLock, tryLockFile } from './file-lock.ts';

/** Creates the folder (0700) and takes it, or says who has it and what to do. */
export function lockDataFolder(dataDir: string): FileLock {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = tryLockFile(join(dataDir, 'gateway.lock'));
  if (lock !== null) return lock;
  throw new ConfigProblem(
    ['dataDir'],
    `another gateway uses the data folder ${dataDir}: stop it, or give this one its own dataDir`,
  );
}

/** The lock of one audit writer; `path` is inside the data folder. */
export function lockWriter(path: string): FileLock {
  const lock = tryLockFile(path);
  if (lock !== null) return lock;
  throw new ConfigProblem(
    ['dataDir'],
    `another process writes the audit log that ${path} guards: stop it, or use another dataDir`,
  );
}
