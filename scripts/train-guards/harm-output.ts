/** Writes the files of `harm`: weights, what turns logits to verdicts, and the report that names them. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { sortedCategories } from '#policy/guards/harm/categories.ts';
import type { Head, WeightsFile } from '#policy/guards/linear-model/model.ts';
import { BUCKET_BITS } from '#policy/guards/linear-model/grams.ts';

import type { HarmReport, SideLines } from './harm-report.ts';
import type { Fitted, TrainedHarm } from './train-harm.ts';

const bytesOf = ({ weights }: Head): Buffer =>
  Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function weightsFile(named: readonly (readonly [name: string, head: Head])[]): WeightsFile {
  const bytes = Buffer.concat(named.map(([, head]) => bytesOf(head)));
  const sha256 = sha256Of(bytes);
  return {
    version: sha256.slice(0, 12),
    bits: BUCKET_BITS - (named[0]?.[1].shift ?? 0),
    heads: named.map(([name, { bias, scale }]) => ({ name, bias, scale })),
    sha256,
    data: gzipSync(bytes, { level: 9 }).toString('base64'),
  };
}

export function writeHarm(root: string, trained: TrainedHarm, report: HarmReport): string {
  const folder = join(root, 'src', 'policy', 'guards', 'harm');
  const files = {
    request: weightsFile([['request', trained.sides.request.head]]),
    reply: weightsFile([['reply', trained.sides.reply.head]]),
    sorting: weightsFile(
      sortedCategories.map((name, index) => [name, headAt(trained.sorting, index)]),
    ),
    advice: weightsFile([['regulated-advice', trained.advice.head]]),
  };
  // One hash over the hashes of the parts: the report names it, and a test computes it again.
  const sha256 = sha256Of(
    Buffer.from(
      Object.values(files)
        .map((file) => file.sha256)
        .join('\n'),
    ),
  );
  const version = sha256.slice(0, 12);
  const { line, act } = report.advice;
  const advice = { low: line, normal: line, high: line, act };
  const scale = ({ judge }: Fitted, lines: SideLines) => ({ ...judge, lines });
  const thresholds = {
    version,
    request: scale(trained.sides.request, report.lines.request),
    reply: scale(trained.sides.reply, report.lines.reply),
    advice: scale(trained.advice, advice),
  };
  const counts = Map.groupBy(
    trained.rows,
    ({ source, side, isHarmful }) => `${source}/${side}/${isHarmful ? 'harmful' : 'harmless'}`,
  );
  const trainedOn = Object.fromEntries([...counts].map(([name, { length }]) => [name, length]));
  const write = (name: string, value: unknown, indent: number): void => {
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, indent)}\n`);
  };
  write('weights.json', { version, sha256, ...files }, 0);
  write('thresholds.json', thresholds, 1);
  write('training-report.json', { sha256, ...report, trainedOn }, 1);
  return sha256;
}

function headAt(heads: readonly Head[], index: number): Head {
  const head = heads[index];
  if (head === undefined) throw new Error('a head was not trained');
  return head;
}
