/** The kind `Shelf`: the counters of one algorithm, in this process. */
import type { LimitState } from '#domain/limit-state.ts';

import type { Demand } from '../limiter.ts';

export interface Refusal {
  /** Null: it would never fit, however long the caller waited. */
  readonly retryAfterMs: number | null;
  readonly state: LimitState | null;
}

export interface Shelf {
  /** Null: it fits. Changes nothing that anybody can see. */
  refusal(demand: Demand, nowMs: number): Refusal | null;
  /** Only after `refusal` said that it fits. Returns what `close` has to know. */
  take(demand: Demand, id: string, nowMs: number, leaseMs: number): number;
  /** Replaces what `take` took by `used` of it, and goes on holding that. */
  lower(demand: Demand, taken: Taken, nowMs: number): void;
  stateOf(demand: Demand, nowMs: number): LimitState;
  /** Replaces what `take` took by what was used. */
  close(demand: Demand, taken: Taken, nowMs: number): void;
  /** Drops counters that hold nothing. */
  forget(nowMs: number): void;
  readonly size: number;
  /** Of its counters, those that hold nothing among them. */
  names(): Iterable<string>;
  /** Whether there is one of that name. */
  has(bucket: string): boolean;
}

export interface Taken {
  readonly id: string;
  /** What `take` returned. */
  readonly mark: number;
  readonly used: number;
}
