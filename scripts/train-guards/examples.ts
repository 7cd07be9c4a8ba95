/** Texts as the model sees them: the features of the first unit of each, kept for many epochs. */
import { Canonical, SOURCE_CHARS_MAX } from '#policy/guards/linear-model/canonical.ts';
import {
  CLASS_WEIGHT,
  FeaturePass,
  SEGMENT_CHARS,
} from '#policy/guards/linear-model/feature-pass.ts';
import { GRAMS, gramsOf } from '#policy/guards/linear-model/grams.ts';
import type { ReadText } from '#policy/guards/linear-model/model.ts';

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
  return { row, ...featuresOf({ canonical, pass }) };
}

/** All features of a text in one list, segment by segment; those of classes as often as they count. */
export function featuresOf({ canonical: { codes, length }, pass: read }: ReadText): {
  ids: Uint32Array;
  ends: Uint32Array;
} {
  const grams = gramsOf(codes, length);
  const { segmentCount, wordIds, wordEnds, classIds, classEnds } = read;
  const last = segmentCount - 1;
  const classes = (classEnds[last] ?? 0) * CLASS_WEIGHT;
  const ids = new Uint32Array(grams.length + (wordEnds[last] ?? 0) + classes);
  const ends = new Uint32Array(segmentCount);
  let count = 0;
  const add = (from: Uint32Array, start: number, end: number): void => {
    ids.set(from.subarray(start, end), count);
    count += end - start;
  };
  for (let segment = 0; segment < segmentCount; segment += 1) {
    const start = segment * SEGMENT_CHARS * GRAMS;
    add(grams, start, Math.min(grams.length, start + SEGMENT_CHARS * GRAMS));
    add(wordIds, wordEnds[segment - 1] ?? 0, wordEnds[segment] ?? 0);
    for (let times = 0; times < CLASS_WEIGHT; times += 1) {
      add(classIds, classEnds[segment - 1] ?? 0, classEnds[segment] ?? 0);
    }
    ends[segment] = count;
  }
  return { ids, ends };
}
