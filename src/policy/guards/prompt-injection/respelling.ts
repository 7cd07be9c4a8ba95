/** The same letters written otherwise: rotated, as digits, spelled out one by one. */
import { splitWords } from './words.ts';

export const rotate13 = (text: string): string =>
  text.replaceAll(/[a-z]/giu, (letter) => {
    const code = letter.charCodeAt(0);
    const base = code < 97 ? 65 : 97;
    return String.fromCharCode(((code - base + 13) % 26) + base);
  });

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'l',
  '+': 't',
  '(': 'c',
  '€': 'e',
  '£': 'l',
  '6': 'g',
  '2': 'z',
};
const LEET_SIGN = /[0-9@$!|+(€£]/gu;

/** A `1` is drawn like two letters, so there are two ways to read it. */
export function leetVariants(text: string): string[] {
  const read = (one: string): string =>
    text.replaceAll(LEET_SIGN, (sign) => (sign === '1' ? one : (LEET[sign] ?? sign)));
  return text.includes('1') ? [read('i'), read('l')] : [read('i')];
}

/** Spelled letters as words: the commonest gap is between letters, and any other is a space. */
export function joinLetters(text: string): string {
  const tokens = text.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const token of tokens) {
    if (!isLetters(token)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  const [between] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
  let out = '';
  for (const token of tokens) {
    if (isLetters(token)) out += token;
    else if (token !== between) out += wordGap(token.replaceAll(between, '').trim());
  }
  // Some spell whole sentences without a wider gap.
  return out.replaceAll(/[\p{L}\p{N}]{15,}/gu, (letters) => splitWords(letters.toLowerCase()));
}

/** An apostrophe or a hyphen stands inside a word; other signs end one. */
const wordGap = (sign: string): string => (/^['’-]$/u.test(sign) ? sign : `${sign} `);

const isLetters = (token: string): boolean => /^[\p{L}\p{N}]/u.test(token);
