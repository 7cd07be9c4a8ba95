/**
 * One pass over canonical text that gives what a linear model needs of its words: hashed features
 * (words 1–3, classes of words near each other), by segments of 64 characters, so that what a window
 * adds up to is a difference of two sums. Any number of models can read one pass. Characters are not
 * in it: each model hashes them as it adds up (`grams.ts`), which costs less than keeping them.
 *
 * Nothing is allocated in the loop, and each character costs a bounded number of steps.
 */
import { type Canonical, codesFor, SOURCE_CHARS_MAX } from './canonical.ts';
import {
  classOfStem,
  classOfWord,
  extendWord,
  isUnspaced,
  mayBeClassed,
  mayBeginUnspaced,
  STEM_CHARS_MAX,
  WORD_START,
} from './lexicon.ts';
import { ASTRAL, SPACE } from './folding.ts';
import { BUCKET_BITS } from './grams.ts';

export const SEGMENT_CHARS = 64;
const CODES_MAX = codesFor(SOURCE_CHARS_MAX);
export const SEGMENTS_MAX = Math.ceil(CODES_MAX / SEGMENT_CHARS) + 1;
/** Three a word, and in a script without spaces every character may be one. */
const WORD_IDS = 3;
/** A class by itself, with four before it, and two pairs of those. */
const CLASS_IDS = 7;
/** A feature of classes counts three times: it stands for many words, and is seen more rarely. */
export const CLASS_WEIGHT = 3;

const SEPARATOR = 0;
const LETTER = 1;
const UNSPACED = 2;
/** Beside `LETTER`. */
const DIGIT = 4;

/** What each UTF-16 unit is to a word. */
const KINDS = new Uint8Array(65_536);
for (let code = 0; code < KINDS.length; code += 1) KINDS[code] = kindOf(code);

function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return LETTER | DIGIT;
  if (code < 128) return /[a-z']/u.test(String.fromCharCode(code)) ? LETTER : SEPARATOR;
  if (code === ASTRAL || code === 0xfffd) return SEPARATOR;
  if (code < 0xc0 || (code >= 0x2000 && code < 0x2c00)) return SEPARATOR;
  if ((code >= 0x3000 && code < 0x3040) || code === 0x060c || code === 0x061f) return SEPARATOR;
  if (code === 0x0964 || code >= 0xe000) return SEPARATOR;
  return isUnspaced(code) ? UNSPACED : LETTER;
}

const SHORTEST_STEM = 3;

/** How far apart two classes may stand and still be read together. */
const NEAR_CHARS = 96;
const NEAR_EVENTS = 4;
/**
 * Letters that are spelled stand next to each other, with a sign or two between; `a` and `I` of a sentence do
 * not. Bytes as numbers have others between them that are letters as well.
 */
const NEAR_SINGLE_CHARS = 8;
const NEAR_NUMBER_CHARS = 24;
/** A longer run of letters is several words: what stands in it is not hidden by what it follows. */
const WORD_CHARS_MAX = 48;

const bucket = (hash: number): number =>
  Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> (32 - BUCKET_BITS);

export class FeaturePass {
  readonly wordIds: Uint32Array;
  /** Each counts `CLASS_WEIGHT` times. */
  readonly classIds: Uint32Array;
  /** Where the features of each segment end in `wordIds` and in `classIds`. */
  readonly wordEnds: Uint32Array;
  readonly classEnds: Uint32Array;
  segmentCount = 0;
  readonly eventClasses: Uint8Array;
  readonly eventPlaces: Uint32Array;
  eventCount = 0;
  /** Words of one character, and of digits only, that stand near another such word. */
  singleCount = 0;
  numberCount = 0;
  /** Words of digits and letters, and the longest of all. */
  mixedCount = 0;
  longestWord = 0;
  #wordIdCount = 0;
  #classIdCount = 0;
  #codes: Uint16Array = new Uint16Array(0);
  #length = 0;
  #wordsTo = 0;
  #lastWord = 0;
  #wordBefore = 0;
  #lastSingle = 0;
  #lastNumber = 0;
  /** The hashes of the word that is read, up to each of its characters: of all beginnings that are looked up. */
  readonly #beginnings = new Int32Array(WORD_CHARS_MAX);

  /** `codes` is how many it will be given at most. */
  constructor(codes: number = CODES_MAX) {
    this.wordIds = new Uint32Array(codes * WORD_IDS);
    this.classIds = new Uint32Array(codes * CLASS_IDS);
    this.wordEnds = new Uint32Array(Math.ceil(codes / SEGMENT_CHARS) + 1);
    this.classEnds = new Uint32Array(this.wordEnds.length);
    this.eventClasses = new Uint8Array(codes);
    this.eventPlaces = new Uint32Array(codes);
  }

  run({ codes, length }: Pick<Canonical, 'codes' | 'length'>): void {
    this.#codes = codes;
    this.#length = length;
    this.#wordIdCount = 0;
    this.#classIdCount = 0;
    this.segmentCount = 0;
    this.eventCount = 0;
    this.singleCount = 0;
    this.numberCount = 0;
    this.mixedCount = 0;
    this.longestWord = 0;
    this.#lastWord = 0;
    this.#wordBefore = 0;
    this.#lastSingle = -NEAR_SINGLE_CHARS - 1;
    this.#lastNumber = -NEAR_NUMBER_CHARS - 1;
    this.#wordsTo = 0;
    for (let start = 0; start < length; start += SEGMENT_CHARS) {
      this.#words(start, Math.min(length, start + SEGMENT_CHARS));
      this.wordEnds[this.segmentCount] = this.#wordIdCount;
      this.classEnds[this.segmentCount] = this.#classIdCount;
      this.segmentCount += 1;
    }
  }

