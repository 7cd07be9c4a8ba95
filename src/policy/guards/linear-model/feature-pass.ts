/**
 * One pass over canonical text that gives everything a linear model needs: hashed features
 * (characters 3–5, words 1–3, classes of words near each other), by segments of 64 characters, so
 * that what a window adds up to is a difference of two sums. Any number of models can read one pass.
 *
 * Nothing is allocated in the loop, and each character costs a bounded number of steps.
 */
import { type Canonical, codesFor, SOURCE_CHARS_MAX } from './canonical.ts';
import {
  classOfStem,
  classOfWord,
  extendWord,
  GATE_CHARS,
  isUnspaced,
  mayBeClassed,
  mayBeginUnspaced,
  STEM_CHARS_MAX,
  WORD_START,
} from './lexicon.ts';
import { ASTRAL, SPACE } from './folding.ts';

export const SEGMENT_CHARS = 64;
/** Features are numbers below this; weights belong to the trained file, which says its size. */
export const BUCKET_BITS = 18;

const CODES_MAX = codesFor(SOURCE_CHARS_MAX);
export const SEGMENTS_MAX = Math.ceil(CODES_MAX / SEGMENT_CHARS) + 1;
/** Three n-grams a character, and more where a class of words is met: then classes are left out. */
const idsFor = (codes: number): number => codes * 6 + 64;

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
/** One class, four pairs, two triples, each three times. */
const EVENT_IDS_MAX = 24;
/** A longer run of letters is several words: what stands in it is not hidden by what it follows. */
const WORD_CHARS_MAX = 48;

const GRAM_SHIFT = 32 - BUCKET_BITS;
const bucket = (hash: number): number =>
  Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> (32 - BUCKET_BITS);

export class FeaturePass {
  readonly ids: Uint32Array;
  /** Where the features of each segment end in `ids`. */
  readonly segmentEnds: Uint32Array;
  segmentCount = 0;
  readonly eventClasses: Uint8Array;
  readonly eventPlaces: Uint32Array;
  eventCount = 0;
  /** Words of one character, of digits only, of digits and letters; and the longest of all. */
  singleCount = 0;
  numberCount = 0;
  mixedCount = 0;
  longestWord = 0;
  #count = 0;
  #codes: Uint16Array = new Uint16Array(0);
  #length = 0;
  #wordsTo = 0;
  #one = 0;
  #two = 0;
  #three = 0;
  #four = 0;
  #lastWord = 0;
  #wordBefore = 0;

  /** `codes` is how many it will be given at most; with room for more classes it gives the same. */
  constructor(codes: number = CODES_MAX, ids: number = idsFor(codes)) {
    this.ids = new Uint32Array(ids);
    this.segmentEnds = new Uint32Array(Math.ceil(codes / SEGMENT_CHARS) + 1);
    this.eventClasses = new Uint8Array(codes);
    this.eventPlaces = new Uint32Array(codes);
  }

  run({ codes, length }: Pick<Canonical, 'codes' | 'length'>): void {
    this.#codes = codes;
    this.#length = length;
    this.#count = 0;
    this.segmentCount = 0;
    this.eventCount = 0;
    this.singleCount = 0;
    this.numberCount = 0;
    this.mixedCount = 0;
    this.longestWord = 0;
    this.#lastWord = 0;
    this.#wordBefore = 0;
    this.#wordsTo = 0;
    this.#one = this.#two = this.#three = this.#four = 0;
    for (let start = 0; start < length; start += SEGMENT_CHARS) {
      const end = Math.min(length, start + SEGMENT_CHARS);
      this.#grams(start, end);
      this.#words(start, end);
      this.segmentEnds[this.segmentCount] = this.#count;
      this.segmentCount += 1;
    }
  }

