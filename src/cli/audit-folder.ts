/** The folder of the log that a command was pointed at. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { CliExit, type CliContext, EXIT } from './context.ts';
import { configFor } from './settings.ts';

export interface FolderFlags {
  readonly config?: string;
}

/** A folder that is not there is a problem, not an empty log: nothing was proved. */
export async function auditFolder(
  dir: string | undefined,
  flags: FolderFlags,
  context: CliContext,
): Promise<string> {
  const root =
    dir === undefined
      ? (await configFor(flags.config, context)).config.dataDir
      : resolve(context.cwd, dir);
  const inside = join(root, 'audit');
  const folder = existsSync(inside) ? inside : root;
  if (existsSync(folder) && (dir !== undefined || folder === inside)) return folder;
  throw new CliExit(EXIT.problem, `there is no audit log in ${root}`);
}