  /** Words that begin in the segment. One may end in a later one, but not far away. */
  #words(start: number, end: number): void {
    const codes = this.#codes;
    const limit = this.#length;
    const beginnings = this.#beginnings;
    let index = Math.max(start, this.#wordsTo);
    while (index < end) {
      const kind = KINDS[codes[index] ?? 0] ?? 0;
      if ((kind & LETTER) === 0) {
        if (kind === UNSPACED) this.#unspaced(index);
        index += 1;
        continue;
      }
      const first = index;
      const last = Math.min(limit, first + WORD_CHARS_MAX);
      let hash = WORD_START;
      let all = kind;
      let any = 0;
      for (; index < last; index += 1) {
        const code = codes[index] ?? 0;
        const here = KINDS[code] ?? 0;
        if ((here & LETTER) === 0) break;
        all &= here;
        any |= here;
        hash = extendWord(hash, code);
        beginnings[index - first] = hash;
      }
      const chars = index - first;
      this.#addWord(hash);
      if (chars === 1 || chars > this.longestWord || (any & DIGIT) !== 0) {
        this.#shape(first, chars, all, any);
      }
      if (mayBeClassed(beginnings, chars)) this.#classify(first, chars);
    }
    this.#wordsTo = index;
  }

  /** What words look like tells whether the text may be encoded or spelled. */
  #shape(start: number, chars: number, all: number, any: number): void {
    if (chars === 1) {
      if (start - this.#lastSingle <= NEAR_SINGLE_CHARS) this.singleCount += 1;
      this.#lastSingle = start;
    }
    if (chars > this.longestWord) this.longestWord = chars;
    if ((any & DIGIT) === 0) return;
    if ((all & DIGIT) === 0) {
      this.mixedCount += 1;
      return;
    }
    if (start - this.#lastNumber <= NEAR_NUMBER_CHARS) this.numberCount += 1;
    this.#lastNumber = start;
  }

  #addWord(hash: number): void {
    const ids = this.wordIds;
    const count = this.#wordIdCount;
    const two = Math.imul(this.#lastWord, 0x2545f495) ^ hash;
    const three = Math.imul(this.#wordBefore, 0x6c078965) ^ two;
    ids[count] = bucket(hash ^ 0x1b873593);
    ids[count + 1] = bucket(two);
    ids[count + 2] = bucket(three ^ 0x7feb352d);
    this.#wordIdCount = count + WORD_IDS;
    this.#wordBefore = this.#lastWord;
    this.#lastWord = hash;
  }

  /** The class of a word, or of its longest beginning that has one. */
  #classify(start: number, chars: number): void {
    const beginnings = this.#beginnings;
    let found = classOfWord(beginnings[chars - 1] ?? 0);
    let stem = Math.min(chars, STEM_CHARS_MAX);
    for (; found === 0 && stem >= SHORTEST_STEM; stem -= 1) {
      found = classOfStem(beginnings[stem - 1] ?? 0);
    }
    if (found !== 0) this.#event(found, start);
  }

  /** Where a word of a script without spaces may begin: the longest entry that stands there. */
  #unspaced(start: number): void {
    const codes = this.#codes;
    let hash = extendWord(WORD_START, codes[start] ?? SPACE);
    this.#addWord(hash);
    if (!mayBeginUnspaced(hash)) return;
    let found = classOfStem(hash);
    const end = Math.min(this.#length, start + 8);
    for (let index = start + 1; index < end; index += 1) {
      hash = extendWord(hash, codes[index] ?? SPACE);
      found = classOfStem(hash) || found;
    }
    if (found !== 0) this.#event(found, start);
  }

  /** A class of words, by itself and with the ones that stand just before it. */
  #event(found: number, place: number): void {
    const { eventClasses, eventPlaces, eventCount, classIds } = this;
    let count = this.#classIdCount;
    classIds[count++] = bucket(Math.imul(found, 0x3c6ef372));
    const first = Math.max(0, eventCount - NEAR_EVENTS);
    let nearer = 0;
    for (let at = eventCount - 1; at >= first; at -= 1) {
      if (place - (eventPlaces[at] ?? 0) > NEAR_CHARS) break;
      const other = eventClasses[at] ?? 0;
      classIds[count++] = bucket(Math.imul(other * 64 + found, 0x5bd1e995) ^ 0x68e31da4);
      if (nearer !== 0 && at + 3 >= eventCount) {
        const all = (other * 64 + nearer) * 64 + found;
        classIds[count++] = bucket(Math.imul(all, 0x1b56c4e9) ^ 0x3ad8025f);
      }
      nearer = other;
    }
    this.#classIdCount = count;
    eventClasses[eventCount] = found;
    eventPlaces[eventCount] = place;
    this.eventCount += 1;
  }
}
