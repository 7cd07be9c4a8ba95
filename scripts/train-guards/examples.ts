/** Texts as the model sees them: the features of the first unit of each, kept for many epochs. */
import { Canonical, SOURCE_CHARS_MAX } from '#policy/guards/linear-model/canonical.ts';
import { FeaturePass } from '#policy/guards/linear-model/feature-pass.ts';

import type { Row } from './rows.ts';

export interface Example {
  readonly row: Row;
  readonly ids: Uint32Array;
  /** Where the features of each segment end in `ids`. */
  readonly ends: Uint32Array;
}

const canonical = new Canonical();
const pass = new FeaturePass();

export function exampleOf(row: Row): Example {
  canonical.read(row.text, 0, Math.min(row.text.length, SOURCE_CHARS_MAX));
  pass.run(canonical);
  const ends = pass.segmentEnds.slice(0, pass.segmentCount);
  return { row, ids: pass.ids.slice(0, ends.at(-1) ?? 0), ends };
}
