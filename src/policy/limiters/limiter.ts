/**
 * The kinds `Limiter` and `LimitStore`. A limiter is pure: it says what a call asks of which
 * buckets. A store holds the buckets and takes all of it or nothing.
 */
import type { Denial } from '#domain/denial.ts';
import type { LimitState } from '#domain/limit-state.ts';
import type { Reservation } from '#domain/proofs.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import type { Result } from '#stdx/result.ts';

import type { BucketRate } from './bucket.ts';

/** Whom limits count by. */
export interface Subject {
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  readonly key: string | null;
  readonly ip: string;
  readonly model: string;
}

export interface Estimate {
  readonly requests: number;
  /** Input and the most that the output may be. */
  readonly tokens: number;
}

/** A limit on one unit, the same for every call that it counts. */
export interface Quota {
  readonly limit: string;
  /** `concurrency`: calls at once. */
  readonly unit: LimitState['unit'];
  readonly rate: BucketRate;
  /** As it was written, for the answer's headers. */
  readonly amount: number;
  readonly windowMs: number;
  /** The limit as an item of `RateLimit-Policy`, written once. */
  readonly policy: string;
}

export interface Demand {
  readonly quota: Quota;
  /** Which bucket: the limit's name and the values of its dimensions. */
  readonly bucket: string;
  readonly amount: number;
}

export interface Limiter {
  readonly name: string;
  /** Adds what the call asks of this limiter to `demands`. */
  plan(subject: Subject, estimate: Estimate, demands: Demand[]): void;
}

export interface LimitStore {
  /** Everything or nothing. Faults of a store that is elsewhere are thrown. */
  reserve(id: string, demands: readonly Demand[]): MaybePromise<Result<Reservation, Denial>>;
  /** Reservations that are neither settled nor released. */
  readonly openCount: number;
}
