/** The trained files, read once: the heads of the linear model, and what turns logits to verdicts. */
import type { Position } from '#domain/passage.ts';

import { readHeads } from '../linear-model/model.ts';
import type { ScoredModel } from '../linear-model/scored-detector.ts';

import thresholds from './thresholds.json' with { type: 'json' };
import { type Scale, UnitScan } from './unit-scan.ts';
import weights from './weights.json' with { type: 'json' };

/** Positions whose texts are alike share a head, its judges and two lines. */
export const positionGroups = ['user', 'tool', 'model', 'system'] as const;
export type PositionGroup = (typeof positionGroups)[number];

const GROUPS: Readonly<Record<Position, PositionGroup>> = {
  system: 'system',
  user: 'user',
  assistant: 'model',
  'tool-definition': 'tool',
  'tool-arguments': 'model',
  'tool-result': 'tool',
  document: 'tool',
  reasoning: 'model',
  metadata: 'tool',
};

export interface Model extends ScoredModel {
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
    const { head: name, judges, alert, block } = thresholds.groups[group];
    const head = heads.get(name);
    if (head === undefined) throw new Error(`the weights have no head ${name}`);
    scales.set(group, {
      head,
      judges,
      lines: { alert, block },
      framing: group === 'tool' ? 'plain' : 'any',
    });
  }
  const scaleOf = (group: PositionGroup): Scale => {
    const scale = scales.get(group);
    if (scale === undefined) throw new Error(`no scale for ${group}`);
    return scale;
  };
  // Shared by all passages: a unit is scanned in one go, so two are never in it at once.
  const unitScan = new UnitScan();
  return {
    version: weights.version,
    scaleOf,
    scanUnitAt(position) {
      const scale = scaleOf(GROUPS[position]);
      return (text, from, to) => unitScan.run(text, from, to, scale);
    },
  };
}
