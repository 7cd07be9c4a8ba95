/** The kind `SharedCounters`: a counter store that several instances share, and that can be away. */
import type { Amounts } from '#domain/limit-state.ts';

import type { Closed, CounterStore } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';

/** One instance says that it is there. */
export interface Beat {
  readonly instance: string;
  /** How long it counts as one that is there; 0: it leaves. */
  readonly aliveMs: number;
  /** Which server, and which life of it: another one may have lost what this one was told. */
  readonly server: string;
  /** The name of the next epoch, should one begin. */
  readonly freshEpoch: string;
  /** How long budgets wait after an epoch has begun, so that every instance can tell what it holds. */
  readonly pauseMs: number;
}

export interface Heard {
  readonly epoch: string;
  /** What is left of that pause. */
  readonly pausedMs: number;
  /** How many instances are there, this one with them. */
  readonly instances: number;
}

export interface SharedCounters extends Omit<CounterStore, 'settle'> {
  /**
   * Null: a budget of it has no word of the ledger in this epoch. Nothing was moved; bring the call to
   * the ledger, and tell it again as known there.
   */
  settle(
    id: string,
    demands: readonly Demand[],
    used: Amounts,
    isKnown?: boolean,
  ): Promise<Closed | null>;
  beat(beat: Beat): Promise<Heard>;
}
