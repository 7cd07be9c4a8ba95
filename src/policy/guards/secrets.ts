/**
 * Finds credentials, so that a key does not leave in a prompt or come back in an answer.
 *
 * One pass looks three characters up in a table, and at the few places that pass tries the kinds that
 * begin so. A finding at one place does not depend on another, so any cut of the text gives the same
 * findings.
 */
import { z } from 'zod';

import { defineGuard, type Finding, LEFT_CONTEXT_CHARS, type Scan } from './guard.ts';
import { type Assigned, assignmentAt, isMatchAt, isOperator } from './secret-assignments.ts';
import { BEFORE_CHARS_MAX, INFIX_KINDS, type InfixKind, MAY_PRECEDE } from './secret-infixes.ts';
import { plainForms } from './plain-forms.ts';
import { SECRET_KINDS } from './secret-kinds.ts';
import type { SecretKind } from './secret-shapes.ts';
import { PrefixTable } from './prefix-table.ts';
import { STRETCH_UNITS, TextUnits } from './text-units.ts';

type Kind = SecretKind & Partial<InfixKind>;

const TABLE = new PrefixTable<Kind>([...SECRET_KINDS, ...INFIX_KINDS]);

const { pairs: PAIRS, thirds: THIRDS } = TABLE.gatesWith('=:');

const UNITS = new TextUnits();
/** Units that are looked at beyond the one that something may begin at. */
const AHEAD = 2;

const config = z.strictObject({
  allow: z
    .array(z.string().min(1).max(512))
    .max(1_000)
    .default([])
    .meta({ description: 'Exact strings that are known to be harmless, such as test keys.' }),
});

export const secretsGuard = defineGuard({
  type: 'secrets',
  description:
    'Credentials of cloud, code, payment, chat and model providers; private keys; passwords in URLs, headers and assignments.',
  config,
  create({ allow }) {
    const allowed = new Set(allow);
    return {
      type: 'secrets',
      detectors: [
        {
          takesTurns: true,
          scan: (text, from, isEnd) => new SecretScan(plainForms(text), from, isEnd, allowed).run(),
        },
      ],
    };
  },
});

class SecretScan {
  readonly #text: string;
  readonly #from: number;
  readonly #isEnd: boolean;
  readonly #allowed: ReadonlySet<string>;
  readonly #findings: Finding[] = [];
  #decidedTo: number;

  constructor(text: string, from: number, isEnd: boolean, allowed: ReadonlySet<string>) {
    this.#text = text;
    this.#from = from;
    this.#isEnd = isEnd;
    this.#allowed = allowed;
    this.#decidedTo = text.length;
  }

  run(): Scan {
    const text = this.#text;
    // A value whose name stands left of the cursor is still found: its name is in the context.
    const first = Math.max(0, this.#from - LEFT_CONTEXT_CHARS);
    const last = text.length - 1;
    if (last < first) return this.#decide();
    for (let from = first; from < last; from += STRETCH_UNITS - AHEAD) this.#stretch(from, last);
    if (isOperator(text.charCodeAt(last))) this.#assignment(last);
    return this.#decide();
  }

  /** All places from `from` on, as far as a stretch reaches, and before `last`. */
  #stretch(from: number, last: number): void {
    const units = UNITS.read(this.#text, from);
    const count = Math.min(last - from, STRETCH_UNITS - AHEAD);
    // What stands behind the text is of another one.
    if (last - from < STRETCH_UNITS - 1) units[last - from + 1] = NO_CODE;
    let code = units[0] ?? NO_CODE;
    let next = units[1] ?? NO_CODE;
    for (let at = 0; at < count; at += 1) {
      const third = units[at + 2] ?? NO_CODE;
      if (code < 128 && next < 128) {
        const group = PAIRS[(code << 7) | next] ?? 0;
        if (group !== 0 && THIRDS[(group << 7) | (third < 128 ? third : 0)] !== 0) {
          this.#look(from + at, code);
        }
      }
      code = next;
      next = third;
    }
  }

  #decide(): Scan {
    if (!this.#isEnd) this.#tail();
    const decidedTo = Math.max(this.#from, this.#decidedTo);
    const findings = this.#findings
      .filter(({ start }) => start < decidedTo)
      .sort((a, b) => a.start - b.start);
    return { findings: findings.filter(isNotCovered), decidedTo };
  }

  #look(index: number, code: number): void {
    if (isOperator(code)) this.#assignment(index);
    // `:` also stands inside credentials.
    this.#candidate(index);
  }

  #candidate(index: number): void {
    const text = this.#text;
    const isInWord = isWordBefore(text, index);
    for (const { kind, prefix } of TABLE.at(text, index)) {
      const isGlued = isInWord && isShort(prefix) && kind.before === undefined;
      if (isGlued || !text.startsWith(prefix, index)) continue;
      if (kind.before !== undefined && !MAY_END_BEFORE.test(text.charAt(index - 1))) continue;
      const start = index - this.#beforeChars(kind, index);
      if (kind.before !== undefined && start === index) continue;
      if (!this.#isEnd && this.#isOpen(kind, index)) {
        this.#decidedTo = Math.min(this.#decidedTo, start);
        return;
      }
      if (this.#matches(kind, index, start)) return;
    }
  }

  #beforeChars({ before }: Kind, index: number): number {
    if (before === undefined) return 0;
    // One more for the character that ends what stands before.
    const left = this.#text.slice(Math.max(0, index - BEFORE_CHARS_MAX - 1), index);
    return before.exec(left)?.[0].length ?? 0;
  }

