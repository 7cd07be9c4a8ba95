/**
 * One pass over a text for everything that has a digit, an `@` or colons in it.
 *
 * The places are looked up in a table; at each, the recognisers of that place are tried on a bounded
 * stretch. A place whose stretch reaches the end of a text that goes on is left undecided. What
 * stands inside another finding is not one, so the cursor never stops inside a finding: from there a
 * second look would see other things than the first.
 */
import type { Finding, Scan } from '../guard.ts';
import { STRETCH_UNITS, TextUnits } from '../text-units.ts';
import {
  ADDRESS_CHARS_MAX,
  ADDRESS_OPEN,
  HOUSE_NUMBER,
  STREET_BEFORE,
  STREET_CHARS_MAX,
  STREET_TAIL,
} from './address.ts';
import { MONTH, MONTH_BEFORE, MONTH_CHARS_MAX } from './documents.ts';
import { emailAt } from './email.ts';
import type { EntityName } from './entities.ts';
import { IPV6, IPV6_CHARS_MAX, isIpv6, MAC } from './network.ts';
import {
  isCapital,
  isDigit,
  isInside,
  isMatchAt,
  isMonth,
  isPair,
  isRestOfRow,
  tokenStart,
  wordStart,
} from './places.ts';
import { digitsFrom, TOKEN_CHARS_MAX } from './recogniser.ts';
import { type ByDigits, DIGITS_MAX, leadAt, type Wanted } from './wanted.ts';

