/**
 * One piece of text, read for the models: its canonical form and its features. Guards that look at
 * the same piece one after the other share the work, which is most of what a linear model costs.
 */
import { Canonical } from './canonical.ts';
import { FeaturePass } from './feature-pass.ts';

export class Reading {
  readonly canonical = new Canonical();
  readonly pass = new FeaturePass();
  #text: string | undefined;
  #from = 0;
  #to = 0;

  /** What is read stays until the next call: one piece at a time, and nobody awaits in between. */
  read(text: string, from: number, to: number): this {
    if (this.#text === text && this.#from === from && this.#to === to) return this;
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

/** The one that guards share. Passages go through them one after the other, in one thread. */
export const sharedReading = new Reading();
