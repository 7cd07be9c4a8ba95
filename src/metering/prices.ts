/**
 * List prices, for calls whose model has none in the configuration. A small, dated table: what is
 * not here has no price, and an unknown price is not zero.
 *
 * Source: the vendors' public price pages, read 2026-11-20; standard tier, short context. Prices are
 * per million tokens in USD.
 */
import type { Price } from '#domain/money.ts';

import { perTokenNanoUsd } from './cost.ts';

export const PRICES_VERSION = 'catalogue-2026-11-20';

const PRICES: Readonly<Record<string, readonly [input: number, output: number]>> = {
  'gpt-4o': [2.5, 10],
  'gpt-4o-mini': [0.15, 0.6],
  'gpt-4.1': [2, 8],
  'gpt-4.1-mini': [0.4, 1.6],
  'gpt-4.1-nano': [0.1, 0.4],
  'text-embedding-3-small': [0.02, 0],
  'text-embedding-3-large': [0.13, 0],
  'claude-haiku-4-5': [1, 5],
  'claude-sonnet-4-5': [3, 15],
};

export interface ListedPrice {
  readonly inputPerMTok: number;
  readonly outputPerMTok: number;
}

export function priceOf(configured: ListedPrice | null, model: string): Price | null {
  if (configured !== null) {
    return priced(configured.inputPerMTok, configured.outputPerMTok, 'configuration');
  }
  const listed = Object.hasOwn(PRICES, model) ? PRICES[model] : undefined;
  return listed === undefined ? null : priced(listed[0], listed[1], PRICES_VERSION);
}

const priced = (input: number, output: number, version: string): Price => ({
  inputNanoUsdPerToken: perTokenNanoUsd(input),
  outputNanoUsdPerToken: perTokenNanoUsd(output),
  version,
});
