/** Labelled texts from outside the repository, read by path and never copied into it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Row {
  readonly text: string;
  readonly isAttack: boolean;
  readonly source: string;
  readonly kind: string;
}

/** Their licences allow weights to be trained on them; the others are for looking only. */
export const TRAINING_FILES = ['train-permissive', 'train-synthetic', 'train-adversarial'] as const;
export const ANALYSIS_FILES = ['train-unverified'] as const;

export function readRows(folder: string, files: readonly string[]): Row[] {
  return files.flatMap((name) => {
    const path = join(folder, `${name}.jsonl.gz`);
    if (!existsSync(path)) throw new Error(`${name}.jsonl.gz is not in the data folder`);
    const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map(rowOf);
  });
}

function rowOf(line: string): Row {
  const { text, label, source, kind } = JSON.parse(line) as {
    text: string;
    label: number;
    source: string;
    kind: string;
  };
  return { text, isAttack: label === 1, source, kind };
}
