/** What one piece of text shows to the head of a side, as a few numbers, and where it shows most. */
import { type Head, WINDOW_SEGMENTS, type WindowSums } from '../linear-model/model.ts';
import type { Reading } from '../linear-model/reading.ts';
import { clampLogit } from '../linear-model/verdict.ts';

/** The order is part of the trained weights. */
export const HARM_FEATURES = [
  'whole',
  ...WINDOW_SEGMENTS.map((segments) => `window-${segments * 64}`),
  'best-window',
  'characters',
] as const;

export interface HarmEvidence {
  readonly dense: Float64Array;
  /** In segments; `to` is exclusive. */
  readonly bestFrom: number;
  readonly bestTo: number;
}

/** Two words say too little to be judged by how few they are. */
const SHORT_CHARS = 48;

export function harmEvidence(reading: Reading, sums: WindowSums, head: Head): HarmEvidence {
  const dense = new Float64Array(HARM_FEATURES.length);
  const { canonical, pass } = reading;
  const { segmentCount } = pass;
  sums.read(reading, head);
  const whole = sums.logit(0, segmentCount);
  let best = { from: 0, to: segmentCount, logit: whole };
  let at = 0;
  dense[at++] = clampLogit(whole);
  for (const size of WINDOW_SEGMENTS) {
    const window = sums.worst(size);
    dense[at++] = clampLogit(window.logit);
    if (size < segmentCount && window.logit > best.logit) best = window;
  }
  dense[at++] = clampLogit(best.logit);
  dense[at++] = Math.log1p(Math.max(SHORT_CHARS, canonical.length)) / 4 - 1.5;
  return { dense, bestFrom: best.from, bestTo: best.to };
}
