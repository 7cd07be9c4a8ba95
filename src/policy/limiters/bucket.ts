/** The token bucket, as a pure function of its state, a cost and the time. */
import { assert } from '#stdx/assert.ts';

export interface Bucket {
  /** May be below zero: what was used beyond the estimate is a debt, and debts are paid. */
  readonly level: number;
  readonly updatedMs: number;
}

export interface BucketRate {
  readonly capacity: number;
  readonly refillPerMs: number;
}

export type Draw =
  | { readonly taken: true; readonly bucket: Bucket }
  | { readonly taken: false; readonly bucket: Bucket; readonly retryAfterMs: number };

export const fullBucket = ({ capacity }: BucketRate, nowMs: number): Bucket => ({
  level: capacity,
  updatedMs: nowMs,
});

/** What the bucket holds at `nowMs`. A clock that steps back refills nothing. */
export function refill(bucket: Bucket, rate: BucketRate, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.updatedMs);
  const level = Math.min(rate.capacity, bucket.level + elapsedMs * rate.refillPerMs);
  return { level, updatedMs: bucket.updatedMs + elapsedMs };
}

/** Takes `amount` now, or says how long until it could be taken. Never takes a part of it. */
export function draw(bucket: Bucket, amount: number, rate: BucketRate, nowMs: number): Draw {
  assert(amount >= 0 && amount <= rate.capacity, 'a draw fits the bucket; the caller checks it');
  const current = refill(bucket, rate, nowMs);
  // Sums of fractions of a millisecond end just below a whole; a billionth is not a token.
  if (current.level + 1e-9 < amount) {
    const retryAfterMs = Math.ceil((amount - current.level) / rate.refillPerMs);
    return { taken: false, bucket: current, retryAfterMs };
  }
  return { taken: true, bucket: { ...current, level: current.level - amount } };
}

/** Gives back what was not used, never above the capacity; a negative amount is a debt. */
export function giveBack(bucket: Bucket, amount: number, rate: BucketRate, nowMs: number): Bucket {
  const current = refill(bucket, rate, nowMs);
  return { ...current, level: Math.min(rate.capacity, current.level + amount) };
}
