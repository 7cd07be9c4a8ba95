/** The kind `Ledger`: what calls have cost, kept for good. One contract suite runs on every member. */
import type { LedgerEntry, SpendQuery, UsageRow } from '#domain/ledger-entry.ts';

/** Sums by steps, from a moment on. */
export interface UsageQuery {
  /** Begins and ends of quarters of an hour. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** Null: all. */
  readonly tenant: string | null;
  /** Of one page; left out, `USAGE_ROWS`. */
  readonly rows?: number;
}

/** A page for a person. */
export const USAGE_ROWS = 500;
/**
 * A page for whoever reads all: every page sums the whole time again, so with small ones many lines take
 * a time that is the square of them. About two megabytes.
 */
export const USAGE_ROWS_MAX = 5_000;

export const usageRowsOf = ({ rows = USAGE_ROWS }: UsageQuery): number =>
  Math.min(Math.max(1, Math.trunc(rows)), USAGE_ROWS_MAX);

/** How far the log of a writer is read with what is added. */
export interface LedgerPosition {
  readonly writer: string;
  readonly seq: number;
  /** How far it was read before, as the ledger has said. */
  readonly after: number;
}

export interface Ledger {
  /**
   * Adds what is not there yet, in one transaction with how far the log of `writer` was read. How many
   * lines were new. Rejects with `Fault('storage-failed')`, and then nothing was added. Null: nor was it
   * where the ledger knows of less than `after`. Its server was set back, as by a failover that lost
   * the last commits, and what is between has to be read from the log again.
   */
  add(entries: readonly LedgerEntry[], position: LedgerPosition | null): Promise<number | null>;
  /** Every record of the log of this writer up to it is in the ledger. 0: none was read. */
  position(writer: string): Promise<number>;
  /** Nano-USD. */
  spent(query: SpendQuery): Promise<number>;
  /** Calls that have ended, however they did: each counts once, with what was corrected of it later. */
  calls(query: SpendQuery): Promise<number>;
  /** One page, in a steady order; `after`: rows that were read. Empty: there are no more. */
  usage(query: UsageQuery, after: number): Promise<readonly UsageRow[]>;
}
