/**
 * Finds credentials, so that a key does not leave in a prompt or come back in an answer.
 *
 * One pass finds prefixes; at each, the kinds that begin so are tried. A finding at one place does
 * not depend on another, so any cut of the text gives the same findings.
 */
import { z } from 'zod';

import { defineGuard, type Finding, LEFT_CONTEXT_CHARS, type Scan } from './guard.ts';
import { SECRET_KINDS, type SecretKind } from './secret-kinds.ts';

const PREFIXES = [...new Set(SECRET_KINDS.flatMap(({ prefixes }) => prefixes))];
const PREFIX_CHARS_MAX = Math.max(...PREFIXES.map(({ length }) => length));
/**
 * Which three ASCII characters a prefix starts with: a group for the first two, and in it the third.
 * A table look-up for each character is what most text costs; an alternation of all prefixes would
 * be tried at every one. Every prefix has three characters or more.
 */
const GROUPS = new Uint8Array(128 * 128);
const THIRDS: Uint8Array[] = [new Uint8Array(128)];
for (const prefix of PREFIXES) {
  const pair = prefix.charCodeAt(0) * 128 + prefix.charCodeAt(1);
  if (GROUPS[pair] === 0) GROUPS[pair] = THIRDS.push(new Uint8Array(128)) - 1;
  const thirds = THIRDS[GROUPS[pair] ?? 0];
  if (thirds !== undefined) thirds[prefix.charCodeAt(2)] = 1;
}

const mayStart = (text: string, index: number, pair: number): boolean => {
  const group = GROUPS[pair] ?? 0;
  return group !== 0 && THIRDS[group]?.[text.charCodeAt(index + 2)] === 1;
};

/** Kinds by the first two characters of their prefixes: few are tried at each candidate. */
const KINDS_BY_START = Map.groupBy(
  SECRET_KINDS.flatMap((kind) => kind.prefixes.map((prefix) => ({ prefix, kind }))),
  ({ prefix }) => prefix.slice(0, 2),
);

/** Published examples, which are no secrets: keys that end in `EXAMPLE`, runs of x or of zeros. */
const EXAMPLE = /EXAMPLE|example|XXXXXX|xxxxxx|000000000000|\*\*\*\*/u;

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
    'Credentials of cloud, code, payment, chat and model providers; private keys; passwords in URLs.',
  config,
  create({ allow }) {
    const allowed = new Set(allow);
    return {
      type: 'secrets',
      detectors: [
        { scan: (text, from, isEnd) => new SecretScan(text, from, isEnd, allowed).run() },
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
    let code = text.charCodeAt(first);
    for (let index = first; index + 1 < text.length; index += 1) {
      const next = text.charCodeAt(index + 1);
      if (code < 128 && next < 128 && mayStart(text, index, code * 128 + next)) {
        this.#candidate(index);
      }
      code = next;
    }
    if (!this.#isEnd) this.#tail();
    const decidedTo = Math.max(this.#from, this.#decidedTo);
    const findings = this.#findings.filter(({ start }) => start < decidedTo);
    return { findings: findings.sort((a, b) => a.start - b.start), decidedTo };
  }

  #candidate(index: number): void {
    const text = this.#text;
    const isInWord = isWordBefore(text, index);
    for (const { kind, prefix } of KINDS_BY_START.get(text.slice(index, index + 2)) ?? []) {
      if (!text.startsWith(prefix, index) || (isInWord && isShort(prefix))) continue;
      if (!this.#isEnd && this.#isOpen(kind, index)) {
        this.#decidedTo = Math.min(this.#decidedTo, index);
        return;
      }
      if (this.#matches(kind, index)) return;
    }
  }

  /** Whether more text could make or change what stands here. */
  #isOpen(kind: SecretKind, index: number): boolean {
    const { open, shape, charsMax, runsOn, waitsForEnd } = kind;
    if (this.#text.length - index > charsMax) return false;
    const isHeadEnough = runsOn !== undefined && waitsForEnd !== true;
    if (isHeadEnough && isMatchAt(shape, this.#text, index)) return false;
    return isMatchAt(open, this.#text, index);
  }

  #matches(kind: SecretKind, index: number): boolean {
    kind.shape.lastIndex = index;
    const match = kind.shape.exec(this.#text);
    if (match === null) return false;
    const [whole, group] = match;
    const secret = kind.isGroup === true ? (group ?? '') : whole;
    // The value ends the match, or stands before the one `@` that ends it.
    const start = kind.isGroup === true ? index + whole.lastIndexOf(secret) : index;
    if (start < this.#from) return true;
    if (!this.#isEnd && this.#mayBeAllowed(start)) {
      this.#decidedTo = Math.min(this.#decidedTo, index);
      return true;
    }
    if (EXAMPLE.test(secret) || this.#isAllowed(start)) return true;
    const { category, runsOn } = kind;
    const end = start + secret.length;
    this.#findings.push({ category, start, end, score: 1, ...(runsOn && { runsOn }) });
    return true;
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

  /** A prefix that has only begun at the end of the text. */
  #tail(): void {
    const text = this.#text;
    const first = Math.max(this.#from, text.length - PREFIX_CHARS_MAX);
    for (let index = first; index < text.length; index += 1) {
      const rest = text.slice(index);
      const isInWord = isWordBefore(text, index);
      const mayBegin = (prefix: string): boolean =>
        prefix.startsWith(rest) && !(isInWord && isShort(prefix));
      if (!PREFIXES.some(mayBegin)) continue;
      this.#decidedTo = Math.min(this.#decidedTo, index);
      return;
    }
  }
}

/** `sk-` ends many words; `sk-ant-` ends none, so gluing it to one hides nothing. */
const isShort = (prefix: string): boolean => prefix.length < 5;

const WORD_CHARACTER = /\w/u;
const isWordBefore = (text: string, index: number): boolean =>
  index > 0 && WORD_CHARACTER.test(text.charAt(index - 1));

function isMatchAt(pattern: RegExp, text: string, index: number): boolean {
  pattern.lastIndex = index;
  return pattern.test(text);
}
