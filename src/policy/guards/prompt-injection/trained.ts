/** The trained files, read once: the heads of the linear model, and what turns logits to verdicts. */
import { readHeads } from '../linear-model/model.ts';

import thresholds from './thresholds.json' with { type: 'json' };
import type { Scale } from './unit-scan.ts';
import weights from './weights.json' with { type: 'json' };

/** Positions whose texts are alike share a head, a judge and two lines. */
export const positionGroups = ['user', 'tool', 'model', 'system'] as const;
export type PositionGroup = (typeof positionGroups)[number];

export interface Model {
  /** Stands in cache keys: other weights, other verdicts. */
  readonly version: string;
  scaleOf(group: PositionGroup): Scale;
}

/** Decoded when the first guard is made, and kept: 256 KB. */
let loaded: Model | undefined;

export function trainedModel(): Model {
  loaded ??= load();
  return loaded;
}

function load(): Model {
  const heads = readHeads(weights);
  const scales = new Map<PositionGroup, Scale>();
  for (const group of positionGroups) {
    const { head: name, bias, weights: judgeWeights, alert, block } = thresholds.groups[group];
    const head = heads.get(name);
    if (head === undefined) throw new Error(`the weights have no head ${name}`);
    scales.set(group, { head, judge: { bias, weights: judgeWeights }, lines: { alert, block } });
  }
  return {
    version: weights.version,
    scaleOf(group) {
      const scale = scales.get(group);
      if (scale === undefined) throw new Error(`no scale for ${group}`);
      return scale;
    },
  };
}