const SEPARATORS = '[ .\\-/():+,]';
/** A token, and those after it that one value may be made of, to the end of the text. */
const OPEN = new RegExp(
  `[\\p{L}\\d_+(-]{1,70}(?:${SEPARATORS}{1,3}(?:\\p{L}{0,2}\\d[\\p{L}\\d_-]{0,40}|[A-Z\\d]{4}|x|ext|extension|de|del|of|${MONTH})){0,12}${SEPARATORS}{0,3}\\p{L}{0,25}$`,
  'iuy',
);
/** The end of a text where the beginning of a value may stand. */
const TAIL =
  /(?:[\p{L}\d._%+'!#$&*/=?^`{|}~(-]{1,64}|(?<![\p{L}\d])[A-Za-z]{2} |[\da-fA-F:.]{1,45})$/u;
const TAIL_CHARS_MAX = 72;

const DIGIT = 1;
const AT = 2;
const COLON = 3;
const CLASSES = new Uint8Array(128);
CLASSES.fill(DIGIT, 48, 58);
CLASSES[64] = AT;
CLASSES[58] = COLON;

const UNITS = new TextUnits();

interface Place {
  /** Null: more text decides. `allowed`: the operator's own, which is taken and not told. */
  readonly entity: EntityName | 'allowed' | null;
  readonly start: number;
  readonly end: number;
}

export class PiiScan {
  readonly #text: string;
  readonly #from: number;
  readonly #isEnd: boolean;
  readonly #wanted: Wanted;
  readonly #places: Place[] = [];
  /** What was found ends here: nothing that begins before is looked at. */
  #skipTo = 0;

  constructor(text: string, from: number, isEnd: boolean, wanted: Wanted) {
    this.#text = text;
    this.#from = from;
    this.#isEnd = isEnd;
    this.#wanted = wanted;
  }

  run(): Scan {
    const text = this.#text;
    let before = this.#from > 0 ? classAt(text, this.#from - 1) : 0;
    for (let from = this.#from; from < text.length; from += STRETCH_UNITS) {
      const units = UNITS.read(text, from);
      const count = Math.min(text.length - from, STRETCH_UNITS);
      for (let at = 0; at < count; at += 1) {
        const code = units[at] ?? 0;
        const kind = code < 128 ? (CLASSES[code] ?? 0) : 0;
        if (kind !== 0) this.#look(from + at, kind, before);
        before = kind;
      }
    }
    if (!this.#isEnd) this.#tail();
    return this.#decide();
  }

  #look(index: number, kind: number, before: number): void {
    if (kind === DIGIT && before !== DIGIT) this.#number(index);
    else if (kind === AT) this.#email(index);
    else if (kind === COLON) this.#colon(index);
  }

  /** In order, each that does not begin inside the one before; up to the first that is undecided. */
  #decide(): Scan {
    const findings: Finding[] = [];
    let covered = this.#from;
    let decidedTo = this.#text.length;
    this.#places.sort(inOrder);
    for (const { entity, start, end } of this.#places) {
      if (entity === null) {
        decidedTo = Math.max(start, covered);
        break;
      }
      if (start < covered) continue;
      if (entity !== 'allowed') findings.push({ category: entity, start, end, score: 1 });
      covered = end;
    }
    return { findings, decidedTo };
  }

  #open(start: number): void {
    this.#places.push({ entity: null, start: Math.max(start, this.#from), end: start });
  }

  #found(entity: EntityName, start: number, end: number): void {
    if (start < Math.max(this.#from, this.#skipTo)) return;
    this.#skipTo = Math.max(this.#skipTo, end);
    const value = this.#text.slice(start, end).toLowerCase();
    const isAllowed = this.#wanted.allowed.has(value);
    this.#places.push({ entity: isAllowed ? 'allowed' : entity, start, end });
  }

  #number(index: number): void {
    const text = this.#text;
    if (index < this.#skipTo) return;
    const before = index === 0 ? ' ' : text.charAt(index - 1);
    // In the middle of a number, after a price's sign, or in a name.
    if ('.-/,:_$€£@'.includes(before) && isInside(text, index, before)) return;
    const start = tokenStart(text, index);
    if (start === null || start < this.#from) return;
    if (!this.#isEnd && this.#isOpen(index)) {
      this.#open(this.#leftmost(start, index));
      return;
    }
    const isInRow = before === ' ' && isDigit(text.charCodeAt(index - 2));
    if (isInRow && isRestOfRow(text, index)) return;
    if (before === '(' && !isDigit(text.charCodeAt(index + 1))) return;
    if (before === '+' || before === '(') {
      const sign = text[index - 2] === '+' ? index - 2 : index - 1;
      if (this.#try(this.#wanted.phone, sign)) return;
    }
    if (start < index) {
      this.#try(this.#wanted.letter, start);
      return;
    }
    if (before === ' ' && !isInRow && this.#afterBlank(index)) return;
    this.#try(this.#wanted.digit, index);
  }

  /** Two letters, a month or a street that stand before the number and belong to it. */
  #afterBlank(index: number): boolean {
    const text = this.#text;
    const { entities, letter, dates, hasDates } = this.#wanted;
    if (isPair(text, index) && this.#try(letter, index - 3)) return true;
    const word = wordStart(text, index);
    if (hasDates && isMonth(text, word, index) && this.#try(dates, word)) return true;
    if (!entities.has('address') || !isCapital(text, word)) return false;
    const left = text.slice(Math.max(0, index - STREET_CHARS_MAX), index);
    const street = STREET_BEFORE.exec(left);
    if (street === null) return false;
    HOUSE_NUMBER.lastIndex = index;
    if (!HOUSE_NUMBER.test(text)) return false;
    this.#found('address', index - street[0].length, HOUSE_NUMBER.lastIndex);
    return true;
  }

  #try(recognisers: ByDigits, start: number): boolean {
    const text = this.#text;
    const place = { text, start };
    const digits = Math.min(digitsFrom(text, start), DIGITS_MAX);
    const possible = recognisers[digits]?.[leadAt(text, start)] ?? [];
    for (const { entity, may, shape, accepts } of possible) {
      if (may?.(place) === false) continue;
      shape.lastIndex = start;
      if (!shape.test(text)) continue;
      const end = shape.lastIndex;
      if (!accepts(text.slice(start, end), place)) continue;
      this.#found(entity, start, end);
      return true;
    }
    return false;
  }

  #isOpen(index: number): boolean {
    const rest = this.#text.length - index;
    if (rest < TOKEN_CHARS_MAX && isMatchAt(OPEN, this.#text, index)) return true;
    return (
      rest < ADDRESS_CHARS_MAX &&
      this.#wanted.entities.has('address') &&
      isMatchAt(ADDRESS_OPEN, this.#text, index)
    );
  }

  /** Where a value may begin whose number stands at `index`. */
  #leftmost(start: number, index: number): number {
    const text = this.#text;
    const left = text.slice(Math.max(0, index - STREET_CHARS_MAX), index);
    const street = STREET_BEFORE.exec(left)?.[0].length ?? 0;
    const month = MONTH_BEFORE.exec(left.slice(-MONTH_CHARS_MAX))?.[0].length ?? 0;
    const sign = /\+?[+(]$/u.exec(left)?.[0].length ?? 0;
    return Math.min(
      start,
      index - street,
      index - month,
      index - sign,
      index - (isPair(text, index) ? 3 : 0),
    );
  }

  #email(at: number): void {
    if (!this.#wanted.entities.has('email')) return;
    const email = emailAt(this.#text, at, Math.max(this.#from, this.#skipTo), this.#isEnd);
    if (email === null) return;
    if (email.isOpen) this.#open(email.start);
    else this.#found('email', email.start, email.end);
  }

  /** The first colon of an address of colons; or of a web address. */
  #colon(index: number): void {
    const text = this.#text;
    const { entities } = this.#wanted;
    if (entities.has('url') && text.startsWith('//', index + 1)) this.#url(index);
    let start = index;
    const first = Math.max(this.#from, index - 4);
    while (start > first && HEX_DIGIT.test(text.charAt(start - 1))) start -= 1;
    if (/[\p{L}\d_:.]/u.test(text.charAt(start - 1))) return;
    const isLast = index + 1 === text.length;
    if (!isLast && !/[\da-f:]/iu.test(text.charAt(index + 1))) return;
    // One colon alone is a time or a port: the second is near, or the text ends before.
    const second = text.indexOf(':', index + 1);
    if (text.length - index > 5 && (second === -1 || second > index + 5)) return;
    if (
      !this.#isEnd &&
      text.length - start <= IPV6_CHARS_MAX + 1 &&
      isMatchAt(COLONS_OPEN, text, start)
    ) {
      this.#open(start);
      return;
    }
    if (entities.has('mac') && isMatchAt(MAC, text, start)) {
      this.#found('mac', start, start + 17);
    } else if (entities.has('ip') && isMatchAt(IPV6, text, start)) {
      const { lastIndex } = IPV6;
      if (isIpv6(text.slice(start, lastIndex))) this.#found('ip', start, lastIndex);
    }
  }

  #url(index: number): void {
    const scheme = /(?<![\p{L}\d])https?$/iu.exec(this.#text.slice(Math.max(0, index - 7), index));
    if (scheme === null) return;
    const start = index - scheme[0].length;
    if (
      !this.#isEnd &&
      this.#text.length - index <= URL_CHARS_MAX &&
      isMatchAt(URL_OPEN, this.#text, index)
    ) {
      this.#open(start);
    } else if (isMatchAt(URL_REST, this.#text, index))
      this.#found('url', start, URL_REST.lastIndex);
  }

  #tail(): void {
    const text = this.#text;
    const first = Math.max(this.#from, text.length - TAIL_CHARS_MAX);
    const rest = text.slice(first);
    const tails = [TAIL];
    if (this.#wanted.entities.has('address')) tails.push(STREET_TAIL);
    if (this.#wanted.hasDates) tails.push(MONTH_BEFORE);
    if (this.#wanted.entities.has('url')) tails.push(URL_TAIL);
    for (const tail of tails) {
      const match = tail.exec(rest);
      if (match !== null) this.#open(first + match.index);
    }
  }
}

/** From left to right; at one place what is undecided goes first, then what reaches further. */
const inOrder = (a: Place, b: Place): number =>
  a.start - b.start || Number(b.entity === null) - Number(a.entity === null) || b.end - a.end;

const HEX_DIGIT = /[\da-f]/iu;
const COLONS_OPEN = /[\da-f:]{1,40}$/iuy;
const URL_CHARS_MAX = 320;
const URL_REST = /:\/\/[^\s<>"'`{}|\\^]{1,316}/uy;
const URL_OPEN = /:\/?\/?[^\s<>"'`{}|\\^]{0,316}$/uy;
const URL_TAIL = /(?<![\p{L}\d])https?:?\/?$/iu;

const classAt = (text: string, index: number): number => CLASSES[text.charCodeAt(index)] ?? 0;
