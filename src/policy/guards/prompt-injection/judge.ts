/**
 * What one piece of text looks like, as a number: windows of the linear model, and beside them plain
 * features, under one small set of weights for each head. Which of them a head uses is part of its weights.
 */
import type { Canonical } from '../linear-model/canonical.ts';
import type { FeaturePass } from '../linear-model/feature-pass.ts';
import { classId } from '../linear-model/lexicon.ts';
import { WINDOW_SEGMENTS, type WindowSums } from '../linear-model/model.ts';
import { clampLogit } from '../linear-model/verdict.ts';

import { families, isCommand, matchSignatures } from './signatures.ts';

const WIDE_SEGMENTS = 32;
const DENSE_SEGMENTS = [2, 4] as const;
/** Brings means of a feature to the size of the other numbers. */
const DENSITY_SCALE = 10;

/** The order is part of the trained weights. */
export const DENSE_FEATURES = [
  'whole',
  ...WINDOW_SEGMENTS.map((segments) => `window-${segments * 64}`),
  'best-window',
  'window-2048',
  'density-128',
  'density-256',
  'characters',
  ...families,
  'families',
  'signatures',
  'commands',
  'short-commands',
  'security-words',
  'quote-words',
  'classed-words',
] as const;

export interface ReadUnit {
  readonly canonical: Canonical;
  readonly pass: FeaturePass;
  readonly sums: WindowSums;
}

/** What a text shows: its features, and the family that shows most. */
export interface Evidence {
  readonly dense: Float64Array;
  readonly family: number;
  readonly bestFrom: number;
  readonly bestTo: number;
}

export function evidenceOf({ canonical, pass, sums }: ReadUnit): Evidence {
  const dense = new Float64Array(DENSE_FEATURES.length);
  const { segmentCount } = pass;
  let at = 0;
  const whole = sums.logit(0, segmentCount);
  dense[at++] = clampLogit(whole);
  let best = { from: 0, to: segmentCount, logit: whole };
  for (const size of WINDOW_SEGMENTS) {
    const window = sums.worst(size);
    dense[at++] = clampLogit(window.logit);
    if (size < segmentCount && window.logit > best.logit) best = window;
  }
  dense[at++] = clampLogit(best.logit);
  dense[at++] = clampLogit(sums.worst(WIDE_SEGMENTS).logit);
  for (const size of DENSE_SEGMENTS) dense[at++] = sums.density(size) * DENSITY_SCALE;
  dense[at++] = Math.log1p(canonical.length) / 4 - 1.5;
  const family = addFamilies(dense, at, canonical, pass);
  addShares(dense, at + families.length + 4, canonical.length, pass);
  return { dense, family, bestFrom: best.from, bestTo: best.to };
}

/** A text that is little more than an order. */
const SHORT_CHARS = 160;

function addFamilies(
  dense: Float64Array,
  at: number,
  { codes, length }: Canonical,
  pass: FeaturePass,
): number {
  const found = new Uint32Array(families.length);
  let commands = 0;
  matchSignatures(pass, (family, first) => {
    found[family] = (found[family] ?? 0) + 1;
    if (isCommand(pass, first, codes)) commands += 1;
  });
  let [distinct, total, most] = [0, 0, -1];
  for (const [family, count] of found.entries()) {
    if (count === 0) continue;
    dense[at + family] = 1;
    distinct += 1;
    total += count;
    if (most === -1 || count > (found[most] ?? 0)) most = family;
  }
  dense[at + families.length] = Math.min(4, distinct) / 2;
  dense[at + families.length + 1] = Math.log1p(total);
  dense[at + families.length + 2] = Math.log1p(commands);
  dense[at + families.length + 3] = length < SHORT_CHARS ? Math.min(2, commands) : 0;
  return most;
}

const SECURITY = classId('security');
const QUOTE = classId('quote');

/** How common some classes are: a page about attacks is not one, and says so all over. */
function addShares(dense: Float64Array, first: number, length: number, pass: FeaturePass): void {
  let [security, quote] = [0, 0];
  for (let event = 0; event < pass.eventCount; event += 1) {
    const id = pass.eventClasses[event];
    if (id === SECURITY) security += 1;
    else if (id === QUOTE) quote += 1;
  }
  const hundreds = Math.max(1, length / 100);
  dense[first] = Math.min(2, security / hundreds);
  dense[first + 1] = Math.min(2, quote / hundreds);
  dense[first + 2] = Math.min(4, pass.eventCount / hundreds / 2);
}
