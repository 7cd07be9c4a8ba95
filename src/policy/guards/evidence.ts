/** What the guards did on one call, for its record: counts and sizes, never text. */
import type { Position } from '#domain/passage.ts';

import type { GuardAction } from './guard.ts';
import type { Direction, GuardRule } from './rule.ts';

export interface GuardEvidence {
  readonly name: string;
  readonly type: string;
  readonly on: Direction;
  readonly mode: GuardRule['mode'];
  readonly action: Found['action'] | 'pass';
  readonly category: string | null;
  readonly position: Position | null;
  readonly count: number;
  readonly scannedChars: number;
  readonly us: number;
}

export interface Tally {
  readonly rule: GuardRule;
  readonly on: Direction;
  scannedChars: number;
  us: number;
  readonly found: Map<string, Found>;
}

export interface Found {
  /** `approved`: it would have been blocked, and a person let it through. */
  readonly action: GuardAction | 'unavailable' | 'approved';
  readonly category: string | null;
  readonly position: Position;
  count: number;
}

/** Kinds of findings listed one by one for a rule; the rest of a hostile text is not listed. */
const FOUND_KINDS_MAX = 64;

export class Evidence {
  readonly #tallies: Tally[] = [];
  /** Parts of the call or reply that no guard could read, with the reason; made when there is one. */
  #notScanned: Map<string, number> | null = null;
  /** SHA-256 of what the request guards read, so that a record proves which text it is about. */
  requestDigest: string | null = null;
  /** The same for what the reply guards read; of a stream, as far as it came. */
  replyDigest: string | null = null;

  found(
    { found }: Tally,
    what: { action: Found['action']; category: string | null; position: Position },
  ): void {
    const id = `${what.action}/${what.category}/${what.position}`;
    const known = found.get(id);
    if (known !== undefined) known.count += 1;
    else if (found.size < FOUND_KINDS_MAX) found.set(id, { ...what, count: 1 });
  }

  passedUnread(reason: string, count: number): void {
    if (count === 0) return;
    this.#notScanned ??= new Map();
    this.#notScanned.set(reason, (this.#notScanned.get(reason) ?? 0) + count);
  }

  get isEmpty(): boolean {
    return this.#tallies.length === 0 && this.#notScanned === null;
  }

  /** What nobody could read, as one text: `sealed ×1; opaque: image ×2`. */
  unread(): string {
    return [...(this.#notScanned ?? [])].map(([why, count]) => `${why} ×${count}`).join('; ');
  }

  /** How many parts nobody could read. */
  get unreadCount(): number {
    return this.#notScanned?.values().reduce((sum, count) => sum + count, 0) ?? 0;
  }

  /** What was found, for counters and alerts: nothing is made where nothing was. */
  eachFound(visit: (tally: Readonly<Tally>, found: Readonly<Found>) => void): void {
    for (const tally of this.#tallies) {
      for (const found of tally.found.values()) visit(tally, found);
    }
  }

  /** One line a rule and kind of finding; a rule without findings has one line too. */
  list(): GuardEvidence[] {
    return this.#tallies.flatMap((tally): GuardEvidence[] => {
      const { rule, on, scannedChars, us, found } = tally;
      const { name, mode } = rule;
      const base = { name, type: rule.guard.type, on, mode, scannedChars, us: Math.round(us) };
      if (found.size === 0) {
        return [{ ...base, action: 'pass', category: null, position: null, count: 0 }];
      }
      return [...found.values()].map((line) => ({ ...base, ...line }));
    });
  }

  /** The line of a rule in one direction. Asked for once a window, not once a scan. */
  tally(rule: GuardRule, on: Direction): Tally {
    const known = this.#tallies.find((one) => one.rule === rule && one.on === on);
    if (known !== undefined) return known;
    const tally: Tally = { rule, on, scannedChars: 0, us: 0, found: new Map() };
    this.#tallies.push(tally);
    return tally;
  }
}
