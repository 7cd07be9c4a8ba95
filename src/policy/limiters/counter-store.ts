/**
 * What a store of counters is asked, whatever holds them: this process, Valkey or PostgreSQL. Each
 * step is one atomic change by the store's own clock.
 *
 * A reservation is a member with an end, never a number: only the step that removes it may move money
 * or capacity, so that a step which is repeated, late or lost moves nothing twice.
 */
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Demand } from './limiter.ts';

export type Reserved =
  | { readonly kind: 'held'; readonly states: readonly LimitState[] }
  | {
      readonly kind: 'refused';
      readonly demand: Demand;
      /** Null: it would never fit, however long the caller waited. */
      readonly retryAfterMs: number | null;
      readonly state: LimitState | null;
    }
  /** Budgets that the ledger has to be asked for first. Nothing was taken. */
  | { readonly kind: 'unseeded'; readonly demands: readonly Demand[]; readonly epoch: string }
  /** The store lost what it held and is being told again. Nothing was taken. */
  | { readonly kind: 'rebuilding'; readonly retryAfterMs: number };

/** A budget went past one of its lines: each of them is one, where a call goes past several. */
export interface Crossing {
  readonly demand: Demand;
  readonly line: number;
  readonly spent: number;
}

export interface Closed {
  /** False: it was closed before, or the store does not know it. */
  readonly isMoved: boolean;
  readonly crossings: readonly Crossing[];
}

/** Of one budget, as the ledger says it. */
export interface Seed {
  readonly demand: Demand;
  readonly spent: number;
  readonly carried: number;
  /**
   * In the period that it is carried from, which calls may still be held in: what they hold is not carried,
   * nor what has ended since the ledger was asked. Absent: nothing is carried.
   */
  readonly before?: Demand;
  /**
   * What of `spent` nobody was told of when it went past a line: charged at this start for calls that a
   * crash interrupted. Of counters that ended with the process; others are told by the end of a lease.
   */
  readonly untold?: number;
}

export interface CounterStore {
  reserve(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<Reserved>;
  /** Takes for good what no reservation gives back; otherwise it is the same step. */
  take(demands: readonly Demand[]): MaybePromise<Reserved>;
  /**
   * Replaces what was held by what was used. After the lease it corrects what the end of the lease
   * has charged, once.
   */
  settle(id: string, demands: readonly Demand[], used: Amounts): MaybePromise<Closed>;
  /** A new lease; one of 0 is over by the next sweep. False: it is over, or the store does not know it. */
  extend(id: string, leaseMs: number): MaybePromise<boolean>;
  /** Holds more for a call that runs, all or nothing. */
  raise(id: string, more: readonly Demand[]): MaybePromise<Reserved>;
  /**
   * Holds no more than these amounts from now on; amounts that are higher than what is held change
   * nothing, so it may be told twice or late. What was lent of a bucket is drawn from it by this.
   * False: the store does not know it.
   */
  lower(id: string, demands: readonly Demand[]): MaybePromise<boolean>;
  /** Only scopes that have no word of the ledger in this epoch. */
  seed(seeds: readonly Seed[], epoch: string): MaybePromise<void>;
  /** Holds of a call that runs, told to a store that has lost them. Refuses nothing. */
  restore(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<void>;
  /** Charges reservations whose lease is over, all that they held. How many there were. */
  sweep(): MaybePromise<number>;
}
