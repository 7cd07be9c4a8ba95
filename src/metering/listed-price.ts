/**
 * A price as lists write it: decimal text, in dollars for a million tokens, and in integers of ours.
 * Text, so that no double stands between a list and the ledger.
 */
import type { ModelCaps, Price } from '#domain/money.ts';
import { assert } from '#stdx/assert.ts';

import { scaledUp } from './decimal.ts';

export interface ListedPrice {
  readonly inputPerMTok: string;
  readonly outputPerMTok: string;
  readonly cacheReadPerMTok?: string;
  readonly cacheWritePerMTok?: string;
  readonly cacheWriteLongPerMTok?: string;
  readonly reasoningPerMTok?: string;
  readonly perImage?: string;
  readonly perToolCall?: string;
}

/** A line of a list: a price, and what the model takes and gives at most. */
export interface ListedModel extends ListedPrice {
  readonly outputTokensMax?: number;
  readonly contextTokensMax?: number;
}

/** A dollar for a million tokens is a million pico-dollars for one. */
export const PER_MTOK_PLACES = 6;
export const PER_USE_PLACES = 9;
/** A million dollars for a million tokens. */
export const PICO_USD_PER_TOKEN_MAX = 1_000_000_000_000;
/** A thousand dollars for one image or one call of a tool. */
export const USE_NANO_USD_MAX = 1_000_000_000_000;

export const perTokenFields = [
  'inputPerMTok',
  'outputPerMTok',
  'cacheReadPerMTok',
  'cacheWritePerMTok',
  'cacheWriteLongPerMTok',
  'reasoningPerMTok',
] as const;
export const perUseFields = ['perImage', 'perToolCall'] as const;
export type PriceField = (typeof perTokenFields)[number] | (typeof perUseFields)[number];

export const picoUsdPerToken = (perMTok: string): number | null =>
  scaledUp(perMTok, PER_MTOK_PLACES, PICO_USD_PER_TOKEN_MAX);

export const useNanoUsd = (usd: string): number | null =>
  scaledUp(usd, PER_USE_PLACES, USE_NANO_USD_MAX);

/** The lists that reach this have been checked where they were read. */
export function priceFrom(listed: ListedPrice, version: string): Price {
  const input = perToken(listed.inputPerMTok);
  const output = perToken(listed.outputPerMTok);
  const { cacheReadPerMTok, cacheWritePerMTok, cacheWriteLongPerMTok, reasoningPerMTok } = listed;
  const cacheWrite = cacheWritePerMTok === undefined ? input : perToken(cacheWritePerMTok);
  return {
    inputPicoUsdPerToken: input,
    outputPicoUsdPerToken: output,
    // No vendor asks more for what its cache holds, so this is never too little.
    cacheReadPicoUsdPerToken: cacheReadPerMTok === undefined ? input : perToken(cacheReadPerMTok),
    cacheWritePicoUsdPerToken: cacheWrite,
    cacheWriteLongPicoUsdPerToken:
      cacheWriteLongPerMTok === undefined ? cacheWrite : perToken(cacheWriteLongPerMTok),
    reasoningPicoUsdPerToken: reasoningPerMTok === undefined ? output : perToken(reasoningPerMTok),
    imageNanoUsd: perUse(listed.perImage),
    hostedToolCallNanoUsd: perUse(listed.perToolCall),
    version,
  };
}

export const capsFrom = ({ outputTokensMax, contextTokensMax }: ListedModel): ModelCaps => ({
  outputTokensMax: outputTokensMax ?? null,
  contextTokensMax: contextTokensMax ?? null,
});

function perToken(text: string): number {
  const pico = picoUsdPerToken(text);
  assert(pico !== null, 'a listed price is a decimal number within bounds');
  return pico;
}

function perUse(text: string | undefined): number {
  const nano = text === undefined ? 0 : useNanoUsd(text);
  assert(nano !== null, 'a listed surcharge is a decimal number within bounds');
  return nano;
}
