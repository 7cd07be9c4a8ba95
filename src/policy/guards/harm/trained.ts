/** The trained files of `harm`, read once, and what a configuration makes of them. */
import type { Position } from '#domain/passage.ts';

import { type Head, readHeads, type WeightsFile } from '../linear-model/model.ts';
import { isModelText } from '../linear-model/passage-scan.ts';
import type { ScoredModel } from '../linear-model/scored-detector.ts';

import { type HarmCategory, type Sensitivity, sortedCategories } from './categories.ts';
import thresholds from './thresholds.json' with { type: 'json' };
import { type HarmQuestion, type HarmScale, HarmUnitScan } from './unit-scan.ts';
import weights from './weights.json' with { type: 'json' };

export const harmParts = ['request', 'reply', 'advice'] as const;
export type HarmPart = (typeof harmParts)[number];

interface Loaded {
  readonly heads: Readonly<Record<HarmPart, Head>>;
  readonly sorting: readonly Head[];
  /** Shared by all passages: a unit is scanned in one go, so two are never in it at once. */
  readonly unitScan: HarmUnitScan;
}

/** Decoded when the first guard is made, and kept: about 256 KB. */
let loaded: Loaded | undefined;

function load(): Loaded {
  const sorting = readHeads(weights.sorting);
  return {
    heads: {
      request: onlyHead(weights.request),
      reply: onlyHead(weights.reply),
      advice: onlyHead(weights.advice),
    },
    sorting: sortedCategories.map((name) => headOf(sorting, name)),
    unitScan: new HarmUnitScan(),
  };
}

const onlyHead = (file: WeightsFile): Head => headOf(readHeads(file), file.heads[0]?.name ?? '');

function headOf(heads: ReadonlyMap<string, Head>, name: string): Head {
  const head = heads.get(name);
  if (head === undefined) throw new Error(`the weights have no head ${name}`);
  return head;
}

export function scaleOf(part: HarmPart, sensitivity: Sensitivity): HarmScale {
  loaded ??= load();
  const { lines, bias, weights: judgeWeights } = thresholds[part];
  return {
    head: loaded.heads[part],
    judge: { bias, weights: judgeWeights },
    lines: { alert: lines[sensitivity], block: lines.act },
  };
}

export function harmModel(
  wanted: ReadonlySet<HarmCategory>,
  sensitivity: Sensitivity,
): ScoredModel {
  loaded ??= load();
  const { sorting, unitScan } = loaded;
  const advice = wanted.has('regulated-advice') ? scaleOf('advice', sensitivity) : null;
  const common = { sorting, advice, wanted };
  const questions: Readonly<Record<'request' | 'reply', HarmQuestion>> = {
    request: { ...common, scale: scaleOf('request', sensitivity) },
    reply: { ...common, scale: scaleOf('reply', sensitivity) },
  };
  return {
    version: weights.version,
    scanUnitAt(position: Position) {
      const question = questions[isModelText(position) ? 'reply' : 'request'];
      return (text, from, to) => unitScan.run(text, from, to, question);
    },
  };
}
