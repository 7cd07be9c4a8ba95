/**
 * Money is an integer of nano-USD. A double holds integers exactly up to 2^53, which is 9 million
 * dollars: enough for one call, and `nanoUsd` refuses what is not exact.
 *
 * A price is an integer of pico-USD for a token: 0.0375 USD for a million tokens is 37,500 of them
 * and not a whole nano-dollar.
 */
import { assert } from '#stdx/assert.ts';

export type NanoUsd = number & { readonly unit: 'nano-USD' };

export const NANO_PER_USD = 1_000_000_000;

export function nanoUsd(amount: number): NanoUsd {
  assert(Number.isSafeInteger(amount) && amount >= 0, 'money is a non-negative exact integer');
  return amount as NanoUsd;
}

/** Dollars as plain decimal text, exact: `0.000000150`. */
export function usdText(amount: NanoUsd): string {
  const nano = amount % NANO_PER_USD;
  return `${BigInt(amount - nano) / BigInt(NANO_PER_USD)}.${String(nano).padStart(9, '0')}`;
}

/**
 * What a call costs by list price; `null` where nobody knows. Everything is an integer, and
 * everything is there: what a vendor does not bill apart has the price of what it is a part of.
 */
export interface Price {
  readonly inputPicoUsdPerToken: number;
  readonly outputPicoUsdPerToken: number;
  readonly cacheReadPicoUsdPerToken: number;
  readonly cacheWritePicoUsdPerToken: number;
  /** Of what is kept for an hour and not for minutes. */
  readonly cacheWriteLongPicoUsdPerToken: number;
  readonly reasoningPicoUsdPerToken: number;
  /** Beside the tokens, for each image that a call brings. */
  readonly imageNanoUsd: number;
  /** For each call of a tool that the provider runs. */
  readonly hostedToolCallNanoUsd: number;
  /** Where it is from: `configuration`, `file-<hash>` or `catalogue-<date>`. */
  readonly version: string;
}

/** What a model takes and gives at most; null where nobody knows. */
export interface ModelCaps {
  readonly outputTokensMax: number | null;
  readonly contextTokensMax: number | null;
}

export const NO_CAPS: ModelCaps = { outputTokensMax: null, contextTokensMax: null };

/** What limits on tokens count. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /**
   * Whose number it is. A provider's wins where it is plausible; `ceiling` is the most that a call
   * may come to.
   */
  readonly source: 'provider' | 'counted' | 'estimated' | 'ceiling';
}

/** Tokens as a provider reported or as we counted them. A part is never more than its whole. */
export interface Usage extends TokenUsage {
  /** Of the input: read from the provider's cache. */
  readonly cacheReadTokens: number;
  /** Of the input: written to it. */
  readonly cacheWriteTokens: number;
  /** Of those written: kept for an hour. */
  readonly cacheWriteLongTokens: number;
  /** Of the output: thinking. */
  readonly reasoningTokens: number;
  /** Calls of tools that the provider runs and bills for, such as web search. */
  readonly hostedToolCalls: number;
}

/** Usage of which only the wholes are known: everything is billed as plain input and output. */
export const plainUsage = (
  inputTokens: number,
  outputTokens: number,
  source: Usage['source'],
): Usage => ({
  inputTokens,
  outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteLongTokens: 0,
  reasoningTokens: 0,
  hostedToolCalls: 0,
  source,
});
