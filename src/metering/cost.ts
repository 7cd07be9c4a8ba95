/** What a usage costs by a price: integers in, integers out. */
import { nanoUsd, type NanoUsd, type Price, type Usage } from '#domain/money.ts';

/** Null where the price is not known: an unknown price is not zero. */
export function costOf(usage: Usage, price: Price | null): NanoUsd | null {
  if (price === null) return null;
  const { inputNanoUsdPerToken, outputNanoUsdPerToken } = price;
  return nanoUsd(
    usage.inputTokens * inputNanoUsdPerToken + usage.outputTokens * outputNanoUsdPerToken,
  );
}

/** Dollars for a million tokens, as price lists write them, to whole nano-dollars for one. */
export const perTokenNanoUsd = (usdPerMTok: number): number => Math.round(usdPerMTok * 1_000);
