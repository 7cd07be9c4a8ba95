/** What counters in rows are to a step: read under a lock, changed in memory, written once. */

import type { Demand } from '../limiter.ts';
import type { Bucket } from '../token-bucket.ts';
import type { SlicedWindow } from '../sliding-window.ts';
import type { MoneyScope } from '../budget-scope.ts';

/** `ending`: calls that end before the ledger has spoken. `fence`: words before it do not count. */
export interface MoneyRow extends MoneyScope {
  fence: number;
  ending: number;
}

/** Calls by id, with the ends of their leases. */
export type SlotRow = Record<string, number>;

export interface EpochRow {
  readonly epoch: string;
  readonly pausedMs: number;
  readonly server: string;
}

export type CounterState = Bucket | SlicedWindow | MoneyRow | SlotRow | EpochRow | LateRow | number;

export interface HeldRow {
  readonly id: string;
  readonly endsMs: number;
  readonly demands: readonly Demand[];
  readonly marks: readonly number[];
}

/** What the end of a lease has charged. */
export interface LateRow {
  readonly demands: readonly Demand[];
  readonly charged: readonly number[];
}

export interface Change {
  readonly key: string;
  /** Null: it goes. */
  readonly state: CounterState | null;
  readonly keepMs: number;
}

/** Inside one transaction. */
export interface Rows {
  readonly nowMs: number;
  readonly epoch: EpochRow | null;
  /** Locks them in one order, whoever asks. Null where there is none yet. */
  lock(keys: readonly string[]): Promise<ReadonlyMap<string, CounterState | null>>;
  /** As it is now, without a lock. */
  read(key: string): Promise<CounterState | null>;
  /** Locks it. */
  held(id: string): Promise<HeldRow | null>;
  /** Locks those that nobody else has locked. */
  expired(countMax: number): Promise<readonly HeldRow[]>;
  keep(held: HeldRow): Promise<void>;
  drop(ids: readonly string[]): Promise<void>;
  write(changes: readonly Change[]): Promise<void>;
  /** Which members are there, after this one has said so. */
  members(id: string, aliveMs: number): Promise<number>;
}

export interface CounterRows {
  step<T>(nowMs: number | null, run: (rows: Rows) => Promise<T>): Promise<T>;
}
