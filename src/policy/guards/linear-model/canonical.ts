/**
 * Text as a reader sees it, with the way back: one folded character after another, each with the
 * offset in the original that it came from. What was hidden is counted, because hiding is evidence,
 * and what was hidden as text (tag characters) is read as text.
 *
 * One pass, buffers of a fixed size; an instance serves one text at a time.
 */
import {
  ASTRAL,
  foldAstral,
  foldOf,
  foldsOf,
  FOLDS_TO_MANY,
  FOLDS_TO_NOTHING,
  isCombining,
  latinLookOf,
  SPACE,
} from './folding.ts';

/** Most characters of the original that are read at once. */
export const SOURCE_CHARS_MAX = 18_432;
/** A character may fold to four. */
export const codesFor = (sourceChars: number): number => sourceChars * 4 + 16;

const BACKSLASH = 0x5c;
const AMPERSAND = 0x26;
const SLASH = 0x2f;
const BLACK_FLAG = 0x1f3f4;
const NO_BYTE = -1;

/** `\n` in a JSON string inside a string is white space to whoever reads it. */
const ESCAPED_SPACES = new Set(['n', 'r', 't', 'f', 'b'].map((letter) => letter.charCodeAt(0)));
const NAMED_ENTITIES: ReadonlyMap<string, number> = new Map([
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['amp', AMPERSAND],
  ['quot', 0x22],
  ['apos', 0x27],
  ['nbsp', SPACE],
]);
const ENTITY =
  /&(?:#x(?<hex>[0-9a-f]{1,6})|#(?<decimal>\d{1,7})|(?<name>lt|gt|amp|quot|apos|nbsp));/iuy;
const UNICODE_ESCAPE =
  /\\(?:u\{(?<braced>[0-9a-f]{1,6})\}|u(?<four>[0-9a-f]{4})|x(?<two>[0-9a-f]{2}))/iuy;

/** What each unit of plain ASCII folds to; 0 for all that needs a closer look. */
const PLAIN_FOLDS = new Uint8Array(65_536);
for (let code = 0; code < 128; code += 1) {
  if (code !== BACKSLASH && code !== AMPERSAND) PLAIN_FOLDS[code] = foldOf(code);
}
const NONE = -1;

export class Canonical {
  readonly codes: Uint16Array;
  /** Offset in the original of the character that each code came from. */
  readonly origins: Uint32Array;
  length = 0;
  /** Invisible characters inside words, which have no use there. */
  hiddenCount = 0;
  /** Characters that carry text which nobody sees. */
  taggedCount = 0;
  combiningCount = 0;
  /** Words with letters of a second script that look like Latin ones. */
  mixedWordCount = 0;
  readonly #sourceChars: number;
  readonly #units: Uint16Array<ArrayBuffer>;
  readonly #copy: Buffer;
  #text = '';
  #end = 0;
  #hasLookAlike = false;
  #selectorByte = NO_BYTE;
  #selectorEnd = -1;

  constructor(sourceChars: number = SOURCE_CHARS_MAX) {
    this.#sourceChars = sourceChars;
    this.codes = new Uint16Array(codesFor(sourceChars));
    this.origins = new Uint32Array(codesFor(sourceChars));
    this.#units = new Uint16Array(sourceChars);
    this.#copy = Buffer.from(this.#units.buffer);
  }

  /** Reads `text` from `from` to `to`, at most as much of it as there is room for. */
  read(text: string, from: number, to: number): void {
    this.#text = text;
    this.#end = Math.min(to, from + this.#sourceChars);
    // A copy in one go: asking a string for its characters one by one costs three times as much.
    this.#copy.write(text.slice(from, this.#end), 'utf16le');
    this.length = 0;
    this.hiddenCount = 0;
    this.taggedCount = 0;
    this.combiningCount = 0;
    this.mixedWordCount = 0;
    this.#hasLookAlike = false;
    this.#selectorEnd = -1;
    this.#walk(from);
    if (this.#hasLookAlike) this.#unmix();
  }

  #walk(from: number): void {
    const end = this.#end;
    let index = from;
    while (index < end) {
      index = this.#plain(index, from);
      if (index < end) index = this.#special(this.#units[index - from] ?? 0, index);
    }
  }

  /** Plain ASCII, which is the common case; returns the offset of what is not. */
  #plain(start: number, from: number): number {
    const units = this.#units;
    const { codes, origins } = this;
    const end = this.#end - from;
    let { length } = this;
    // What was written last: a space after a space is left out.
    let last = length === 0 ? NONE : (codes[length - 1] ?? SPACE);
    let at = start - from;
    for (; at < end; at += 1) {
      const folded = PLAIN_FOLDS[units[at] ?? 0] ?? 0;
      if (folded === 0) break;
      if (folded === SPACE && last === SPACE) continue;
      codes[length] = folded;
      origins[length] = at + from;
      length += 1;
      last = folded;
    }
    this.length = length;
    return at + from;
  }

  /** Everything but plain ASCII; returns the offset after it. */
  #special(code: number, index: number): number {
    if (code === BACKSLASH) return this.#escape(index);
    if (code === AMPERSAND) return this.#entity(index);
    if (code < 0xd800 || code > 0xdbff) {
      this.#unit(code, index);
      return index + 1;
    }
    // A half at the end is a half, whether or not the other one has come by now.
    const codePoint = index + 1 < this.#end ? (this.#text.codePointAt(index) ?? code) : code;
    if (codePoint < 0x10000) {
      this.#emit(0xfffd, index);
      return index + 1;
    }
    this.#astral(codePoint, index);
    return index + 2;
  }

  #unit(code: number, index: number): void {
    const isSelector = code >= 0xfe00 && code <= 0xfe0f;
    if (isSelector) return this.#selector(code - 0xfe00, index, index + 1);
    const folded = foldOf(code);
    if (folded === FOLDS_TO_NOTHING) {
      if (isCombining(code)) this.combiningCount += 1;
      else this.#hidden();
    } else if (folded === FOLDS_TO_MANY) this.#emitAll(foldsOf(code), index);
    else this.#emit(folded >= 0xd800 && folded < ASTRAL ? 0xfffd : folded, index);
  }

  /** An invisible character between Latin letters: scripts that need joiners are not Latin. */
  #hidden(): void {
    const last = this.codes[this.length - 1] ?? SPACE;
    if (last < 128) this.hiddenCount += 1;
  }

  #astral(codePoint: number, index: number): void {
    if (codePoint >= 0xe0100 && codePoint <= 0xe01ef) {
      return this.#selector(codePoint - 0xe00f0, index, index + 2);
    }
    if (codePoint < 0xe0000 || codePoint > 0xe007f)
      return this.#emitAll(foldAstral(codePoint), index);
    // The flags of England, Scotland and Wales are written with tags; nothing else has to be.
    const before = this.#text.codePointAt(Math.max(0, index - 2));
    if (before === BLACK_FLAG) return;
    const tagged = codePoint - 0xe0000;
    if (tagged < SPACE || tagged === 127) return;
    this.taggedCount += 1;
    this.#emit(foldOf(tagged), index);
  }

  /**
   * One selector after a character chooses its form. A run of them spells bytes that nobody sees:
   * the second one gives the first away.
   */
  #selector(byte: number, index: number, nextIndex: number): void {
    const isRun = this.#selectorEnd === index;
    if (isRun && this.#selectorByte !== NO_BYTE) this.#tagged(this.#selectorByte, index);
    if (isRun) this.#tagged(byte, index);
    this.#selectorByte = isRun ? NO_BYTE : byte;
    this.#selectorEnd = nextIndex;
  }

  #tagged(byte: number, index: number): void {
    this.taggedCount += 1;
    if (byte < 128) this.#emit(foldOf(byte), index);
  }

  #escape(index: number): number {
    const next = this.#text.charCodeAt(index + 1);
    if (index + 1 >= this.#end) {
      this.#emit(BACKSLASH, index);
      return index + 1;
    }
    if (ESCAPED_SPACES.has(next)) {
      this.#emit(SPACE, index);
      return index + 2;
    }
    if (next === 0x22 || next === SLASH || next === BACKSLASH) return index + 1;
    UNICODE_ESCAPE.lastIndex = index;
    const match = UNICODE_ESCAPE.exec(this.#text);
    const { braced, four, two } = match?.groups ?? {};
    if (match === null || UNICODE_ESCAPE.lastIndex > this.#end) {
      this.#emit(BACKSLASH, index);
      return index + 1;
    }
    this.#codePoint(Number.parseInt(braced ?? four ?? two ?? '', 16), index);
    return index + match[0].length;
  }

  #entity(index: number): number {
    ENTITY.lastIndex = index;
    const match = ENTITY.exec(this.#text);
    if (match === null || index + match[0].length > this.#end) {
      this.#emit(AMPERSAND, index);
      return index + 1;
    }
    const { hex, decimal, name } = match.groups ?? {};
    const named = NAMED_ENTITIES.get(name?.toLowerCase() ?? '');
    this.#codePoint(
      named ?? (hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
      index,
    );
    return index + match[0].length;
  }

  #codePoint(codePoint: number, index: number): void {
    if (codePoint > 0x10ffff) this.#emit(0xfffd, index);
    else if (codePoint > 0xffff) this.#astral(codePoint, index);
    else if (codePoint >= 0xd800 && codePoint < 0xe000) this.#emit(ASTRAL, index);
    else this.#unit(codePoint, index);
  }

  #emitAll(folded: string, index: number): void {
    for (let at = 0; at < folded.length; at += 1) this.#emit(folded.charCodeAt(at), index);
  }

  #emit(code: number, index: number): void {
    if (code === SPACE && this.length > 0 && this.codes[this.length - 1] === SPACE) return;
    this.codes[this.length] = code;
    this.origins[this.length] = index;
    this.length += 1;
    if (latinLookOf(code) !== 0) this.#hasLookAlike = true;
  }

  /** Look-alikes become Latin in words that have Latin letters as well, and in no others. */
  #unmix(): void {
    const { codes, length } = this;
    let start = 0;
    while (start < length) {
      let end = start;
      let isLatin = false;
      let isMixed = false;
      for (; end < length; end += 1) {
        const code = codes[end] ?? SPACE;
        if (code < 128 && !isLatinLetter(code)) break;
        if (code < 128) isLatin = true;
        else if (latinLookOf(code) !== 0) isMixed = true;
      }
      if (isLatin && isMixed) this.#latinise(start, end);
      start = end + 1;
    }
  }

  #latinise(start: number, end: number): void {
    this.mixedWordCount += 1;
    for (let index = start; index < end; index += 1) {
      const code = this.codes[index] ?? SPACE;
      this.codes[index] = latinLookOf(code) || code;
    }
  }
}

const isLatinLetter = (code: number): boolean => code >= 97 && code <= 122;
