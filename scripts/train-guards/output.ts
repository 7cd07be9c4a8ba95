/** Writes the model's files, and the report that names them by their hash. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { Head } from '#policy/guards/linear-model/model.ts';
import type { Judge, Lines } from '#policy/guards/linear-model/verdict.ts';

import { headNames, type HeadName } from './groups.ts';
import type { Report } from './report.ts';
import type { Row } from './rows.ts';
import { wordList } from './word-list.ts';

interface Trained {
  readonly root: string;
  readonly bits: number;
  readonly heads: ReadonlyMap<HeadName, Head>;
  readonly judges: ReadonlyMap<HeadName, readonly Judge[]>;
  readonly lines: Readonly<Record<'user' | 'tool' | 'model', Lines>>;
  readonly report: Report;
  readonly rows: readonly Row[];
}

/** A system prompt is the operator's own text: only what is far above the line is acted on. */
const SYSTEM_MARGINS = { alert: 1.5, block: 4.5 } as const;

export function writeModel({ root, bits, heads, judges, lines, report, rows }: Trained): string {
  const folder = join(root, 'src', 'policy', 'guards', 'prompt-injection');
  const bytes = Buffer.concat(headNames.map((name) => bytesOf(heads.get(name))));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const version = sha256.slice(0, 12);
  const weights = {
    version,
    bits,
    heads: headNames.map((name) => ({
      name,
      bias: heads.get(name)?.bias ?? 0,
      scale: heads.get(name)?.scale ?? 0,
    })),
    sha256,
    // Level 9 of zlib is the same bytes on every machine with the same zlib; the hash is over the weights.
    data: gzipSync(bytes, { level: 9 }).toString('base64'),
  };
  const group = (head: HeadName, { alert, block }: Lines) => ({
    head,
    judges: judges.get(head),
    alert,
    block,
  });
  const thresholds = {
    version,
    groups: {
      user: group('user', lines.user),
      tool: group('tool', lines.tool),
      model: group('user', lines.model),
      system: group('user', {
        alert: lines.user.block + SYSTEM_MARGINS.alert,
        block: lines.user.block + SYSTEM_MARGINS.block,
      }),
    },
  };
  const counts = Map.groupBy(
    rows,
    ({ source, isAttack }) => `${source}/${isAttack ? 'attack' : 'benign'}`,
  );
  const trainedOn = Object.fromEntries([...counts].map(([name, { length }]) => [name, length]));
  const whole = { sha256, lines, heldOut: report.rows, languages: report.languages, trainedOn };
  const write = (name: string, value: unknown, indent: number): void => {
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, indent)}\n`);
  };
  write('weights.json', weights, 0);
  write('thresholds.json', thresholds, 1);
  write('word-list.json', { words: wordList(rows).join(' ') }, 0);
  write('training-report.json', whole, 1);
  return sha256;
}

const bytesOf = (head: Head | undefined): Buffer => {
  if (head === undefined) throw new Error('a head was not trained');
  return Buffer.from(head.weights.buffer, head.weights.byteOffset, head.weights.byteLength);
};
