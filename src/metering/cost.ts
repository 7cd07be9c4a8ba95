/**
 * What a usage costs by a price: integers in, integers out, rounded up once. Products of a token
 * count and a price may be beyond 2^53, so they are made where nothing is rounded.
 */
import { nanoUsd, type NanoUsd, type Price, type Usage } from '#domain/money.ts';

import { dividedUp } from './decimal.ts';

/** Far enough below 2^53 that a sum above it cannot look smaller by rounding. */
const EXACT_MAX = 2 ** 52;
const PICO_PER_NANO = 1_000n;
/** Nine million dollars. A call that seems to cost more costs this: money stays exact, and is never less. */
const CALL_NANO_USD_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Null where the price is not known: an unknown price is not zero. */
export function costOf(usage: Usage, price: Price | null, images = 0): NanoUsd | null {
  if (price === null) return null;
  const small = smallCost(usage, price, images);
  if (small !== null) return nanoUsd(small);
  const pico = inputPico(usage, price) + outputPico(usage, price);
  const nano =
    dividedUp(pico, PICO_PER_NANO) +
    product(images, price.imageNanoUsd) +
    product(usage.hostedToolCalls, price.hostedToolCallNanoUsd);
  return nanoUsd(Number(nano < CALL_NANO_USD_MAX ? nano : CALL_NANO_USD_MAX));
}

/** In doubles, where every product and the sum are whole numbers that they hold exactly; else null. */
function smallCost(usage: Usage, price: Price, images: number): number | null {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWriteLongTokens } = usage;
  const { outputTokens, reasoningTokens } = usage;
  const pico =
    Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens) * price.inputPicoUsdPerToken +
    cacheReadTokens * price.cacheReadPicoUsdPerToken +
    Math.max(0, cacheWriteTokens - cacheWriteLongTokens) * price.cacheWritePicoUsdPerToken +
    cacheWriteLongTokens * price.cacheWriteLongPicoUsdPerToken +
    Math.max(0, outputTokens - reasoningTokens) * price.outputPicoUsdPerToken +
    reasoningTokens * price.reasoningPicoUsdPerToken;
  const beside = images * price.imageNanoUsd + usage.hostedToolCalls * price.hostedToolCallNanoUsd;
  if (pico > EXACT_MAX || beside > EXACT_MAX) return null;
  return Number(dividedUp(BigInt(pico), PICO_PER_NANO)) + beside;
}

function inputPico(usage: Usage, price: Price): bigint {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, cacheWriteLongTokens } = usage;
  const plainTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
  const writeTokens = Math.max(0, cacheWriteTokens - cacheWriteLongTokens);
  return (
    product(plainTokens, price.inputPicoUsdPerToken) +
    product(cacheReadTokens, price.cacheReadPicoUsdPerToken) +
    product(writeTokens, price.cacheWritePicoUsdPerToken) +
    product(cacheWriteLongTokens, price.cacheWriteLongPicoUsdPerToken)
  );
}

function outputPico({ outputTokens, reasoningTokens }: Usage, price: Price): bigint {
  const plainTokens = Math.max(0, outputTokens - reasoningTokens);
  return (
    product(plainTokens, price.outputPicoUsdPerToken) +
    product(reasoningTokens, price.reasoningPicoUsdPerToken)
  );
}

const product = (count: number, price: number): bigint => BigInt(count) * BigInt(price);
