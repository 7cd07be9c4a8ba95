/**
 * A configuration on its way to a worker: as text, because what is parsed of it has methods. What the
 * owner has checked is checked again there, by the same code; its secrets go by a channel that these two
 * processes have and nobody else.
 */
import { join } from 'node:path';

import { checkTree } from '#config/load.ts';
import { pathText } from '#config/issue.ts';
import type { JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Source } from '../source.ts';

export interface SourceText {
  readonly tree: JsonValue;
  readonly path: string | null;
  readonly dataDir: string;
  readonly hash: string;
  readonly secretsAt: ReadonlySet<string>;
}

export const textOf = ({ tree, path, hash, secretsAt, config }: Source): SourceText => ({
  tree,
  path,
  dataDir: config.dataDir,
  hash,
  secretsAt,
});

/** The problem, where a file that it names is not what it was when the owner read it. */
export async function sourceOf(text: SourceText): Promise<Result<Source, string>> {
  const { tree, path, dataDir, hash, secretsAt } = text;
  const checked = await checkTree(tree, path === null ? dataDir : join(path, '..'));
  const [problem] = checked.problems;
  if (checked.config === null || problem !== undefined) {
    return err(
      problem === undefined ? 'not valid' : `${pathText(problem.path)}: ${problem.message}`,
    );
  }
  return ok({ config: { ...checked.config, dataDir }, hash, secretsAt, path, tree });
}
