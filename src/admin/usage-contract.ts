/** What the admin API says of usage; a part of the contract that is long enough alone. */

/** Sums of calls. Money is whole nano-USD. */
export interface UsageSums {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costNanoUsd: number;
}

export interface UsageView extends UsageSums {
  readonly from: string;
  readonly to: string;
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  readonly key: string | null;
  readonly model: string;
  readonly provider: string | null;
  readonly priceVersion: string | null;
  readonly reasoningTokens: number;
}

export interface StatementView {
  readonly tenant: string;
  readonly from: string;
  readonly to: string;
  readonly lines: readonly (UsageSums & {
    readonly model: string;
    readonly provider: string | null;
    readonly priceVersion: string | null;
  })[];
  readonly requests: number;
  readonly costNanoUsd: number;
}
