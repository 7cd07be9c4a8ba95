/**
 * The packages that run classifiers are the operator's: a runtime for ONNX files has native code and
 * an install script, and no gateway that does without one should carry it. They are looked for in the
 * folder that the file names, or where the gateway runs and keeps its data.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { ConfigProblem } from '#stdx/config-problem.ts';

import type { ThreadOptions } from './protocol.ts';

const RUNTIMES = ['onnxruntime-node', 'onnxruntime-web'];
const TOKENIZERS = ['@huggingface/tokenizers'];

export function findPackages(
  runtime: string | null,
  usual: readonly string[],
): ThreadOptions['packages'] {
  const folders = runtime === null ? usual : [runtime];
  return {
    runtime: firstOf(RUNTIMES, folders),
    tokenizers: firstOf(TOKENIZERS, folders),
  };
}

function firstOf(names: readonly string[], folders: readonly string[]): string {
  for (const folder of folders) {
    for (const name of names) {
      const file = resolved(name, folder);
      if (file !== null) return file;
    }
  }
  const where = folders.map((folder) => join(folder, 'node_modules')).join(' or ');
  throw new ConfigProblem(
    ['runtime'],
    `there is no ${names.join(' or ')} in ${where}: run \`npm install --prefix ${folders[0] ?? '.'} ${names[0]}\`, or write runtime: FOLDER`,
  );
}

/**
 * In this folder and not in one above it, where Node would look as well: a gateway that runs below
 * `/tmp` would load what anybody put there.
 */
export function resolved(name: string, folder: string): string | null {
  if (!existsSync(join(folder, 'node_modules', name, 'package.json'))) return null;
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    // It is there and has no entry: the next place is asked.
    return null;
  }
}
