/**
 * One way to know an entity. It is tried where a token with a digit begins; what it says depends on
 * a bounded stretch around that place, and on nothing else.
 */
import type { EntityName } from './entities.ts';

/** Every shape but an address is decided within this, and a stream holds no more for it. */
export const TOKEN_CHARS_MAX = 96;

export interface Recogniser {
  readonly entity: EntityName;
  /** Sticky, from the beginning of the token to the end of the value. At most `TOKEN_CHARS_MAX`. */
  readonly shape: RegExp;
  /** What the token begins with: digits alone, or letters and then a digit. */
  readonly begins: 'digit' | 'letter' | 'either';
  /** How many digits stand there at least, with separators between: most numbers are shorter. */
  readonly digitsMin: number;
  /** How many of them in front, before any separator. Default: one. */
  readonly leadMin?: number;
  /** A cheap question before the shape is tried. */
  readonly may?: (place: Place) => boolean;
  /** Checksums, ranges, words beside it. `value` is what the shape matched. */
  readonly accepts: (value: string, place: Place) => boolean;
}

export interface Place {
  readonly text: string;
  readonly start: number;
}

/**
 * Letters of Latin, Greek and Cyrillic. The class of all letters has hundreds of ranges, and every
 * pattern that names it takes its time to be made ready.
 */
export const LETTERS = 'A-Za-zÀ-ɏͰ-ӿ';

/** The shape stands by itself: no letter, digit or joined number goes on after it. */
export const whole = (source: string, flags = 'uy'): RegExp =>
  new RegExp(`(?:${source})(?![${LETTERS}\\d_@])(?![-./]\\d)`, flags);

/** No value is longer than this, separators and all. */
const RUN_CHARS_MAX = 40;

/**
 * The digits from `index` on: over separators, and over letters that are joined to them. A blank
 * before a letter ends it.
 */
export function digitsFrom(text: string, index: number): number {
  let digits = 0;
  const end = Math.min(text.length, index + RUN_CHARS_MAX);
  let isBlank = false;
  for (let at = index; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      digits += 1;
      isBlank = false;
    } else if (code === 32 || code === 40 || code === 41) isBlank = true;
    else if (!(code === 45 || code === 46 || code === 47 || (code === 43 && at === index))) {
      const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
      if (isBlank || !isLetter) break;
    }
  }
  return digits;
}
