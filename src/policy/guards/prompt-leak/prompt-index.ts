/** Where each word stands in the prompts of a call, so that a run of them is found as it is written. */
import type { Passage, Position } from '#domain/passage.ts';
import { Lru } from '#stdx/lru.ts';

import { wordsOf } from './words.ts';

/** Words of one call's prompts that are looked for; what is beyond is not. */
export const INDEXED_WORDS_MAX = 20_000;
const INDEXES_MAX = 64;
/** Words hold on to the text that they were cut from: an index of more is not kept for the next call. */
const KEPT_CHARS_MAX = 131_072;
/** Places kept of one word. A run that begins at a later one is found from its next word on. */
const PLACES_MAX = 512;

/** Between two prompts: equal to no word, so that no run goes on from one to the next. */
const GAP = '';

export class PromptIndex {
  readonly #words: readonly string[];
  readonly #at = new Map<string, number[]>();
  /** The different words in order, for looking up beginnings. */
  readonly #sorted: readonly string[];

  constructor(prompts: readonly string[]) {
    const words: string[] = [];
    for (const prompt of prompts) {
      const room = INDEXED_WORDS_MAX - words.length;
      if (room <= 0) break;
      words.push(...wordsOf(prompt, room), GAP);
    }
    this.#words = words;
    for (const [index, word] of words.entries()) {
      if (word === GAP) continue;
      const places = this.#at.get(word);
      if (places === undefined) this.#at.set(word, [index]);
      else if (places.length < PLACES_MAX) places.push(index);
    }
    this.#sorted = [...this.#at.keys()].sort();
  }

  get isEmpty(): boolean {
    return this.#at.size === 0;
  }

  /** Every place that this word stands in. */
  starts(word: string): readonly number[] {
    return this.#at.get(word) ?? [];
  }

  /** Of places `count` words back: those where this word goes on. */
  goOn(starts: readonly number[], count: number, word: string): number[] {
    return starts.filter((start) => this.#words[start + count] === word);
  }

  /** Whether a word that begins like this goes on at one of them. */
  mayGoOn(starts: readonly number[], count: number, beginning: string): boolean {
    return starts.some((start) => this.#words[start + count]?.startsWith(beginning) === true);
  }

  /** Whether some word begins like this. */
  mayStart(beginning: string): boolean {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? '') < beginning) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low]?.startsWith(beginning) ?? false;
  }
}

/** Prompts come again with every call, so their indexes are kept, by what they say. */
export class PromptIndexes {
  readonly #known = new Lru<string, PromptIndex>(INDEXES_MAX);
  readonly #ofRequest = new WeakMap<readonly Passage[], PromptIndex>();
  readonly #positions: ReadonlySet<Position>;

  constructor(positions: readonly Position[]) {
    this.#positions = new Set(positions);
  }

  of(request: readonly Passage[]): PromptIndex {
    let index = this.#ofRequest.get(request);
    if (index !== undefined) return index;
    const prompts = request
      .filter(({ position }) => this.#positions.has(position))
      .map(({ text }) => text);
    const id = JSON.stringify(prompts);
    index = this.#known.get(id);
    if (index === undefined) {
      index = new PromptIndex(prompts);
      if (id.length <= KEPT_CHARS_MAX) this.#known.set(id, index);
    }
    this.#ofRequest.set(request, index);
    return index;
  }
}
