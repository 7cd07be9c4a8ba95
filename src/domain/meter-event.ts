/**
 * What a receiver of usage is told: sums of a quarter of an hour, once. A sum that changes later (a
 * lease that was corrected) is told as what was added, under an id of its own.
 */
export interface MeterSums {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  readonly costNanoUsd: number;
}

export const meterMeasures = [
  'requests',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costNanoUsd',
] as const satisfies readonly (keyof MeterSums)[];

export interface MeterEvent extends MeterSums {
  /** The same however often it is sent. */
  readonly id: string;
  readonly tenant: string;
  readonly model: string;
  readonly provider: string | null;
  readonly priceVersion: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}
