/**
 * A rate in whole numbers. "100000 in 60000 ms" is "5 every 3 ms": one unit costs 3 points, and a
 * millisecond gives 5 back. Points are exact in a double, in Lua and in SQL alike, so the stores
 * cannot drift apart, and a thousand settlements leave no dust.
 */

export interface Rate {
  /** Points that a full bucket holds. */
  readonly capacity: number;
  /** Points of one unit. */
  readonly unitPoints: number;
  /** Points that come back in a millisecond. */
  readonly pointsPerMs: number;
}

/**
 * The most points of a bucket. A quarter of what a double holds exactly: a debt may be as large again,
 * and sums of two stay exact.
 */
const POINTS_MAX = 2 ** 51;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/**
 * `burst` units at once, and `amount` of them in each window. A rate that whole numbers of this size
 * cannot say is rounded down: a limit is never more than what the operator wrote.
 */
export function rateOf(amount: number, windowMs: number, burst: number): Rate {
  const divisor = greatestDivisor(amount, windowMs);
  const exact = { unitPoints: windowMs / divisor, pointsPerMs: amount / divisor };
  const shrink = Math.ceil((burst * exact.unitPoints) / POINTS_MAX);
  if (shrink <= 1) return { ...exact, capacity: burst * exact.unitPoints };
  const unitPoints = Math.ceil(exact.unitPoints / shrink);
  // Below one point a millisecond it would never refill.
  const pointsPerMs = Math.max(1, Math.floor(exact.pointsPerMs / shrink));
  return { unitPoints, pointsPerMs, capacity: burst * unitPoints };
}
