/** Ends of calls that the store has not heard of, oldest first. Bounded: a lease ends what is beyond. */
import type { Amounts } from '#domain/limit-state.ts';

import type { Demand } from '../limiter.ts';

export interface UntoldEnd {
  readonly id: string;
  readonly demands: readonly Demand[];
  readonly used: Amounts;
  /** It was held by this instance: the store has to be told of the hold first. */
  readonly isLocal: boolean;
}

const ENDS_MAX = 100_000;

export class UntoldEnds {
  #ends: UntoldEnd[] = [];
  #lost = 0;

  get count(): number {
    return this.#ends.length;
  }

  /** How many were too many. */
  get lostCount(): number {
    return this.#lost;
  }

  push(end: UntoldEnd): void {
    if (this.#ends.length >= ENDS_MAX) {
      this.#lost += 1;
      return;
    }
    this.#ends.push(end);
  }

  take(countMax: number): UntoldEnd[] {
    return this.#ends.splice(0, countMax);
  }

  /** The store begins from the ledger, which has them. */
  clear(): void {
    this.#ends = [];
  }
}
