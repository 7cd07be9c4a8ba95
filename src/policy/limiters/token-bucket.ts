/**
 * The token bucket as a meter: GCRA (ITU-T I.371) in its dual form. What is kept is the debt of a
 * bucket and when it was worked out; time pays it off. A burst fits while the debt with it stays
 * within the capacity.
 *
 * Pure and in whole points: the Lua and SQL of the shared stores say the same, line for line.
 */
import type { Rate } from './rate.ts';

/** Changed in place by stores: one is drawn from for every call, and new ones would be garbage. */
export interface Bucket {
  /** Points that are drawn and not paid off. More than the capacity: used beyond an estimate. */
  debt: number;
  atMs: number;
  /** Of the rate that `debt` is written in: a reload may bring another. */
  unitPoints: number;
  /** Units that gateways have on loan: time does not pay them off, as they may still be spent. */
  lent: number;
  /** When all loans are over. A store that has lost them takes what was lent for drawn then. */
  lentEndsMs: number;
}

/** The mark of a hold that was lent, and not drawn. */
export const LENT = 1;

export const emptyDebt = ({ unitPoints }: Rate, nowMs: number): Bucket => ({
  debt: 0,
  atMs: nowMs,
  unitPoints,
  lent: 0,
  lentEndsMs: 0,
});

/** What cannot be drawn now: the debt, and what is on loan. */
export const owedAt = (bucket: Bucket, rate: Rate, nowMs: number): number =>
  debtAt(bucket, rate, nowMs) + bucket.lent * rate.unitPoints;

/** A loan of `amount` units, until `endsMs` at the latest. */
export function lend(bucket: Bucket, amount: number, endsMs: number, of: Moment): void {
  draw(bucket, 0, of.rate, of.nowMs);
  bucket.lent += amount;
  bucket.lentEndsMs = Math.max(bucket.lentEndsMs, endsMs);
}

/** The end of a loan: what was spent of it is drawn now, never earlier than it was spent. */
export function repay(bucket: Bucket, amount: number, spent: number, of: Moment): void {
  draw(bucket, spent, of.rate, of.nowMs);
  bucket.lent = Math.max(0, bucket.lent - amount);
}

export interface Moment {
  readonly rate: Rate;
  readonly nowMs: number;
}

/** The debt at `nowMs`. A clock that steps back pays nothing off. */
export function debtAt(bucket: Bucket, rate: Rate, nowMs: number): number {
  const { debt, atMs, unitPoints } = bucket;
  // The same units in the points of the new rate, rounded against the caller.
  const own =
    unitPoints === rate.unitPoints ? debt : Math.ceil(debt / unitPoints) * rate.unitPoints;
  const elapsedMs = Math.max(0, nowMs - atMs);
  return Math.max(0, own - elapsedMs * rate.pointsPerMs);
}

/** Whether all of `amount` units can be drawn now. Never a part of it. */
export const fits = (debt: number, amount: number, { capacity, unitPoints }: Rate): boolean =>
  debt + amount * unitPoints <= capacity;

/** How long until `amount` fits, which must not be more than the capacity. */
export const waitMs = (debt: number, amount: number, rate: Rate): number =>
  Math.max(1, Math.ceil((debt + amount * rate.unitPoints - rate.capacity) / rate.pointsPerMs));

/**
 * Draws `amount` units at `nowMs`; a negative amount gives back. Never below no debt: what is given
 * back late does not enlarge the burst.
 */
export function draw(bucket: Bucket, amount: number, rate: Rate, nowMs: number): void {
  let debt = debtAt(bucket, rate, nowMs);
  if (bucket.lent > 0 && nowMs >= bucket.lentEndsMs) {
    debt += bucket.lent * rate.unitPoints;
    bucket.lent = 0;
  }
  bucket.debt = Math.max(0, debt + amount * rate.unitPoints);
  bucket.atMs = Math.max(bucket.atMs, nowMs);
  bucket.unitPoints = rate.unitPoints;
}

/** Whole units that could be drawn now, for people to read. */
export const unitsLeft = (debt: number, { capacity, unitPoints }: Rate): number =>
  Math.max(0, Math.floor((capacity - debt) / unitPoints));

/** How long until nothing of it is used. */
export const resetMs = (debt: number, { pointsPerMs }: Rate): number =>
  Math.ceil(debt / pointsPerMs);
