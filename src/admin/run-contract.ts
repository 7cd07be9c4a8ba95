/** What the admin API says of runs; a part of the contract that is long enough alone. */

/** Null caps: none of its own; those of the runs above it count too. */
export interface RunView {
  readonly id: string;
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  /** The key that the outermost run was minted with. */
  readonly key: string;
  readonly name: string | null;
  /** The run that it was minted with; null: the key itself. */
  readonly parent: string | null;
  readonly usd: number | null;
  readonly calls: number | null;
  readonly depth: number;
  readonly tools: readonly string[] | null;
  readonly models: readonly string[] | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
}

export interface RunDetail extends RunView {
  readonly state: 'live' | 'ended' | 'over';
  /** By the ledger, with all runs under it. */
  readonly spentUsd: number;
  readonly spentCalls: number;
}
