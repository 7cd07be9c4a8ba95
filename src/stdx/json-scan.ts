/**
 * Bounds of a JSON text, checked before it is parsed: depth, members, duplicate keys, and integers
 * that a double cannot hold. One pass, no recursion, linear.
 *
 * Duplicate keys and integers beyond 2^53 mean two things to two parsers, so what we scanned might
 * not be what the provider reads. 12 KB of `[` breaks `JSON.stringify` with a RangeError. This is
 * not a validator: `JSON.parse` runs afterwards and has the last word on syntax.
 */
export interface JsonBounds {
  readonly depthMax: number;
  readonly membersMax: number;
}

export const DEFAULT_JSON_BOUNDS: JsonBounds = { depthMax: 64, membersMax: 10_000 };

export type JsonProblem = 'too-deep' | 'too-many-members' | 'duplicate-key' | 'integer-range';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** The first problem found, or `null`. */
export function scanJson(
  text: string,
  bounds: JsonBounds = DEFAULT_JSON_BOUNDS,
): JsonProblem | null {
  return new JsonScan(text, bounds).run();
}

class JsonScan {
  readonly #text: string;
  readonly #bounds: JsonBounds;
  /** One entry an open container: its keys for an object, null for an array. */
  readonly #open: (Keys | null)[] = [];
  #members = 0;
  #problem: JsonProblem | null = null;

  constructor(text: string, bounds: JsonBounds) {
    this.#text = text;
    this.#bounds = bounds;
  }

  run(): JsonProblem | null {
    const text = this.#text;
    for (let at = 0; at < text.length && this.#problem === null;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) at = this.#string(at);
      else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) at = this.#number(at);
      else {
        this.#punctuation(code);
        at += 1;
      }
    }
    return this.#problem;
  }

  #punctuation(code: number): void {
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      this.#open.push(code === OPEN_OBJECT ? new Keys() : null);
      if (this.#open.length > this.#bounds.depthMax) this.#problem = 'too-deep';
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      this.#open.pop();
    } else if (code === COMMA) {
      this.#members += 1;
      if (this.#members > this.#bounds.membersMax) this.#problem = 'too-many-members';
    }
  }

  /** Skips a string; one that a colon follows is a key of the innermost object. */
  #string(start: number): number {
    const text = this.#text;
    let end = text.indexOf('"', start + 1);
    // An escaped quote has an odd run of backslashes before it.
    while (end !== -1 && isEscaped(text, start, end)) end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let next = end + 1;
    while (next < text.length && isSpace(text.charCodeAt(next))) next += 1;
    if (text.charCodeAt(next) === COLON) this.#key(text.slice(start, end + 1));
    return end + 1;
  }

  #key(quoted: string): void {
    const keys = this.#open.at(-1);
    if (keys === undefined || keys === null) return;
    // Two spellings of one key (`"a"`, `"\u0061"`) are one key to a parser.
    const key = quoted.includes('\\') ? unescaped(quoted) : quoted.slice(1, -1);
    if (!keys.add(key)) this.#problem = 'duplicate-key';
  }

  #number(start: number): number {
    const text = this.#text;
    let end = start + 1;
    let isInteger = true;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code >= 0x30 && code <= 0x39) continue;
      if (code !== 0x2e && code !== 0x65 && code !== 0x45 && code !== 0x2b && code !== 0x2d) break;
      isInteger = false;
    }
    if (isInteger && end - start > 15 && !Number.isSafeInteger(Number(text.slice(start, end)))) {
      this.#problem = 'integer-range';
    }
    return end;
  }
}

/** Most objects have a handful of keys, and a list of those is cheaper than a set. */
const LISTED_MAX = 12;

class Keys {
  readonly #listed: string[] = [];
  #all: Set<string> | null = null;

  /** False: it is there already. */
  add(key: string): boolean {
    if (this.#all === null) {
      if (this.#listed.includes(key)) return false;
      this.#listed.push(key);
      if (this.#listed.length > LISTED_MAX) this.#all = new Set(this.#listed);
      return true;
    }
    if (this.#all.has(key)) return false;
    this.#all.add(key);
    return true;
  }
}

function isEscaped(text: string, start: number, quote: number): boolean {
  let at = quote - 1;
  while (at > start && text.charCodeAt(at) === BACKSLASH) at -= 1;
  return (quote - 1 - at) % 2 === 1;
}

const isSpace = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function unescaped(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    // Not a JSON string; `JSON.parse` of the whole body will refuse it.
    return quoted;
  }
}