  #assignment(index: number): void {
    const found = assignmentAt(this.#text, index, this.#isEnd);
    if (found === null) return;
    if (found === 'open') this.#decidedTo = Math.min(this.#decidedTo, index);
    else if (found.start >= this.#from) this.#add(index, found);
  }

  /** Whether more text could make or change what stands here. */
  #isOpen(kind: Kind, index: number): boolean {
    const { open, shape, charsMax, runsOn, waitsForEnd } = kind;
    if (this.#text.length - index > charsMax) return false;
    const isHeadEnough = runsOn !== undefined && waitsForEnd !== true;
    if (isHeadEnough && isMatchAt(shape, this.#text, index)) return false;
    return isMatchAt(open, this.#text, index);
  }

  #matches(kind: Kind, index: number, from: number): boolean {
    kind.shape.lastIndex = index;
    const match = kind.shape.exec(this.#text);
    if (match === null) return false;
    const [whole, group] = match;
    const isGroup = kind.isGroup === true;
    const secret = isGroup ? (group ?? '') : this.#text.slice(from, index + whole.length);
    const start = isGroup ? index + whole.indexOf(secret) : from;
    if (start < this.#from) return true;
    const left = this.#text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start);
    if (kind.accepts?.(secret, left + whole) === false) return false;
    const { category, runsOn } = kind;
    this.#add(index, { category, start, end: start + secret.length, ...(runsOn && { runsOn }) });
    return true;
  }

  #add(index: number, { category, start, end, runsOn }: Assigned): void {
    if (!this.#isEnd && this.#mayBeAllowed(start)) {
      this.#decidedTo = Math.min(this.#decidedTo, index, start);
      return;
    }
    if (this.#isAllowed(start)) return;
    this.#findings.push({ category, start, end, score: 1, ...(runsOn && { runsOn }) });
  }

  #isAllowed(start: number): boolean {
    for (const known of this.#allowed) {
      const next = this.#text.charAt(start + known.length);
      if (this.#text.startsWith(known, start) && !/[\w-]/u.test(next)) return true;
    }
    return false;
  }

  /** An allowed string that has only begun: whether it is one is decided by text to come. */
  #mayBeAllowed(start: number): boolean {
    for (const known of this.#allowed) {
      const isShort = this.#text.length - start <= known.length;
      if (isShort && known.startsWith(this.#text.slice(start))) return true;
    }
    return false;
  }

  /** A prefix, or the part before a mark, that has only begun at the end of the text. */
  #tail(): void {
    const text = this.#text;
    const tailStart = Math.max(0, text.length - BEFORE_CHARS_MAX);
    const before = MAY_PRECEDE.exec(text.slice(tailStart));
    if (before !== null) this.#decidedTo = Math.min(this.#decidedTo, tailStart + before.index);
    const first = Math.max(this.#from, text.length - TABLE.prefixCharsMax);
    for (let index = first; index < text.length; index += 1) {
      const rest = text.slice(index);
      const isInWord = isWordBefore(text, index);
      if (
        !TABLE.prefixesFrom(text.charAt(index)).some(
          (prefix) => prefix.startsWith(rest) && !(isInWord && isShort(prefix)),
        )
      )
        continue;
      this.#decidedTo = Math.min(this.#decidedTo, index);
      return;
    }
  }
}

/** Stands for the character behind the last one: no prefix has it. */
const NO_CODE = 128;

/** What stands inside the finding before it says the same twice. */
const isNotCovered = ({ start, end }: Finding, index: number, all: readonly Finding[]): boolean => {
  const before = all[index - 1];
  return before === undefined || start > before.start || end > before.end;
};

/** `sk-` ends many words; `sk-ant-` ends none, so gluing it to one hides nothing. */
const isShort = (prefix: string): boolean => prefix.length < 5 && isWordCode(prefix.charCodeAt(0));

/** What stands before a mark ends with one of these: most marks of a table's cells are passed here. */
const MAY_END_BEFORE = /[\da-z]/iu;

const WORD_CODES = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) {
  WORD_CODES[code] = /[\w-]/u.test(String.fromCharCode(code)) ? 1 : 0;
}
const isWordCode = (code: number): boolean => WORD_CODES[code] === 1;
const isWordBefore = (text: string, index: number): boolean =>
  index > 0 && isWordCode(text.charCodeAt(index - 1));
