/**
 * Puts values back where an answer uses their surrogates. Models change case, add emphasis and
 * escape hyphens, so the match is tolerant; the code itself must be right.
 *
 * Nothing is restored inside a link or an image address: an address with somebody's e-mail in it is a
 * letter to a stranger. Streams and whole texts give the same text (property-tested).
 */
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { andThen } from '#stdx/maybe-promise.ts';

import { CODE_CHARS, LABEL_CHARS_MAX, type Pseudonyms } from './pseudonyms.ts';
import type { GuardedText } from './guarded-text.ts';
import type { Stop } from './window.ts';

/** Between label and code: the hyphen, or what Markdown, JSON and line breaking made of it. */
const SEPARATORS_MAX = 4;
const CODES = /(?<![0-9A-Za-z])[0-9A-Za-z]{8}(?![0-9A-Za-z])/gu;
const SEPARATORS = /^[-\u2010-\u2013_\s\\*`~]{1,4}$/u;
const SURROGATE_CHARS_MAX = LABEL_CHARS_MAX + SEPARATORS_MAX + CODE_CHARS;
/** How much of an unbroken run is looked at to tell an address. */
const RUN_CHARS_MAX = 2_048;

export class Restorer {
  readonly #pseudonyms: Pseudonyms;

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
  }

  /** `before`: the unbroken run that `text` goes on from, for telling addresses and words. */
  restore(text: string, before = ''): string {
    let out = '';
    let copiedTo = 0;
    for (const match of text.matchAll(CODES)) {
      const found = this.#at(text, match.index, before);
      if (found === null || found.start < copiedTo) continue;
      if (isInAddress(before, text, found.start)) continue;
      out += text.slice(copiedTo, found.start) + found.value;
      copiedTo = match.index + CODE_CHARS;
    }
    return copiedTo === 0 ? text : out + text.slice(copiedTo);
  }

  /** The surrogate whose code begins at `index`: where its label begins, and its value. */
  #at(text: string, index: number, before: string): { start: number; value: string } | null {
    const surrogate = this.#pseudonyms.find(text.slice(index, index + CODE_CHARS));
    if (surrogate === undefined) return null;
    const { label, value } = surrogate;
    for (let gap = 1; gap <= SEPARATORS_MAX; gap += 1) {
      const start = index - gap - label.length;
      if (start < 0) return null;
      const isLabel = text.slice(start, start + label.length).toUpperCase() === label;
      if (!isLabel || !SEPARATORS.test(text.slice(start + label.length, index))) continue;
      return isInWord(text, start, before) ? null : { start, value };
    }
    return null;
  }

  /** From where on `text` could still grow into a surrogate; its length where it could not. */
  openFrom(text: string, before = ''): number {
    const first = Math.max(0, text.length - SURROGATE_CHARS_MAX);
    for (let start = first; start < text.length; start += 1) {
      if (isInWord(text, start, before)) continue;
      if (this.#mayGrow(text.slice(start).toUpperCase())) return start;
    }
    return text.length;
  }

  #mayGrow(rest: string): boolean {
    for (const label of this.#pseudonyms.labels) {
      if (label.startsWith(rest)) return true;
      if (!rest.startsWith(label)) continue;
      if (/^[-\u2010-\u2013_\s\\*`~]{0,4}[0-9A-Z]{0,8}$/u.test(rest.slice(label.length)))
        return true;
    }
    return false;
  }
}

const isInWord = (text: string, start: number, before: string): boolean =>
  /[0-9A-Za-z]/u.test(start === 0 ? before.slice(-1) : text.charAt(start - 1));

/** Whether the run of characters that a surrogate stands in has the look of an address. */
function isInAddress(before: string, text: string, start: number): boolean {
  const from = Math.max(0, start - RUN_CHARS_MAX);
  const near = text.slice(from, start);
  const space = near.search(/\S*$/u);
  const isWholeRun = space === 0 && from === 0;
  const run = (isWholeRun ? before + near : near.slice(space)).slice(-RUN_CHARS_MAX);
  return /:\/\/|\]\(|\bwww\.|mailto:|data:/iu.test(run);
}

/** The unbroken run that a text ends with. */
const runAtEnd = (text: string): string => /\S*$/u.exec(text.slice(-RUN_CHARS_MAX))?.[0] ?? '';

/** A filtered text on its way, with its surrogates put back as they come. */
export class RestoredText implements GuardedText {
  readonly #guarded: GuardedText;
  readonly #restorer: Restorer;
  #held = '';
  #run = '';

  constructor(guarded: GuardedText, restorer: Restorer) {
    this.#guarded = guarded;
    this.#restorer = restorer;
  }

  get stop(): Stop | null {
    return this.#guarded.stop;
  }

  get isHolding(): boolean {
    return this.#held !== '' || this.#guarded.isHolding;
  }

  push(delta: string): MaybePromise<string> {
    return andThen(this.#guarded.push(delta), (text) => this.#take(text, this.stop !== null));
  }

  end(): MaybePromise<string> {
    return andThen(this.#guarded.end(), (text) => this.#take(text, true));
  }

  /** What is sent and what is held are cut where no surrogate can begin. */
  #take(text: string, isEnd: boolean): string {
    const all = this.#held + text;
    const cut = isEnd ? all.length : this.#restorer.openFrom(all, this.#run);
    const ready = all.slice(0, cut);
    this.#held = all.slice(cut);
    const out = this.#restorer.restore(ready, this.#run);
    this.#run = /\s/u.test(ready) ? runAtEnd(ready) : (this.#run + ready).slice(-RUN_CHARS_MAX);
    return out;
  }
}
