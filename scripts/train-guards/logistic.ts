/**
 * Logistic regression on windows. A text is a bag of windows: the whole of it, and for each size the
 * one that looks worst, which is what the guard will look at. AdaGrad, a fixed order, no threads.
 */
import { BUCKET_BITS } from '#policy/guards/linear-model/grams.ts';
import { type Head, SMOOTHING, WINDOW_SEGMENTS } from '#policy/guards/linear-model/model.ts';

import type { Example } from './examples.ts';
import { type Random, shuffled } from './random.ts';

export interface TrainedHead {
  readonly weights: Float32Array;
  readonly bits: number;
  bias: number;
}

export interface Options {
  readonly bits: number;
  readonly epochs: number;
  readonly rate: number;
  readonly decay: number;
  readonly random: Random;
  /** How much a row counts for this head; 0 leaves it out. */
  readonly weightOf: (example: Example) => number;
}

const sums = new Float64Array(2_048);
const counts = new Float64Array(2_048);

/** Cumulative sums of a text's segments under a head. */
export function sumSegments({ ids, ends }: Example, { weights, bits }: TrainedHead): void {
  const shift = BUCKET_BITS - bits;
  let from = 0;
  let sum = 0;
  for (let segment = 0; segment < ends.length; segment += 1) {
    const to = ends[segment] as number;
    for (let at = from; at < to; at += 1) sum += weights[(ids[at] as number) >>> shift] as number;
    from = to;
    sums[segment + 1] = sum;
    counts[segment + 1] = to;
  }
}

export interface Window {
  readonly from: number;
  readonly to: number;
  readonly z: number;
}

/** Logit of the worst window of a size, after `sumSegments`. */
export function worstWindow(segments: number, size: number, bias: number): Window {
  let best: Window = { from: 0, to: Math.min(size, segments), z: -Infinity };
  const last = Math.max(0, segments - size);
  for (let from = 0; from <= last; from += 1) {
    const to = Math.min(segments, from + size);
    const count = (counts[to] as number) - (counts[from] as number);
    const z = bias + ((sums[to] as number) - (sums[from] as number)) / Math.sqrt(count + SMOOTHING);
    if (z > best.z) best = { from, to, z };
  }
  return best;
}

export function trainHead(examples: readonly Example[], options: Options): TrainedHead {
  const { bits, epochs, rate, random, weightOf } = options;
  const head: TrainedHead = { weights: new Float32Array(2 ** bits), bits, bias: 0 };
  const descent = new Descent(head, options);
  let biasSquare = 1e-6;
  const mean = new RunningMean(head);
  const kept = examples.filter((example) => weightOf(example) > 0 && example.ends.length > 0);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const example of shuffled(random, kept)) {
      const { ids, ends, row } = example;
      const weight = weightOf(example);
      sumSegments(example, head);
      const segments = ends.length;
      const windows = [worstWindow(segments, segments, head.bias)];
      for (const size of WINDOW_SEGMENTS) {
        if (size < segments) windows.push(worstWindow(segments, size, head.bias));
      }
      const share = weight / windows.length;
      for (const { from, to, z } of windows) {
        const error = 1 / (1 + Math.exp(-z)) - (row.isAttack ? 1 : 0);
        if (Math.abs(error) < 0.01) continue;
        const start = from === 0 ? 0 : (ends[from - 1] as number);
        descent.step(ids, start, ends[to - 1] as number, error * share);
        const g = error * share;
        biasSquare += g * g;
        head.bias -= (rate * 0.1 * g) / Math.sqrt(biasSquare);
      }
    }
    if (epoch >= epochs / 2) mean.add(head);
  }
  return mean.head;
}

/**
 * AdaGrad over the features of one window. It is a method of its own because it is most of the work, and
 * inside of a loop that runs for minutes it is at times never compiled: ten times slower.
 */
class Descent {
  readonly #weights: Float32Array;
  readonly #squares: Float32Array;
  readonly #shift: number;
  readonly #rate: number;
  readonly #decay: number;

  constructor({ weights, bits }: TrainedHead, { rate, decay }: Options) {
    this.#weights = weights;
    this.#squares = new Float32Array(2 ** bits).fill(1e-6);
    this.#shift = BUCKET_BITS - bits;
    this.#rate = rate;
    this.#decay = decay;
  }

  step(ids: Uint32Array, start: number, end: number, pull: number): void {
    const weights = this.#weights;
    const squares = this.#squares;
    const shift = this.#shift;
    const rate = this.#rate;
    const decay = this.#decay;
    const x = 1 / Math.sqrt(end - start + SMOOTHING);
    const gradient = pull * x;
    for (let at = start; at < end; at += 1) {
      const id = (ids[at] as number) >>> shift;
      const w = weights[id] as number;
      const g = gradient + decay * w * x;
      const square = (squares[id] as number) + g * g;
      squares[id] = square;
      weights[id] = w - (rate * g) / Math.sqrt(square);
    }
  }
}

/**
 * The mean of what the later epochs ended with. Where one of them ends depends on the order of the
 * texts; the mean hardly does.
 */
class RunningMean {
  readonly head: TrainedHead;
  #count = 0;

  constructor({ weights, bits }: TrainedHead) {
    this.head = { weights: new Float32Array(weights.length), bits, bias: 0 };
  }

  add({ weights, bias }: TrainedHead): void {
    this.#count += 1;
    const mean = this.head;
    mean.bias += (bias - mean.bias) / this.#count;
    for (let at = 0; at < weights.length; at += 1) {
      const own = mean.weights[at] as number;
      mean.weights[at] = own + ((weights[at] as number) - own) / this.#count;
    }
  }
}

/** Weights beyond this quantile are cut off: one byte then resolves the others twice as well. */
const CLIPPED_SHARE = 0.0005;

/** As the gateway reads it: a signed byte a bucket. Fewer levels make a smaller file. */
export function quantised({ weights, bits, bias }: TrainedHead, levels: number = 127): Head {
  const sizes = Float32Array.from(weights, Math.abs).sort();
  const largest = sizes[Math.floor((sizes.length - 1) * (1 - CLIPPED_SHARE))] ?? 1;
  const scale = largest / levels;
  const bytes = Int8Array.from(weights, (weight) =>
    Math.max(-levels, Math.min(levels, Math.round(weight / scale))),
  );
  return { weights: bytes, shift: BUCKET_BITS - bits, bias, scale };
}
