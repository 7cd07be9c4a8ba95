/** What limits and budgets count, and what they have left. */

/** `concurrency`: calls at once. Money is whole nano-USD. */
export const limitUnits = [
  'requests',
  'input-tokens',
  'output-tokens',
  'tokens',
  'bytes',
  'nano-usd',
  'concurrency',
] as const;
export type LimitUnit = (typeof limitUnits)[number];

/** How much of each unit: what a call may come to, or what it came to. Whole numbers, never negative. */
export interface Amounts {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the request's body and the answer's. */
  readonly bytes: number;
  /** The most that it can cost, or what it cost. */
  readonly nanoUsd: number;
  /** What such calls usually cost, where that is asked for before a call; else the same. */
  readonly likelyNanoUsd?: number;
}

export function amountOf(unit: LimitUnit, amounts: Amounts): number {
  switch (unit) {
    case 'requests':
      return amounts.requests;
    case 'input-tokens':
      return amounts.inputTokens;
    case 'output-tokens':
      return amounts.outputTokens;
    case 'tokens':
      return amounts.inputTokens + amounts.outputTokens;
    case 'bytes':
      return amounts.bytes;
    case 'nano-usd':
      return amounts.nanoUsd;
    case 'concurrency':
      return 1;
  }
}

/** What a limit has left, as callers and records are told. */
export interface LimitState {
  readonly name: string;
  readonly unit: LimitUnit;
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly windowMs: number;
  /** The limit as an item of `RateLimit-Policy`; the same for every call. */
  readonly policy: string;
}
