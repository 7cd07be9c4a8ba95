/**
 * Where in a text a known prefix may begin: a table look-up by its first two characters, and then by
 * the third. That is what most text costs; an alternation of all prefixes would be tried at every
 * character.
 */

interface Prefixed {
  readonly prefixes: readonly string[];
}

export interface Entry<Kind> {
  readonly prefix: string;
  readonly kind: Kind;
}

/**
 * What a loop over a text looks at: arrays, and no call. Nothing begins at a character where `pairs` has 0 at
 * `first << 7 | second`, or where `thirds` has 0 at `group << 7 | third`, with the group that `pairs` gave.
 */
export interface Gates {
  readonly pairs: Uint16Array;
  readonly thirds: Uint8Array;
}

const CODES = 128;
const NONE: readonly never[] = [];

export class PrefixTable<Kind extends Prefixed> {
  readonly prefixCharsMax: number;
  readonly #pairs = new Uint16Array(CODES * CODES);
  /** By group and third character: the number of a list of entries, 0 for none. */
  readonly #thirds: Uint16Array[] = [new Uint16Array(CODES)];
  readonly #lists: Entry<Kind>[][] = [[]];
  readonly #byFirst: ReadonlyMap<string, readonly string[]>;

  /** Kinds are tried in their order. A prefix shorter than three characters stands for all that go on from it. */
  constructor(kinds: readonly Kind[]) {
    const entries = kinds.flatMap((kind) => kind.prefixes.map((prefix) => ({ prefix, kind })));
    for (const entry of entries) {
      for (const second of codesAt(entry.prefix, 1)) {
        for (const third of codesAt(entry.prefix, 2)) {
          this.#listOf(entry.prefix.charCodeAt(0), second, third).push(entry);
        }
      }
    }
    this.#byFirst = Map.groupBy([...new Set(entries.map(({ prefix }) => prefix))], (prefix) =>
      prefix.charAt(0),
    );
    this.prefixCharsMax = Math.max(...entries.map(({ prefix }) => prefix.length));
  }

  /** The gates of all prefixes, and of `others`: characters that are looked at whatever follows them. */
  gatesWith(others: string): Gates {
    const open = this.#thirds.length;
    const thirds = new Uint8Array((open + 1) * CODES).fill(1, open * CODES);
    for (const [group, lists] of this.#thirds.entries()) {
      for (const [third, list] of lists.entries()) {
        // Before the end of a text, or before what is not ASCII, stands 0: the shortest prefixes alone.
        thirds[group * CODES + third] = list === 0 ? 0 : 1;
      }
    }
    const pairs = Uint16Array.from(this.#pairs);
    for (const other of others) {
      const row = other.charCodeAt(0) * CODES;
      pairs.fill(open, row, row + CODES);
    }
    return { pairs, thirds };
  }

  #listOf(first: number, second: number, third: number): Entry<Kind>[] {
    const pair = first * CODES + second;
    if (this.#pairs[pair] === 0) {
      this.#pairs[pair] = this.#thirds.push(new Uint16Array(CODES)) - 1;
    }
    const thirds = this.#thirds[this.#pairs[pair] ?? 0] ?? new Uint16Array(CODES);
    if (thirds[third] === 0) thirds[third] = this.#lists.push([]) - 1;
    return this.#lists[thirds[third] ?? 0] ?? [];
  }

  at(text: string, index: number): readonly Entry<Kind>[] {
    const group = this.#pairs[text.charCodeAt(index) * CODES + text.charCodeAt(index + 1)] ?? 0;
    const list = this.#listAt(text, index, group);
    return list === 0 ? NONE : (this.#lists[list] ?? NONE);
  }

  /** Where no third character stands, or none of ASCII, the shortest prefixes may still begin. */
  #listAt(text: string, index: number, group: number): number {
    const thirds = this.#thirds[group];
    return thirds?.[text.charCodeAt(index + 2)] ?? thirds?.[0] ?? 0;
  }

  prefixesFrom(first: string): readonly string[] {
    return this.#byFirst.get(first) ?? NONE;
  }
}

const codesAt = (prefix: string, at: number): readonly number[] =>
  at < prefix.length ? [prefix.charCodeAt(at)] : Array.from({ length: CODES }, (_, code) => code);
