/**
 * What a receiver of usage is told: sums of a quarter of an hour, once. A sum that changes later (a
 * lease that was corrected) is told as what was added, under an id of its own.
 */
import type { UsageSums } from './ledger-entry.ts';

export const meterMeasures = [
  'requests',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costNanoUsd',
] as const satisfies readonly (keyof UsageSums)[];

export interface MeterEvent extends UsageSums {
  /** The same however often it is sent. */
  readonly id: string;
  readonly tenant: string;
  readonly model: string;
  readonly provider: string | null;
  readonly priceVersion: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}
