/**
 * The kinds `Limiter` and `LimitStore`. A limiter is pure: it says what a call asks of which
 * counters. A store holds the counters and takes all of it or nothing.
 */
import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { Denial } from '#domain/denial.ts';
import type { Amounts, LimitUnit } from '#domain/limit-state.ts';
import type { Principal } from '#domain/principal.ts';
import type { Reservation } from '#domain/proofs.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import type { Result } from '#stdx/result.ts';

import type { Rate } from './rate.ts';

/** Whom and what limits count by. */
export interface Subject {
  readonly principal: Principal;
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  /** By name. */
  readonly serviceAccount: string | null;
  /** The one that its key was made from, to the root: making keys gives nobody more. */
  readonly key: string | null;
  /** `/32` of an IPv4 address, `/64` of an IPv6 one. */
  readonly ip: string;
  readonly address: string;
  readonly model: string;
  /** Of the deployment that was chosen for an attempt; null as long as none is. */
  readonly provider: string | null;
  readonly route: string;
  readonly role: string;
  /** Who the caller says the end user is, and its session. Dimensions, never owners. */
  readonly endUser: string | null;
  readonly session: string | null;
  readonly run: string | null;
  /** Names of tools that the call offers. */
  readonly tools: readonly string[];
  /** Null for what is no call. */
  readonly call: Partial<AskedCall>;
  readonly request: AskedRequest;
}

interface Counted {
  /** The name of the limit or the budget. */
  readonly limit: string;
  readonly unit: LimitUnit;
  /** As it was written, in its unit. */
  readonly amount: number;
  readonly windowMs: number;
  /** The limit as an item of `RateLimit-Policy`, written once. */
  readonly policy: string;
}

/** A limit on one unit, the same for every call that it counts. */
export type Quota =
  | (Counted & { readonly algorithm: 'token-bucket'; readonly rate: Rate })
  | (Counted & { readonly algorithm: 'sliding-window'; readonly sliceMs: number })
  | (Counted & { readonly algorithm: 'concurrency' })
  | BudgetQuota;

/** Money of one period, in nano-USD, or calls of one run: what is spent in it does not come back. */
export interface BudgetQuota extends Counted {
  readonly algorithm: 'budget';
  /** Parts of the amount, in nano-USD and rising, at which somebody is told, each once. */
  readonly lines: readonly number[];
  /** False: it counts and tells, and refuses nobody. */
  readonly isHard: boolean;
  /** A call that does not fit gets a shorter answer instead of a refusal. */
  readonly clamps: boolean;
}

/** What a budget counts: the ledger can be asked for it, so that nothing starts from nothing. */
export interface BudgetScope {
  readonly fromMs: number;
  readonly toMs: number;
  /** The values of its dimensions; what is not named counts everybody. */
  readonly where: Readonly<Partial<Record<BudgetDimension, string | null>>>;
  /** Null: every model. */
  readonly models: readonly string[] | null;
  /** Of the period before, whose rest is added; null where nothing is carried over. */
  readonly carriesFromMs: number | null;
  /** The counter of that period, which calls may still be held in. */
  readonly bucketBefore?: string;
}

export const budgetDimensions = ['tenant', 'team', 'user', 'key', 'model', 'run'] as const;
export type BudgetDimension = (typeof budgetDimensions)[number];

export interface Demand {
  readonly quota: Quota;
  /** Which counter: the limit's name and the values of its dimensions. */
  readonly bucket: string;
  readonly amount: number;
  /** Of a budget. */
  readonly scope: BudgetScope | null;
  /** Of a token bucket: it is held and does not run off; it is drawn when it is lowered or ends. */
  readonly isLent?: true;
}

/** What one counter has left. */
export interface CounterState {
  readonly remaining: number;
  readonly resetMs: number;
  /** How long ago that was: a store that is elsewhere says it with its answers. 0: it is so now. */
  readonly heardMs: number;
}

export interface CounterStates {
  /** What the counters of a quota have left, by the rest of their names. */
  states(quota: Quota): Iterable<readonly [name: string, state: CounterState]>;
}

export interface Limiter {
  readonly name: string;
  /** Adds what the call asks of this limiter to `demands`. `nowMs`: wall time, for periods. */
  plan(subject: Subject, estimate: Amounts, demands: Demand[], nowMs: number): void;
}

/** A limiter that lets calls through one after the other, and makes them wait. */
export interface Pacer {
  readonly name: string;
  /**
   * Null: go on. Else the call may go on when it resolves to null, or is refused. Nothing is held
   * meanwhile. Throws the reason of the cancellation when the caller leaves.
   */
  pace(subject: Subject, cancellation: Cancellation): MaybePromise<Denial | null>;
}

export interface LimitStore {
  /**
   * Everything or nothing. Faults of a store that is elsewhere are thrown. `atMs`: wall time, by which
   * `demands` were planned.
   */
  reserve(
    id: string,
    demands: readonly Demand[],
    atMs: number,
  ): MaybePromise<Result<Reservation, Denial>>;
  /** Takes it for good, or says how long to wait; nothing is held and nothing comes back. */
  take(demands: readonly Demand[]): MaybePromise<Denial | null>;
  /** Reservations that are neither settled nor released. */
  readonly openCount: number;
}
