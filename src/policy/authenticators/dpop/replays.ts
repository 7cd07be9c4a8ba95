/**
 * Proofs that were used (RFC 9449 section 11.1). Kept in two halves: a proof counts for at most the
 * width of one, so that when the newer half is that old, the older one holds nothing that could come
 * again. A store that is full takes no new proof: to forget one would let it in a second time.
 */
import type { Clock } from '#stdx/clock.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

/** Of callers whose tokens and proofs were right: strangers put nothing here (JWT-12). */
const PROOFS_PER_HALF_MAX = 200_000;
/** Of one holder, so that nobody who has one token can stop all others: a hundred a second. */
const PROOFS_PER_HOLDER_MAX = 40_000;

export interface ReplayStore {
  /** Proofs of before this moment may have been used at a store that knew them. Unix milliseconds. */
  readonly sinceMs: number;
  /**
   * `seen`: it was used. `full`: nobody can say. `unasked`: it is new here, and those who share it
   * could not be asked.
   */
  claim(id: string, holder: string): MaybePromise<Claimed>;
}

export type Claimed = 'new' | 'seen' | 'full' | 'unasked';

export class MemoryReplayStore implements ReplayStore {
  readonly sinceMs: number;
  readonly #clock: Clock;
  readonly #widthMs: number;
  #newer = new Set<string>();
  #older = new Set<string>();
  /** How many of the newer half are whose. */
  #held = new Map<string, number>();
  #turnedMs: number;

  /** `widthMs`: from the first moment at which a proof counts to the last. */
  constructor(widthMs: number, clock: Clock) {
    this.#clock = clock;
    this.#widthMs = widthMs;
    this.sinceMs = clock.nowMs();
    this.#turnedMs = clock.monotonicMs();
  }

  claim(id: string, holder: string): Claimed {
    this.#turn();
    if (this.#newer.has(id) || this.#older.has(id)) return 'seen';
    const held = this.#held.get(holder) ?? 0;
    if (this.#newer.size >= PROOFS_PER_HALF_MAX || held >= PROOFS_PER_HOLDER_MAX) return 'full';
    this.#newer.add(id);
    this.#held.set(holder, held + 1);
    return 'new';
  }

  #turn(): void {
    const nowMs = this.#clock.monotonicMs();
    const ageMs = nowMs - this.#turnedMs;
    if (ageMs < this.#widthMs) return;
    this.#older = ageMs < 2 * this.#widthMs ? this.#newer : new Set();
    this.#newer = new Set();
    this.#held = new Map();
    this.#turnedMs = nowMs;
  }
}
