/** Words as prompts are compared by: letters and digits in lower case, scripts without spaces by character. */

const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]`;
const LETTER = String.raw`(?!${UNSPACED})[\p{L}\p{M}\p{N}]`;
const WORD = new RegExp(`${UNSPACED}|(?:${LETTER})+`, 'gu');
/** A text that goes on from a word which was read before begins with the rest of that word. */
const REST = new RegExp(`(?<=[\\p{L}\\p{M}\\p{N}])(?<!${UNSPACED})(?:${LETTER})+`, 'uy');

export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The next word at or after `from`, which must not be inside of one; null: there is none. */
export function wordAt(text: string, from: number): Word | null {
  WORD.lastIndex = from;
  const found = WORD.exec(text);
  if (found === null) return null;
  const [all] = found;
  return { text: folded(all), start: found.index, end: found.index + all.length };
}

/** Where the word ends that `at` is inside of; `at` itself between two words. */
export function endOfRest(text: string, at: number): number {
  REST.lastIndex = at;
  return at + (REST.exec(text)?.[0].length ?? 0);
}

/** The last letter of a Greek word has a shape of its own, and a word may be cut before it. */
const folded = (word: string): string => word.toLowerCase().replaceAll('ς', 'σ');

export function wordsOf(text: string, max: number): string[] {
  const words: string[] = [];
  for (let word = wordAt(text, 0); word !== null; word = wordAt(text, word.end)) {
    words.push(word.text);
    if (words.length === max) break;
  }
  return words;
}
