/**
 * Other ways in which a piece of text could be read: decoded, turned round, with its look-alike
 * digits as letters, with its spaces taken out. A view is only another text to be scored by itself:
 * that something is encoded is no evidence of anything.
 *
 * Bounds: a respelled view reads at most `VIEW_CHARS_MAX` characters, an encoded one no more than a unit has,
 * and there are at most `VIEWS_MAX` of them.
 */
import { classId } from '../linear-model/lexicon.ts';

import { decodeRun } from './decoders.ts';
import { joinLetters, leetVariants, rotate13 } from './respelling.ts';
import { mayHaveMorse, morseRuns } from './morse.ts';
import { respaced, unspacedRuns } from './unspaced.ts';

export const VIEW_CHARS_MAX = 4_096;
export const VIEWS_MAX = 24;

export interface View {
  readonly text: string;
  /** What of the original it stands for, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** A text that was read, with what the pass over it has found. */
export interface ReadText {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly codes: Uint16Array;
  readonly origins: Uint32Array;
  readonly length: number;
  readonly eventClasses: Uint8Array;
  readonly eventPlaces: Uint32Array;
  readonly eventCount: number;
  readonly singleCount: number;
  readonly numberCount: number;
  readonly mixedCount: number;
  readonly longestWord: number;
}

const ENCODED = 1;
const LETTER = 2;
const DIGIT = 4;
/** Drawn like a letter: a digit or a sign inside a word. */
const LEET = 8;
const HEX = 16;
const CLASSES = new Uint8Array(65_536);
for (let code = 0; code < 128; code += 1) {
  const character = String.fromCharCode(code);
  CLASSES[code] =
    (/[a-z0-9+/=_%.!'()*~-]/u.test(character) ? ENCODED : 0) |
    (/[a-z]/u.test(character) ? LETTER : 0) |
    (/[0-9]/u.test(character) ? DIGIT : 0) |
    (/[0-9a-f]/u.test(character) ? HEX : 0) |
    (/[0134578@$!|+]/u.test(character) ? LEET : 0);
}
for (let code = 128; code < 0xd800; code += 1)
  CLASSES[code] = code >= 0xc0 && (code < 0x2000 || code > 0x2fff) ? LETTER : 0;

const WORD = LETTER | DIGIT;

/** Numbers or single letters in a row. */
interface Run {
  readonly kind: number;
  readonly first: number;
  last: number;
  count: number;
}
const NO_RUN: Run = { kind: 0, first: 0, last: 0, count: 0 };
/** Separators between two letters that are spelled: `i - g - n` has three. */
const SPELLED_GAP_MAX = 4;

const RUN_CHARS_MIN = 16;
/** Eight bits and a space spell one character: 36 KB of them would be 4 KB of text. */
const RUN_CHARS_MAX = 18_432;
const LEET_MIN = 3;
const SINGLES_MIN = 6;
/** The first of a row has none before it. */
const NEAR_MIN = SINGLES_MIN - 1;
const LEET_WORDS_MIN = 2;
/** Encoded bytes have long stretches of letters and digits; few words are as long. */
const ENCODED_WORD_MIN = 14;
const ROTATED = classId('rotated');
const REVERSED = classId('reversed');
const STRANGE_WORDS_MIN = 2;
const AROUND_CHARS = 80;

/** Every other reading of a text that there is a reason to try. */
export function viewsOf(read: ReadText): View[] {
  const views: View[] = [];
  const { singleCount, numberCount, mixedCount, longestWord } = read;
  const isSpelled = singleCount >= NEAR_MIN || numberCount >= NEAR_MIN;
  const isEncoded = longestWord >= ENCODED_WORD_MIN || mixedCount >= LEET_WORDS_MIN;
  if (isSpelled || isEncoded) addStretches(views, read, new Signs(read, isSpelled, isEncoded));
  addUnspaced(views, read);
  addMorse(views, read);
  addWordViews(views, read);
  return views;
}

function addMorse(views: View[], { text, from, to }: ReadText): void {
  const piece = from === 0 && to === text.length ? text : text.slice(from, to);
  if (!mayHaveMorse(piece)) return;
  for (const run of morseRuns(piece, VIEWS_MAX - views.length)) {
    const start = from + run.at;
    views.push({ text: run.text, start, end: start + run.chars });
  }
}

function addUnspaced(views: View[], read: ReadText): void {
  for (const [first, last] of unspacedRuns(read.codes, read.length, VIEWS_MAX - views.length)) {
    const start = originOf(read, first);
    const end = Math.min(endOf(read, last), start + VIEW_CHARS_MAX);
    views.push({ text: respaced(read.text.slice(start, end)), start, end });
  }
}

function addStretches(views: View[], read: ReadText, signs: Signs): void {
  for (const [first, last] of signs.runs) {
    if (views.length >= VIEWS_MAX) return;
    addDecoded(views, read, first, last);
  }
  if (signs.leetCount >= LEET_MIN) {
    const { start, end } = around(read, signs.leetFirst, signs.leetLast);
    for (const text of leetVariants(read.text.slice(start, end))) views.push({ text, start, end });
  }
  for (const [first, last] of signs.spelled) {
    if (views.length >= VIEWS_MAX) return;
    const [start, end] = [originOf(read, first), endOf(read, last)];
    const text = joinLetters(read.text.slice(start, Math.min(end, start + VIEW_CHARS_MAX)));
    views.push({ text, start, end });
  }
}

const originOf = ({ origins }: ReadText, code: number): number => origins[code] ?? 0;
/** One past the character that a code came from. */
const endOf = ({ origins, length, to }: ReadText, last: number): number =>
  last + 1 < length ? (origins[last + 1] ?? to) : to;

/** A stretch of the original with something before and after it, within the bound. */
function around(read: ReadText, first: number, last: number): { start: number; end: number } {
  const start = originOf(read, Math.max(0, first - AROUND_CHARS));
  const end = endOf(read, Math.min(read.length - 1, last + AROUND_CHARS));
  return { start, end: Math.min(end, start + VIEW_CHARS_MAX) };
}

function addDecoded(views: View[], read: ReadText, first: number, last: number): void {
  const [from, to] = [originOf(read, first), endOf(read, last)];
  // A long run is read piece by piece, so that nothing hides behind its first part.
  for (let start = from; start < to && views.length < VIEWS_MAX; start += RUN_CHARS_MAX) {
    const end = Math.min(to, start + RUN_CHARS_MAX);
    const run = read.text.slice(start, end);
    const text = decodeRun(run);
    if (text !== undefined) views.push({ text, start, end });
  }
}

/** Words of another alphabet order: the classes of the lexicon know some of each. */
function addWordViews(views: View[], read: ReadText): void {
  for (const [id, respell] of RESPELLINGS) {
    let [first, last, count] = [-1, -1, 0];
    for (let at = 0; at < read.eventCount; at += 1) {
      if (read.eventClasses[at] !== id) continue;
      last = read.eventPlaces[at] ?? 0;
      if (first === -1) first = last;
      count += 1;
    }
    if (count < STRANGE_WORDS_MIN) continue;
    const { start, end } = around(read, first, last);
    views.push({ text: respell(read.text.slice(start, end)), start, end });
  }
}

const reverse = (text: string): string => Array.from(text).reverse().join('');
/** The words in their order, and each of them turned round. */
const reverseWords = (text: string): string => text.replaceAll(/\S+/gu, reverse);
const RESPELLINGS = [
  [ROTATED, rotate13],
  [REVERSED, reverse],
  [REVERSED, reverseWords],
] as const;

type Stretch = readonly [first: number, last: number];

/** What a token could be a piece of: a spelled word, bytes as numbers, or neither. */
function kindOfToken(chars: number, all: number): number {
  if (chars === 1) return LETTER;
  const isNumber = chars > 1 && chars <= 8 && (all & DIGIT) !== 0;
  return isNumber || (chars === 2 && (all & HEX) !== 0) ? DIGIT : 0;
}

/** One look at every character, for the signs that another reading is worth its cost. */
class Signs {
  /** Long runs that may be encoded bytes, and runs of numbers that may be characters. */
  readonly runs: Stretch[] = [];
  /** Letters that stand apart from each other. */
  readonly spelled: Stretch[] = [];
  leetCount = 0;
  leetFirst = -1;
  leetLast = -1;

  constructor({ codes, length }: ReadText, isSpelled: boolean, isEncoded: boolean) {
    if (isEncoded) this.#encoded(codes, length);
    if (isSpelled) this.#spell(codes, length);
  }

  #encoded(codes: Uint16Array, length: number): void {
    let runStart = 0;
    let before = 0;
    for (let index = 0; index < length; index += 1) {
      const here = CLASSES[codes[index] ?? 0] ?? 0;
      if ((here & ENCODED) === 0) {
        if (index - runStart >= RUN_CHARS_MIN) this.#addRun(runStart, index - 1);
        runStart = index + 1;
      }
      if ((here & LEET) !== 0 && (before & LETTER) !== 0) {
        // What stands behind the text is of another one, that was read before.
        this.#leet(index + 1 < length ? (CLASSES[codes[index + 1] ?? 0] ?? 0) : 0, index);
      }
      before = here;
    }
    if (length - runStart >= RUN_CHARS_MIN) this.#addRun(runStart, length - 1);
  }

  #leet(after: number, index: number): void {
    if ((after & (LETTER | LEET)) === 0) return;
    if (this.leetFirst === -1) this.leetFirst = index;
    this.leetLast = index;
    this.leetCount += 1;
  }

  #addRun(first: number, last: number): void {
    const before = this.runs.at(-1);
    // Encoded text is often broken into lines.
    if (before !== undefined && first - before[1] <= 2 && before[1] - before[0] >= 40) {
      this.runs[this.runs.length - 1] = [before[0], last];
    } else if (this.runs.length < VIEWS_MAX) this.runs.push([first, last]);
  }

  /** Letters that stand alone, one after another, and short numbers likewise. */
  #spell(codes: Uint16Array, length: number): void {
    let run = NO_RUN;
    let index = 0;
    while (index < length) {
      if (((CLASSES[codes[index] ?? 0] ?? 0) & WORD) === 0) {
        index += 1;
        continue;
      }
      const start = index;
      let all = LETTER | DIGIT | HEX;
      for (; index < length; index += 1) {
        const kind = CLASSES[codes[index] ?? 0] ?? 0;
        if ((kind & WORD) === 0) break;
        all &= kind;
      }
      const kind = kindOfToken(index - start, all);
      if (kind === run.kind && kind !== 0 && start - run.last <= SPELLED_GAP_MAX) {
        run.last = index - 1;
        run.count += 1;
      } else {
        this.#close(run);
        run = { kind, first: start, last: index - 1, count: 1 };
      }
    }
    this.#close(run);
  }

  #close({ kind, first, last, count }: Run): void {
    if (count < SINGLES_MIN) return;
    if (kind === DIGIT) this.#addRun(first, last);
    else if (kind === LETTER && this.spelled.length < VIEWS_MAX) this.spelled.push([first, last]);
  }
}
