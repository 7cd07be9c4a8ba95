/**
 * Many values looked for in one text at once. One pass, whatever their number: a place is compared only
 * with values that begin as it does. Long work lets others have their turn.
 */
import { nextTurn } from '#stdx/next-turn.ts';

export interface Masking {
  readonly value: string;
  /** What takes its place. */
  readonly to: string;
}

/** What tells values apart before they are compared; the shortest value has fewer at times. */
const PREFIX_CHARS_MAX = 6;
/** Places and comparisons between two turns of the event loop: a millisecond or two. */
const STEPS_A_TURN = 50_000;
/** A longer text takes longer to look up. */
const CHARS_A_STEP = 32;

/** `text` with every value by what takes its place; where values overlap, all of them are masked. */
export async function maskedBy(text: string, maskings: readonly Masking[]): Promise<string> {
  const index = new ValueIndex(maskings);
  const out: string[] = [];
  let [copied, steps] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    steps += 1;
    if (steps > STEPS_A_TURN) {
      steps = 0;
      await nextTurn();
    }
    if (!index.mayBeginAt(text, at)) continue;
    const region = index.regionAt(text, at);
    steps += region.compared;
    if (region.end === at) continue;
    out.push(text.slice(copied, at), ...region.masks);
    copied = region.end;
    at = region.end - 1;
  }
  return copied === 0 ? text : out.join('') + text.slice(copied);
}

/** Values that begin alike: of each length one look-up tells whether one of them stands there. */
interface Group {
  readonly byValue: Map<string, string>;
  /** Longest first: a value may begin as another does, and the longer one is it. */
  lengths: readonly number[];
}

class ValueIndex {
  readonly #groups = new Map<string, Group>();
  readonly #firsts = new Set<number>();
  readonly #prefixChars: number;

  constructor(maskings: readonly Masking[]) {
    const own = maskings.filter(({ value }) => value !== '');
    const shortest = own.reduce((least, { value }) => Math.min(least, value.length), Infinity);
    this.#prefixChars = Math.min(PREFIX_CHARS_MAX, shortest);
    for (const { value, to } of own) {
      const prefix = value.slice(0, this.#prefixChars);
      this.#firsts.add(prefix.charCodeAt(0));
      const group = this.#groups.get(prefix) ?? { byValue: new Map<string, string>(), lengths: [] };
      this.#groups.set(prefix, group);
      group.byValue.set(value, to);
    }
    for (const group of this.#groups.values()) {
      const lengths = new Set([...group.byValue.keys()].map(({ length }) => length));
      group.lengths = [...lengths].toSorted((a, b) => b - a);
    }
  }

  mayBeginAt(text: string, at: number): boolean {
    return this.#firsts.has(text.charCodeAt(at));
  }

  /** From the value that begins there to where none goes on that began before the end. */
  regionAt(text: string, from: number): { end: number; masks: string[]; compared: number } {
    const masks: string[] = [];
    let [end, compared] = [from, 0];
    for (let at = from; at === from || at < end; at += 1) {
      const group = this.#groups.get(text.slice(at, at + this.#prefixChars));
      compared += 1;
      for (const length of group?.lengths ?? []) {
        if (at + length <= end) break;
        if (at + length > text.length) continue;
        compared += 1 + length / CHARS_A_STEP;
        const to = group?.byValue.get(text.slice(at, at + length));
        if (to === undefined) continue;
        end = at + length;
        masks.push(to);
        break;
      }
    }
    return { end, masks, compared };
  }
}
