/**
 * Money is an integer of nano-USD. A double holds integers exactly up to 2^53, which is 9 million
 * dollars: enough for one call, and `nanoUsd` refuses what is not exact.
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
  const whole = Math.floor(amount / NANO_PER_USD);
  return `${whole}.${String(amount % NANO_PER_USD).padStart(9, '0')}`;
}

/** What a call costs by list price; `null` where nobody knows. */
export interface Price {
  readonly inputNanoUsdPerToken: number;
  readonly outputNanoUsdPerToken: number;
  readonly version: string;
}

/** Tokens as a provider reported or as we counted them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whose number it is. A provider's wins where it is plausible. */
  readonly source: 'provider' | 'counted' | 'estimated';
}
