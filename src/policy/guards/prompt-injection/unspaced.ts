/**
 * Text whose words are joined: `ignoreallpreviousrules`, `ignore-all.previous_rules`, `IgnoreAllRules`.
 * Long runs without a space are looked for by leaps, so that ordinary text costs next to nothing;
 * addresses, paths and code are told from sentences by their signs.
 */
import { splitWords } from './words.ts';

export const UNSPACED_MIN = 24;
/** Names in code and in manuals (`your-okta-client-secret`) have signs in them, and are shorter. */
const SIGNED_MIN = 40;
const ENDS_MAX = 1;
/** Shorter ones are one word nearly always. */
const JOINED_WORD_MIN = 9;
const SPACE = 0x20;
const LETTER_SHARE_MIN = 0.7;
/** One in so many characters may be a sign that sentences hardly have. */
const CHARS_PER_SIGN = 32;
/** Stretches a line or a blank apart belong together. */
const GAP_MAX = 2;

type Stretch = readonly [first: number, last: number];

const LETTER = 1;
const SIGN = 2;
const CLASSES = new Uint8Array(65_536).fill(LETTER, 0x61, 0x7b);
for (const sign of '/\\@=(){}<>&%+#$') CLASSES[sign.charCodeAt(0)] = SIGN;

/** At most `most` stretches of canonical text, each with both ends in it. */
export function unspacedRuns(codes: Uint16Array, length: number, most: number): Stretch[] {
  const runs: Stretch[] = [];
  let index = 0;
  while (index + UNSPACED_MIN <= length && runs.length < most) {
    let back = index + UNSPACED_MIN - 1;
    while (back >= index && codes[back] !== SPACE) back -= 1;
    if (back >= index) {
      index = back + 1;
      continue;
    }
    let end = index + UNSPACED_MIN;
    while (end < length && codes[end] !== SPACE) end += 1;
    if (isSentence(codes, index, end)) add(runs, index, end - 1);
    index = end + 1;
  }
  return runs;
}

function add(runs: Stretch[], first: number, last: number): void {
  const before = runs.at(-1);
  if (before !== undefined && first - before[1] <= GAP_MAX)
    runs[runs.length - 1] = [before[0], last];
  else runs.push([first, last]);
}

function isSentence(codes: Uint16Array, from: number, to: number): boolean {
  const chars = to - from;
  const most = Math.floor(chars / CHARS_PER_SIGN);
  let letters = 0;
  let signs = 0;
  for (let index = from; index < to; index += 1) {
    const found = CLASSES[codes[index] ?? SPACE];
    if (found === LETTER) letters += 1;
    else if (found === SIGN) {
      signs += 1;
      if (signs > most) return false;
    }
  }
  if (chars - letters > ENDS_MAX && chars < SIGNED_MIN) return false;
  return letters >= chars * LETTER_SHARE_MIN;
}

const JOINT = /(?<=[a-z])(?=[A-Z])/gu;
const SEPARATOR = /(?<=[\p{L}\p{N}.!?,:;"'])[^\p{L}\p{N}\s'’.!?,:;"]+(?=[\p{L}\p{N}"'])/gu;
const STOP = /(?<=[\p{L}\p{N}])[.,:;!?"]+(?=[\p{L}\p{N}])/gu;
const LONG_WORD = new RegExp(`[a-z]{${JOINED_WORD_MIN},}`, 'gu');
/** A sentence has a stop for so many characters; with more of them they stand for spaces. */
const CHARS_PER_STOP = 14;

/** With its words apart. A sign between two words that stands nowhere else is a space. */
export function respaced(text: string): string {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '');
  const stops = plain.match(STOP)?.length ?? 0;
  const areSpaces = stops * CHARS_PER_STOP > plain.length;
  return plain
    .replaceAll(JOINT, ' ')
    .replaceAll(SEPARATOR, ' ')
    .replaceAll(STOP, (sign) => (areSpaces ? ' ' : `${sign} `))
    .toLowerCase()
    .replaceAll(LONG_WORD, splitWords);
}
