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
/** How much before a surrogate is looked at to tell an address. */
const CONTEXT_CHARS_MAX = 2_048;

export class Restorer {
  readonly #pseudonyms: Pseudonyms;

  constructor(pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
  }

  /** `before`: what `text` goes on from, for telling addresses, words, and JSON. */
  restore(text: string, before = '', isJson = beginsJson(text)): string {
    let out = '';
    let copiedTo = 0;
    for (const match of text.matchAll(CODES)) {
      const found = this.#at(text, match.index, before);
      if (found === null || found.start < copiedTo) continue;
      if (isInAddress((before + text.slice(0, found.start)).slice(-CONTEXT_CHARS_MAX))) continue;
      // An answer that is a document stays one, whatever stands in the value.
      const value = isJson ? JSON.stringify(found.value).slice(1, -1) : found.value;
      out += text.slice(copiedTo, found.start) + value;
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

const beginsJson = (text: string): boolean => /^\s*[{[]/u.test(text);

const isInWord = (text: string, start: number, before: string): boolean =>
  /[0-9A-Za-z]/u.test(start === 0 ? before.slice(-1) : text.charAt(start - 1));

/**
 * Whether a surrogate would be part of an address: in an unbroken run that has the look of one, in a
 * tag or an angle-bracketed address that is open, in the target of a Markdown link, in a reference
 * definition. A run whose beginning is out of sight counts as one.
 */
function isInAddress(context: string): boolean {
  const run = /\S*$/u.exec(context)?.[0] ?? '';
  if (run.length >= CONTEXT_CHARS_MAX) return true;
  if (/[\\/]{2}|https?\\?:|&(?:#0*58|#x0*3a|colon);|\]\(|\bwww\.|mailto:|data:/iu.test(run))
    return true;
  const tag = context.lastIndexOf('<');
  if (tag > context.lastIndexOf('>') && /^<[a-z/!?]/iu.test(context.slice(tag))) return true;
  if (context.lastIndexOf('](') > context.lastIndexOf(')')) return true;
  const line = context.slice(context.lastIndexOf('\n') + 1);
  return /^\s{0,3}\[[^\]]*\]:/u.test(line);
}

/** A filtered text on its way, with its surrogates put back as they come. */
export class RestoredText implements GuardedText {
  readonly #guarded: GuardedText;
  readonly #restorer: Restorer;
  #held = '';
  #before = '';
  #isJson: boolean | null = null;

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
    const cut = isEnd ? all.length : this.#restorer.openFrom(all, this.#before);
    const ready = all.slice(0, cut);
    this.#held = all.slice(cut);
    if (this.#isJson === null && ready.trim() !== '') this.#isJson = beginsJson(ready);
    const out = this.#restorer.restore(ready, this.#before, this.#isJson ?? false);
    this.#before = (this.#before + ready).slice(-CONTEXT_CHARS_MAX);
    return out;
  }
}
