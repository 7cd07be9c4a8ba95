/**
 * One piece of text, read for the models: its canonical form and its features. Guards that look at
 * the same piece one after the other share the work, which is most of what a linear model costs.
 */
import { assert } from '#stdx/assert.ts';

import { Canonical, codesFor, SOURCE_CHARS_MAX } from './canonical.ts';
import { FeaturePass } from './feature-pass.ts';

export class Reading {
  readonly canonical: Canonical;
  readonly pass: FeaturePass;
  #text: string | undefined;
  #from = 0;
  #to = 0;

  constructor(sourceChars: number = SOURCE_CHARS_MAX) {
    this.canonical = new Canonical(sourceChars);
    this.pass = new FeaturePass(codesFor(sourceChars));
  }

  holds(text: string, from: number, to: number): boolean {
    return this.#from === from && this.#to === to && this.#text === text;
  }

  read(text: string, from: number, to: number): this {
    // Forgotten first: should reading throw, half of it must not pass for the whole.
    this.#text = undefined;
    this.canonical.read(text, from, to);
    this.pass.run(this.canonical);
    this.#text = text;
    this.#from = from;
    this.#to = to;
    return this;
  }

  /** Segments of 64 characters as offsets in the original; `textEnd` where the last one ends. */
  placeOf(from: number, to: number, textEnd: number): { start: number; end: number } {
    const { origins, length } = this.canonical;
    const last = to * 64;
    return {
      start: origins[from * 64] ?? 0,
      end: last < length ? (origins[last] ?? textEnd) : textEnd,
    };
  }
}

/** By the length of what they hold: 12,000 characters of a reply in its strides, or 32,000 of a request. */
const RINGS = [ringOf(16, 1_024), ringOf(2, SOURCE_CHARS_MAX)];

interface Ring {
  readonly charsMax: number;
  readonly readings: readonly Reading[];
  oldest: number;
}

/** About 0.3 MB for a thousand characters: all rings together take less than 20 MB. */
function ringOf(count: number, charsMax: number): Ring {
  return {
    charsMax,
    readings: Array.from({ length: count }, () => new Reading(charsMax)),
    oldest: 0,
  };
}

/**
 * The reading of a piece that guards share: what one has read, the next finds here. It is good until
 * whoever asked returns, as other pieces are read in its place then; nobody awaits in between.
 */
export function readShared(text: string, from: number, to: number): Reading {
  const ring = RINGS.find(({ charsMax }) => to - from <= charsMax) ?? RINGS.at(-1);
  assert(ring !== undefined, 'there is a ring for the longest piece');
  const known = ring.readings.find((reading) => reading.holds(text, from, to));
  if (known !== undefined) return known;
  const reading = ring.readings[ring.oldest];
  assert(reading !== undefined, 'a ring is never empty');
  ring.oldest = (ring.oldest + 1) % ring.readings.length;
  return reading.read(text, from, to);
}
