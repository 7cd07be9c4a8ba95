/** What the guards did on one call, for its record: counts and sizes, never text. */
import type { Position } from '#domain/passage.ts';

import type { GuardAction } from './guard.ts';
import type { Direction, GuardRule } from './rule.ts';

export interface GuardEvidence {
  readonly name: string;
  readonly type: string;
  readonly on: Direction;
  readonly mode: GuardRule['mode'];
  readonly action: GuardAction | 'pass' | 'unavailable';
  readonly category: string | null;
  readonly position: Position | null;
  readonly count: number;
  readonly scannedChars: number;
  readonly us: number;
}

interface Tally {
  readonly rule: GuardRule;
  readonly on: Direction;
  scannedChars: number;
  us: number;
  readonly found: Map<string, Found>;
}

interface Found {
  readonly action: GuardAction | 'unavailable';
  readonly category: string | null;
  readonly position: Position;
  count: number;
}

/** Kinds of findings listed one by one for a rule; the rest of a hostile text is not listed. */
const FOUND_KINDS_MAX = 64;

export class Evidence {
  readonly #tallies = new Map<string, Tally>();
  /** Parts of the call or reply that no guard could read, with the reason. */
  readonly notScanned = new Map<string, number>();

  scanned(rule: GuardRule, on: Direction, chars: number, us: number): void {
    const tally = this.#tally(rule, on);
    tally.scannedChars += chars;
    tally.us += us;
  }

  found(
    rule: GuardRule,
    on: Direction,
    what: { action: Found['action']; category: string | null; position: Position },
  ): void {
    const { found } = this.#tally(rule, on);
    const id = `${what.action}/${what.category}/${what.position}`;
    const known = found.get(id);
    if (known !== undefined) known.count += 1;
    else if (found.size < FOUND_KINDS_MAX) found.set(id, { ...what, count: 1 });
  }

  passedUnread(reason: string, count: number): void {
    if (count > 0) this.notScanned.set(reason, (this.notScanned.get(reason) ?? 0) + count);
  }

  /** One line a rule and kind of finding; a rule without findings has one line too. */
  list(): GuardEvidence[] {
    return [...this.#tallies.values()].flatMap((tally): GuardEvidence[] => {
      const { rule, on, scannedChars, us, found } = tally;
      const { name, mode } = rule;
      const base = { name, type: rule.guard.type, on, mode, scannedChars, us: Math.round(us) };
      if (found.size === 0) {
        return [{ ...base, action: 'pass', category: null, position: null, count: 0 }];
      }
      return [...found.values()].map((line) => ({ ...base, ...line }));
    });
  }

  #tally(rule: GuardRule, on: Direction): Tally {
    const id = `${on}/${rule.name}`;
    let tally = this.#tallies.get(id);
    if (tally === undefined) {
      tally = { rule, on, scannedChars: 0, us: 0, found: new Map() };
      this.#tallies.set(id, tally);
    }
    return tally;
  }
}
