/**
 * A linear model over the features of one pass: a head is a table of weights and a bias. What a
 * window scores is a difference of two running sums, so every window of a text costs a subtraction.
 */
import { gunzipSync } from 'node:zlib';

import { assert } from '#stdx/assert.ts';

import type { Canonical } from './canonical.ts';
import { CLASS_WEIGHT, type FeaturePass, SEGMENT_CHARS, SEGMENTS_MAX } from './feature-pass.ts';
import { BUCKET_BITS, GRAMS, sumGrams } from './grams.ts';

/** Keeps short texts, with few features, from being judged by one of them. */
export const SMOOTHING = 20;

/** Windows in segments of 64 characters: 128, 256 and 768 characters. */
export const WINDOW_SEGMENTS = [2, 4, 12] as const;

export interface HeadFile {
  readonly name: string;
  readonly bias: number;
  /** What one step of an 8-bit weight is worth. */
  readonly scale: number;
}

/** The trained file. `data` is base64 of gzip of one signed byte a bucket, head after head. */
export interface WeightsFile {
  readonly version: string;
  readonly bits: number;
  readonly heads: readonly HeadFile[];
  readonly sha256: string;
  readonly data: string;
}

export interface Head {
  readonly weights: Int8Array;
  readonly shift: number;
  readonly bias: number;
  readonly scale: number;
}

/** The heads of a trained file, by name. */
export function readHeads({ bits, heads, data }: WeightsFile): ReadonlyMap<string, Head> {
  const buckets = 2 ** bits;
  const all = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: buckets * heads.length });
  assert(all.length === buckets * heads.length, 'the weights have a byte for each bucket and head');
  return new Map(
    heads.map(({ name, bias, scale }, index) => {
      const weights = new Int8Array(all.buffer, all.byteOffset + index * buckets, buckets);
      return [name, { weights, shift: BUCKET_BITS - bits, bias, scale }];
    }),
  );
}

export interface Window {
  /** In segments; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly logit: number;
}

/** A text that was read: its characters, and the features of its words. */
export interface ReadText {
  readonly canonical: Pick<Canonical, 'codes' | 'length'>;
  readonly pass: FeaturePass;
}

/** The running sums of one text under one head. An instance serves one text at a time. */
export class WindowSums {
  readonly #sums = new Float64Array(SEGMENTS_MAX + 1);
  readonly #counts = new Float64Array(SEGMENTS_MAX + 1);
  #bias = 0;
  segmentCount = 0;

  read(text: ReadText, head: Head): void {
    const { segmentCount } = text.pass;
    let sum = 0;
    for (let segment = 0; segment < segmentCount; segment += 1) {
      sum += sumSegment(text, segment, head);
      this.#sums[segment + 1] = sum * head.scale;
      this.#counts[segment + 1] = featuresTo(text, segment + 1);
    }
    this.segmentCount = segmentCount;
    this.#bias = head.bias;
  }

  logit(from: number, to: number): number {
    const count = (this.#counts[to] ?? 0) - (this.#counts[from] ?? 0);
    const sum = (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
    return this.#bias + sum / Math.sqrt(count + SMOOTHING);
  }

  /** The window of `size` segments that looks worst, of those that begin below `startsBelow`. */
  worst(size: number, startsBelow: number = this.segmentCount): Window {
    const last = Math.max(0, Math.min(this.segmentCount - size, startsBelow - 1));
    let [worstFrom, worstLogit] = [0, -Infinity];
    for (let from = 0; from <= last; from += 1) {
      const logit = this.logit(from, Math.min(this.segmentCount, from + size));
      if (logit > worstLogit) [worstFrom, worstLogit] = [from, logit];
    }
    const to = Math.min(this.segmentCount, worstFrom + size);
    return { from: worstFrom, to, logit: worstLogit };
  }

  /**
   * What a feature says in the mean where it says most, of all windows of `size` segments. A logit grows
   * with the features that a window has, so short texts never come to much; their mean does not.
   */
  density(size: number): number {
    let most = -Infinity;
    for (let from = 0; from <= Math.max(0, this.segmentCount - size); from += 1) {
      const to = Math.min(this.segmentCount, from + size);
      const count = (this.#counts[to] ?? 0) - (this.#counts[from] ?? 0);
      const sum = (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
      most = Math.max(most, sum / (count + SMOOTHING));
    }
    return most;
  }
}

/** How many features stand before a segment. */
function featuresTo({ canonical, pass }: ReadText, segment: number): number {
  if (segment === 0) return 0;
  const chars = Math.min(canonical.length, segment * SEGMENT_CHARS);
  const words = pass.wordEnds[segment - 1] ?? 0;
  return chars * GRAMS + words + (pass.classEnds[segment - 1] ?? 0) * CLASS_WEIGHT;
}

function sumSegment({ canonical, pass }: ReadText, segment: number, head: Head): number {
  const { weights, shift } = head;
  const { wordIds, wordEnds, classIds, classEnds } = pass;
  const from = segment * SEGMENT_CHARS;
  const to = Math.min(canonical.length, from + SEGMENT_CHARS);
  let sum = sumGrams(canonical.codes, { from, to }, weights, shift);
  const isFirst = segment === 0;
  const wordEnd = wordEnds[segment] ?? 0;
  for (let at = isFirst ? 0 : (wordEnds[segment - 1] ?? 0); at < wordEnd; at += 1) {
    sum += weights[(wordIds[at] ?? 0) >>> shift] ?? 0;
  }
  const classEnd = classEnds[segment] ?? 0;
  for (let at = isFirst ? 0 : (classEnds[segment - 1] ?? 0); at < classEnd; at += 1) {
    sum += (weights[(classIds[at] ?? 0) >>> shift] ?? 0) * CLASS_WEIGHT;
  }
  return sum;
}

/** The logit of one window alone: for heads that are asked of little and seldom. */
export function logitOf(text: ReadText, head: Head, from: number, to: number): number {
  let sum = 0;
  for (let segment = from; segment < to; segment += 1) sum += sumSegment(text, segment, head);
  const count = featuresTo(text, to) - featuresTo(text, from);
  return head.bias + (sum * head.scale) / Math.sqrt(count + SMOOTHING);
}