  /** Characters three to five at a time, ending in the segment. */
  #grams(start: number, end: number): void {
    const codes = this.#codes;
    const { ids } = this;
    let count = this.#count;
    let one = this.#one;
    let two = this.#two;
    let three = this.#three;
    let four = this.#four;
    for (let index = start; index < end; index += 1) {
      const head = Math.imul(codes[index] ?? 0, 0x9e3779b1);
      const five = Math.imul(four, 0x01000193) ^ head;
      four = Math.imul(three, 0x01000193) ^ head;
      three = Math.imul(two, 0x01000193) ^ head;
      two = Math.imul(one, 0x01000193) ^ head;
      one = head;
      ids[count] = (three ^ (three >>> 15)) >>> GRAM_SHIFT;
      ids[count + 1] = (four ^ (four >>> 13)) >>> GRAM_SHIFT;
      ids[count + 2] = (five ^ (five >>> 11)) >>> GRAM_SHIFT;
      count += 3;
    }
    this.#one = one;
    this.#two = two;
    this.#three = three;
    this.#four = four;
    this.#count = count;
  }

  /** Words that begin in the segment. One may end in a later one, but not far away. */
  #words(start: number, end: number): void {
    const codes = this.#codes;
    const limit = this.#length;
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
      // The hashes of the first three, four and five characters, once there are five.
      let three = 0;
      let four = 0;
      let five = 0;
      let all = kind;
      let any = 0;
      for (; index < last; index += 1) {
        const code = codes[index] ?? 0;
        const here = KINDS[code] ?? 0;
        if ((here & LETTER) === 0) break;
        all &= here;
        any |= here;
        hash = extendWord(hash, code);
        if (index - first >= GATE_CHARS) continue;
        three = four;
        four = five;
        five = hash;
      }
      const chars = index - first;
      this.#addWord(hash);
      if (chars === 1 || chars > this.longestWord || (any & DIGIT) !== 0) {
        this.#shape(chars, all, any);
      }
      if (chars < GATE_CHARS) {
        three = chars === 4 ? four : five;
        four = five;
      }
      if (mayBeClassed(three, four, five, chars)) this.#classify(first, chars, hash);
    }
    this.#wordsTo = index;
  }

  /** What words look like tells whether the text may be encoded or spelled. */
  #shape(chars: number, all: number, any: number): void {
    if (chars === 1) this.singleCount += 1;
    if (chars > this.longestWord) this.longestWord = chars;
    if ((any & DIGIT) === 0) return;
    if ((all & DIGIT) === 0) this.mixedCount += 1;
    else this.numberCount += 1;
  }

  #addWord(hash: number): void {
    const { ids } = this;
    const count = this.#count;
    const two = Math.imul(this.#lastWord, 0x2545f495) ^ hash;
    const three = Math.imul(this.#wordBefore, 0x6c078965) ^ two;
    ids[count] = bucket(hash ^ 0x1b873593);
    ids[count + 1] = bucket(two);
    ids[count + 2] = bucket(three ^ 0x7feb352d);
    this.#count = count + 3;
    this.#wordBefore = this.#lastWord;
    this.#lastWord = hash;
  }

  #classify(start: number, chars: number, hash: number): void {
    let found = classOfWord(hash);
    if (found === 0) {
      let stem = WORD_START;
      const end = start + Math.min(chars, STEM_CHARS_MAX);
      for (let index = start; index < end; index += 1) {
        stem = extendWord(stem, this.#codes[index] ?? SPACE);
        if (index - start >= SHORTEST_STEM - 1) found = classOfStem(stem) || found;
      }
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

  /** A feature of classes counts three times: it stands for many words, and is seen more rarely. */
  #addClasses(hash: number): void {
    const id = bucket(hash);
    const count = this.#count;
    this.ids[count] = id;
    this.ids[count + 1] = id;
    this.ids[count + 2] = id;
    this.#count = count + 3;
  }

  /** A class of words, by itself and with the ones that stand just before it. */
  #event(found: number, place: number): void {
    const { eventClasses, eventPlaces, eventCount } = this;
    if (eventCount >= eventPlaces.length || this.#count + EVENT_IDS_MAX > this.ids.length) return;
    this.#addClasses(Math.imul(found, 0x3c6ef372));
    const first = Math.max(0, eventCount - NEAR_EVENTS);
    let nearer = 0;
    for (let at = eventCount - 1; at >= first; at -= 1) {
      if (place - (eventPlaces[at] ?? 0) > NEAR_CHARS) break;
      const other = eventClasses[at] ?? 0;
      this.#addClasses(Math.imul(other * 64 + found, 0x5bd1e995) ^ 0x68e31da4);
      if (nearer !== 0 && at + 3 >= eventCount) {
        const all = (other * 64 + nearer) * 64 + found;
        this.#addClasses(Math.imul(all, 0x1b56c4e9) ^ 0x3ad8025f);
      }
      nearer = other;
    }
    eventClasses[eventCount] = found;
    eventPlaces[eventCount] = place;
    this.eventCount += 1;
  }
}
