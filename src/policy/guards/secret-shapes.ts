/**
 * How a kind of credential is written down: a fixed prefix, and parts after it.
 *
 * The prefix makes finding candidates one linear pass; every part is bounded, so that a decision
 * needs a bounded stretch of text. From the parts come two patterns: what the whole looks like, and
 * what its beginning looks like at the end of a text that goes on.
 */
import { isFilledIn, shannon } from './secret-looks.ts';

export interface SecretKind {
  readonly category: string;
  /** What a candidate starts with. Upper and lower case as the vendor writes it. */
  readonly prefixes: readonly string[];
  /** Sticky, from the start of the prefix: the whole credential, or its certain head. */
  readonly shape: RegExp;
  /** Sticky: what stands there may still become the shape when more text comes. */
  readonly open: RegExp;
  /** Characters from the prefix within which the shape is decided. */
  readonly charsMax: number;
  /** The head decides; the credential goes on while this matches. */
  readonly runsOn?: RegExp;
  /** The head is not enough to decide: the end may still come. */
  readonly waitsForEnd?: boolean;
  /** Only the first group is secret (a password after a name), not the whole match. */
  readonly isGroup?: boolean;
  /** A look-alike has the shape and is refused here. Sees what the shape matched, and what stands around it. */
  readonly accepts?: (secret: string, around: string) => boolean;
}

/** So many characters of a set, or a text that stands there as it is. */
export type Part = string | readonly [set: string, min: number, max?: number];

export interface ShapeOptions {
  readonly runsOn?: RegExp;
  /** Bits a character that the secret has at least, where its letters do not say it. */
  readonly bits?: number;
  readonly needsDigit?: boolean;
  /** Capitals and small letters both: what letters alone must have. */
  readonly needsMixed?: boolean;
}

export const ALNUM = '[A-Za-z0-9]';
export const HEX = '[a-f0-9]';
export const ANY_HEX = '[A-Fa-f0-9]';
export const WORDS = '[A-Za-z0-9_-]';
export const LOWER = '[a-z0-9]';
export const UPPER = '[A-Z0-9]';
export const BASE64 = '[A-Za-z0-9+/=]';

export const WORD = /[\w-]/u;
export const TOKEN = /[\w.+/=~-]/u;

/** Beside parts of few letters the others do not count as much as their number. */
const NARROW: ReadonlySet<string> = new Set([HEX, ANY_HEX, '[0-9]', '[a-f0-9-]']);

/** What a random text shows, by its letters and its length, less what chance takes. */
const RANDOM_SHARE = 0.76;

function bitsOf(body: string): number {
  const letters = /^[\da-f_-]*$/iu.test(body)
    ? 16
    : /^(?:[\da-z_-]*|[\dA-Z_-]*)$/u.test(body)
      ? 36
      : 62;
  return Math.min(4, RANDOM_SHARE * Math.min(Math.log2(letters), Math.log2(body.length)));
}

/** A prefix and its parts; after the last part nothing of its set, unless the secret runs on. */
export function shaped(
  category: string,
  prefixes: readonly string[],
  parts: readonly Part[],
  options: ShapeOptions = {},
): SecretKind {
  const head = `(?:${prefixes.map(escape).join('|')})`;
  const last = parts.at(-1);
  const { runsOn } = options;
  const isNarrow = parts.some((part) => NARROW.has(part[0] ?? ''));
  const boundary = runsOn === undefined && typeof last === 'object' ? `(?!${last[0]})` : '';
  return {
    category,
    prefixes,
    shape: new RegExp(`${head}${parts.map(fullOf).join('')}${boundary}`, 'yu'),
    open: new RegExp(`${head}${partialOf(parts)}$`, 'yu'),
    charsMax: longest(prefixes) + parts.reduce((sum, part) => sum + charsOf(part), 0) + 1,
    accepts: (secret) => isRandom(secret, prefixes, { ...(isNarrow && { bits: 3 }), ...options }),
    ...(runsOn !== undefined && { runsOn }),
  };
}

/** `prefix` and exactly `length` characters of `set`, then something else. */
export const fixed = (
  category: string,
  prefixes: readonly string[],
  [set, length]: readonly [set: string, length: number],
  options: ShapeOptions = {},
): SecretKind => shaped(category, prefixes, [[set, length]], options);

/**
 * `prefix` and at least `length` characters of `set`, with a digit or a change of case among them:
 * words that were joined by hyphens have neither.
 */
export const headed = (
  category: string,
  prefixes: readonly string[],
  [set, length]: readonly [set: string, length: number],
  options: ShapeOptions = {},
): SecretKind =>
  shaped(category, prefixes, [[set, length]], { runsOn: WORD, needsDigit: true, ...options });

function isRandom(secret: string, prefixes: readonly string[], options: ShapeOptions): boolean {
  const { needsDigit = false, needsMixed = false } = options;
  const prefix = prefixes.find((known) => secret.startsWith(known)) ?? '';
  const body = secret.slice(prefix.length);
  if (needsDigit && !/\d|[a-z][A-Z]|[A-Z][a-z]/u.test(body)) return false;
  if (needsMixed && !(/[a-z]/u.test(body) && /[A-Z]/u.test(body))) return false;
  return shannon(body) >= (options.bits ?? bitsOf(body)) && !isFilledIn(body);
}

const fullOf = (part: Part): string => {
  if (typeof part === 'string') return escape(part);
  const [set, min, max = min] = part;
  return `${set}{${min},${max}}`;
};

/** Whatever may stand before the end of the text when the parts have only begun. */
export function partialOf(parts: readonly Part[]): string {
  return parts.reduceRight<string>((rest, part) => {
    if (typeof part === 'string') {
      // Character by character, each with all that may follow it.
      return Array.from(part, escape).reduceRight(
        (inner, letter, at, letters) => `(?:${letter}${at === letters.length - 1 ? rest : inner})?`,
        '',
      );
    }
    const [set, min, max = min] = part;
    return `(?:${set}{0,${max}}|${set}{${min},${max}}${rest})`;
  }, '');
}

const charsOf = (part: Part): number =>
  typeof part === 'string' ? part.length : (part[2] ?? part[1]);

export const escape = (literal: string): string =>
  literal.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&');

const longest = (texts: readonly string[]): number =>
  Math.max(...texts.map(({ length }) => length));
