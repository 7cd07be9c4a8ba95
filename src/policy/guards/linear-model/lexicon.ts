/**
 * Words that carry a meaning which attacks are made of, as classes: `ignore`, `olvida` and `忽略` are
 * one thing to the model. A class is found by the hash of a word or of its beginning, so inflected
 * words and languages without spaces cost about one look-up a word.
 */
import { assert } from '#stdx/assert.ts';

import { foldAstral, foldOf, foldsOf, FOLDS_TO_MANY, FOLDS_TO_NOTHING } from './folding.ts';
import { LEXICON } from './lexicon-words.ts';

export const WORD_CLASSES: readonly string[] = Object.keys(LEXICON);

/** 0 is no class; the others are their place in `WORD_CLASSES` and one. */
export function classId(name: string): number {
  const place = WORD_CLASSES.indexOf(name);
  assert(place !== -1, 'the class of words is one of the lexicon');
  return place + 1;
}

/** A word's hash, one character further. */
export const extendWord = (hash: number, code: number): number =>
  Math.imul(hash ^ code, 0x01000193) ^ (hash >>> 15);
export const WORD_START = 0x811c9dc5 | 0;

/** The longest beginning that is looked up. */
export const STEM_CHARS_MAX = 16;
/**
 * A gate says whether a word is worth looking up at all: it is asked for every word, with the hashes
 * of its first three, four and five characters. Most words do not pass.
 */
export const GATE_CHARS = 5;
const SHORT_STEM_CHARS = 3;
const GATE_BITS = 15;
const SLOT_BITS = 13;
const SLOT_MASK = (1 << SLOT_BITS) - 1;

/** A bit a gate: as bytes they would fill all of the fastest cache. */
const GATES = new Uint32Array((1 << GATE_BITS) / 32);
const KEYS = new Int32Array(1 << SLOT_BITS);
const CLASSES = new Uint8Array(1 << SLOT_BITS);
const IS_STEM = 1;
const IS_WORD = 2;
const FORMS = new Uint8Array(1 << SLOT_BITS);

/** A beginning of this many characters: a short stem and a long word must not open each other's gate. */
const gateOf = (hash: number, chars: number): number =>
  (hash ^ (hash >>> GATE_BITS) ^ (chars << 7)) & ((1 << GATE_BITS) - 1);
const isOpen = (hash: number, chars: number): boolean => {
  const gate = gateOf(hash, chars);
  return (((GATES[gate >>> 5] ?? 0) >>> (gate & 31)) & 1) === 1;
};
const openGate = (gate: number): void => {
  GATES[gate >>> 5] = (GATES[gate >>> 5] ?? 0) | (1 << (gate & 31));
};
/** Words of less than five characters, each by all of it. */
const SHORT_WORD = 8;

/**
 * Whether a word, or a stem of it, may be in the lexicon. `beginnings` has the hashes of the word up to each
 * of its characters.
 */
export function mayBeClassed(beginnings: Int32Array, chars: number): boolean {
  if (chars < GATE_CHARS && isOpen(beginnings[chars - 1] ?? 0, SHORT_WORD + chars)) return true;
  return (
    (chars >= 3 && isOpen(beginnings[2] ?? 0, 3)) ||
    (chars >= 4 && isOpen(beginnings[3] ?? 0, 4)) ||
    (chars >= GATE_CHARS && isOpen(beginnings[GATE_CHARS - 1] ?? 0, GATE_CHARS))
  );
}
/** Whether an entry of a script without spaces may begin with this character. */
export const mayBeginUnspaced = (hash: number): boolean => isOpen(hash, 1);

/** The slot of a hash, or the empty one where it would be. The table is never more than half full. */
function slotOf(hash: number): number {
  let slot = (hash ^ (hash >>> SLOT_BITS)) & SLOT_MASK;
  while (CLASSES[slot] !== 0 && KEYS[slot] !== hash) slot = (slot + 1) & SLOT_MASK;
  return slot;
}

const lookUp = (hash: number, form: number): number => {
  const slot = slotOf(hash);
  return ((FORMS[slot] ?? 0) & form) === 0 ? 0 : (CLASSES[slot] ?? 0);
};

/** The class of a whole word. */
export const classOfWord = (hash: number): number => lookUp(hash, IS_WORD);
/** The class of every word that begins so. */
export const classOfStem = (hash: number): number => lookUp(hash, IS_STEM);

/** Scripts that are written without spaces: every character may begin a word. */
export const isUnspaced = (code: number): boolean =>
  (code >= 0x0e00 && code < 0x0e80) ||
  (code >= 0x3040 && code < 0xa000) ||
  (code >= 0xac00 && code < 0xd7b0);

/** Folded as text is. */
export function foldWord(word: string): string {
  let out = '';
  for (const character of word) {
    const code = character.charCodeAt(0);
    const folded = foldOf(code);
    if (character.length > 1) out += foldAstral(character.codePointAt(0) ?? code);
    else if (folded === FOLDS_TO_MANY) out += foldsOf(code);
    else if (folded !== FOLDS_TO_NOTHING) out += String.fromCharCode(folded);
  }
  return out;
}

function addEntry(entry: string, id: number): void {
  const isStem = entry.endsWith('*');
  const word = foldWord(isStem ? entry.slice(0, -1) : entry);
  const isUnspacedWord = isUnspaced(word.charCodeAt(0));
  const gateChars = isUnspacedWord ? 1 : Math.min(GATE_CHARS, word.length);
  let hash = WORD_START;
  for (let index = 0; index < word.length; index += 1) {
    hash = extendWord(hash, word.charCodeAt(index));
    if (index + 1 !== gateChars) continue;
    const isShortWord = word.length < GATE_CHARS && !isUnspacedWord;
    if (isShortWord) openGate(gateOf(hash, SHORT_WORD + word.length));
    if (!isShortWord || isStem) openGate(gateOf(hash, gateChars));
  }
  assert(!isStem || word.length >= SHORT_STEM_CHARS, 'a beginning of a word has three characters');
  const slot = slotOf(hash);
  if (CLASSES[slot] !== 0) {
    // The first class that names a word has it.
    FORMS[slot] = (FORMS[slot] ?? 0) | (isStem ? IS_STEM | IS_WORD : 0);
    return;
  }
  KEYS[slot] = hash;
  CLASSES[slot] = id;
  FORMS[slot] = isStem || isUnspacedWord ? IS_STEM | IS_WORD : IS_WORD;
}

for (const [name, words] of Object.entries(LEXICON)) {
  for (const entry of words.split(/\s+/u)) if (entry !== '') addEntry(entry, classId(name));
}
