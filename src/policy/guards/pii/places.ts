/** Small questions about a place in a text. Each looks at a bounded stretch around it. */
import { STREET_CHARS_MAX } from './address.ts';
import { MONTH_BEFORE, MONTH_CHARS_MAX } from './documents.ts';

const LETTERS_MAX = 8;

/** Whether a sign before a number makes it the rest of something: `1.5`, `v-2`, `$4`, `a_12`. */
export function isInside(text: string, index: number, before: string): boolean {
  if ('$€£_@'.includes(before)) return true;
  const further = text.charAt(index - 2);
  return isDigit(further.charCodeAt(0)) || (before === '-' && /\p{L}/u.test(further));
}

/** Where the word begins that stands before the blank before `index`. */
export function wordStart(text: string, index: number): number {
  let start = index - 1;
  const first = Math.max(0, index - STREET_CHARS_MAX);
  while (start > first && text.charCodeAt(start - 1) !== 32) start -= 1;
  return start;
}

export const isCapital = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return (code >= 65 && code <= 90) || code >= 192;
};

/** A month's name, in full or short, and then at most two digits for the day. */
export const isMonth = (text: string, word: number, index: number): boolean =>
  index - word <= MONTH_CHARS_MAX &&
  index - word > 3 &&
  !isDigit(text.charCodeAt(index + 2)) &&
  MONTH_BEFORE.test(text.slice(Math.max(0, word - 1), index));

export const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Two letters and a blank before `index`, and no word before them. */
export const isPair = (text: string, index: number): boolean =>
  !(text.charCodeAt(index - 4) > 32) &&
  /(?<![\p{L}\d])[A-Za-z]{2} $/u.test(text.slice(Math.max(0, index - 4), index));

/** Where the letters begin that a number's token starts with; null in the middle of a token. */
export function tokenStart(text: string, index: number): number | null {
  let start = index;
  while (start > 0 && isWord(text.charCodeAt(start - 1))) {
    start -= 1;
    const code = text.charCodeAt(start);
    if (index - start > LETTERS_MAX || (code >= 48 && code <= 57) || code === 95) return null;
  }
  return start;
}

/** A letter, a digit or an underscore; beyond ASCII all are taken for letters. */
export const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 95 ||
  code >= 192;

export function isMatchAt(pattern: RegExp, text: string, index: number): boolean {
  pattern.lastIndex = index;
  return pattern.test(text);
}

const LONG_ROW = /\d \d{1,6} $/u;
const SHORT = /^\d{1,2}(?: |$|[A-Za-z])/u;
/** Behind a number and a blank: a short number, or the third of a row, begins nothing. */
export const isRestOfRow = (text: string, index: number): boolean =>
  SHORT.test(text.slice(index, index + 3)) ||
  LONG_ROW.test(text.slice(Math.max(0, index - 9), index));
