/**
 * The token bucket, as pure functions of its state, an amount and the time. A state is two numbers,
 * and what is taken or given back is a new level: the store keeps it, and nothing is allocated.
 */
export interface BucketRate {
  readonly capacity: number;
  readonly refillPerMs: number;
}

/** Sums of fractions of a millisecond end just below a whole; a billionth is not a token. */
const DUST = 1e-9;

/**
 * What the bucket holds at `nowMs`. A clock that steps back refills nothing. The level may be below
 * zero: what was used beyond the estimate is a debt, and debts are paid.
 */
export function levelAt(level: number, updatedMs: number, rate: BucketRate, nowMs: number): number {
  const elapsedMs = Math.max(0, nowMs - updatedMs);
  return Math.min(rate.capacity, level + elapsedMs * rate.refillPerMs);
}

/** Whether all of `amount` can be taken now. Never a part of it. */
export const covers = (level: number, amount: number): boolean => level + DUST >= amount;

/** How long until a bucket at `level` covers `amount`, which must fit the capacity. */
export const waitMs = (level: number, amount: number, { refillPerMs }: BucketRate): number =>
  Math.max(1, Math.ceil((amount - level) / refillPerMs));

/** Gives back what was not used, never above the capacity; a negative amount is a debt. */
export const giveBack = (level: number, amount: number, { capacity }: BucketRate): number =>
  Math.min(capacity, level + amount);

/** Whole units that are left, for people to read. */
export const unitsLeft = (level: number): number => Math.floor(Math.max(0, level) + DUST);
