/**
 * Which passwords are refused (NIST SP 800-63B section 3.1.1.2): short ones and obvious ones. There
 * are no rules of composition: they make `Password123!`, which is in every list.
 */
export const PASSWORD_CHARS_MIN = 12;
export const PASSWORD_CHARS_MAX = 256;
const DISTINCT_MIN = 5;
/** What is left beside common words must be at least so much to be a secret of somebody's. */
const OWN_CHARS_MIN = 6;

/** The stems of the lists of leaked passwords. What is made of them alone is on those lists too. */
const COMMON = (
  'administrator password passphrase passwort correcthorsebatterystaple letmein welcome qwertyuiop ' +
  'qwertz qwerty azerty asdfghjkl asdfgh zxcvbnm zxcvbn iloveyou princess sunshine football ' +
  'baseball basketball superman batman dragon monkey master shadow michael jennifer jordan ' +
  'charlie starwars whatever trustno freedom secret login access admin root user guest test ' +
  'default changeme change please hello summer winter spring autumn january february march april ' +
  'june july august september october november december monday friday company gateway llmproxy ' +
  'proxy server system computer internet google abcdefghijklmnopqrstuvwxyz abcdef abcd abc love ' +
  'pass word the and for you'
)
  .split(' ')
  .toSorted((a, b) => b.length - a.length);

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

export type PasswordFlaw = 'short' | 'long' | 'obvious';

/** Null: it may be used. `words`: what everybody knows of its owner, such as the login name. */
export function passwordFlaw(password: string, words: readonly string[]): PasswordFlaw | null {
  const text = password.normalize('NFKC');
  const characters = Array.from(text);
  if (characters.length < PASSWORD_CHARS_MIN) return 'short';
  if (characters.length > PASSWORD_CHARS_MAX) return 'long';
  if (new Set(characters).size < DISTINCT_MIN || isRun(characters)) return 'obvious';
  const lower = text.toLowerCase();
  const known = [...words.flatMap(partsOf), ...COMMON];
  const plain = left(lower, known);
  const read = left(
    lower.replaceAll(/[0134578@$!]/gu, (c) => LEET[c] ?? c),
    known,
  );
  return Math.min(plain, read) < OWN_CHARS_MIN ? 'obvious' : null;
}

/** Mostly neighbours: `123456789012`, `abcdefghijkl`, `aaaabbbbcccc`. */
function isRun(characters: readonly string[]): boolean {
  let near = 0;
  for (let index = 1; index < characters.length; index += 1) {
    const before = characters[index - 1]?.codePointAt(0) ?? 0;
    const step = (characters[index]?.codePointAt(0) ?? 0) - before;
    if (Math.abs(step) <= 1) near += 1;
  }
  return near >= characters.length * 0.7;
}

const partsOf = (word: string): string[] =>
  [word, ...word.split(/[^\p{L}\p{N}]+/u)].map((part) => part.toLowerCase()).filter(isLong);

const isLong = (part: string): boolean => part.length >= 3;

/** How many letters, and digits that are no year or tail, are not of common words. */
function left(text: string, known: readonly string[]): number {
  let rest = text;
  for (const word of known) rest = rest.replaceAll(word, ' ');
  const parts = rest.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');
  return parts
    .map((part) => (/^\d{1,6}$/u.test(part) ? 1 : part.length))
    .reduce((a, b) => a + b, 0);
}
