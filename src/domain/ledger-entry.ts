/**
 * One line of the ledger: how a reservation ended, and what it cost. Lines are added and never changed.
 *
 * The beginning of a reservation is the `admit` record of its call; its end stands here, once by its
 * id. A line that comes after the end of a lease adds what that line had wrong, as a correction.
 */

/** `attempt`: no end, but what one attempt of a call may have cost that came to nothing. It is no call. */
export const ledgerEnds = ['settle', 'release', 'expire', 'attempt'] as const;
export type LedgerEnd = (typeof ledgerEnds)[number];

/** Who a cost is of. Null where nobody of that kind is named. */
export interface LedgerOwner {
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  /** The key that was used, or that the run was minted from, and the one at the root of it. */
  readonly key: string | null;
  readonly rootKey: string | null;
  /** The ids of runs, the outermost first, with a slash between them. */
  readonly run: string | null;
}

export interface LedgerEntry extends LedgerOwner {
  /** Of the reservation: the id of its request. */
  readonly id: string;
  readonly end: LedgerEnd;
  /** When it was reserved, in Unix milliseconds: its cost is of that moment's period. */
  readonly atMs: number;
  readonly model: string;
  readonly provider: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Parts of the two above. */
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsd: number;
  /** By which prices; null where the call cost nothing or nobody knew what. */
  readonly priceVersion: string | null;
  readonly source: string;
}

/** What a sum of the ledger is over. `from` is in it, `to` is not. */
export interface SpendQuery {
  readonly fromMs: number;
  readonly toMs: number;
  /** Left out: everybody. Null: those who name nobody. `run`: that run, and every run under it. */
  readonly where: Readonly<
    Partial<Record<'tenant' | 'team' | 'user' | 'rootKey' | 'model' | 'run', string | null>>
  >;
  /** Null: all. */
  readonly models: readonly string[] | null;
}

/** True: the sum of `query` has this line in it. The ledger says the same of the lines that it keeps. */
export function isOfQuery(query: SpendQuery, entry: LedgerEntry): boolean {
  const { fromMs, toMs, where, models } = query;
  if (entry.atMs < fromMs || entry.atMs >= toMs) return false;
  if (models !== null && !models.includes(entry.model)) return false;
  const { run, ...names } = where;
  if (run !== undefined && !isOfRun(run, entry.run)) return false;
  return NAMES.every((name) => names[name] === undefined || names[name] === entry[name]);
}

const NAMES = ['tenant', 'team', 'user', 'rootKey', 'model'] as const;

const isOfRun = (asked: string | null, run: string | null): boolean =>
  run === asked || (run !== null && asked !== null && run.startsWith(`${asked}/`));

/** How long one row of usage is, at most: a quarter of an hour, as time zones are whole in it. */
export const USAGE_MS = 900_000;

/** What calls have used together. Money is whole nano-USD. */
export interface UsageSums {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsd: number;
}

/** Sums of one period of a query, by who and what. */
export interface UsageRow extends Omit<LedgerOwner, 'run'>, UsageSums {
  /** When the part of the query's steps began. */
  readonly fromMs: number;
  readonly model: string;
  readonly provider: string | null;
  readonly priceVersion: string | null;
}
