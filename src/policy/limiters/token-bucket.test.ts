/** RL-01: the bucket against exact fractions, a million events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { rateOf } from './rate.ts';
import { seeded } from './seeds.contract.ts';
import { type Bucket, debtAt, draw, emptyDebt, fits, unitsLeft, waitMs } from './token-bucket.ts';

/** Fractions as pairs of whole numbers: units times the window, so that nothing is ever rounded. */
class Oracle {
  readonly #amount: bigint;
  readonly #windowMs: bigint;
  readonly #full: bigint;
  #level: bigint;
  #atMs = 0n;

  constructor(amount: number, windowMs: number, burst: number) {
    this.#amount = BigInt(amount);
    this.#windowMs = BigInt(windowMs);
    this.#full = BigInt(burst) * this.#windowMs;
    this.#level = this.#full;
  }

  covers(units: number, nowMs: number): boolean {
    const now = BigInt(nowMs);
    if (now > this.#atMs) {
      this.#level += (now - this.#atMs) * this.#amount;
      this.#atMs = now;
    }
    if (this.#level > this.#full) this.#level = this.#full;
    return this.#level >= BigInt(units) * this.#windowMs;
  }

  move(units: number): void {
    this.#level -= BigInt(units) * this.#windowMs;
    if (this.#level > this.#full) this.#level = this.#full;
  }
}

const RATES: readonly (readonly [amount: number, windowMs: number, burst: number])[] = [
  [60, 60_000, 20],
  [100_000, 60_000, 100_000],
  [7, 1_000, 7],
  [1, 86_400_000, 3],
  [999_983, 3_600_000, 50_000],
];

test('RL-01: a million draws, and every answer is that of exact fractions', () => {
  let refused = 0;
  for (const [index, [amount, windowMs, burst]] of RATES.entries()) {
    const random = seeded(index + 1);
    const rate = rateOf(amount, windowMs, burst);
    const oracle = new Oracle(amount, windowMs, burst);
    const bucket: Bucket = emptyDebt(rate, 0);
    let nowMs = 0;
    for (let event = 0; event < 200_000; event += 1) {
      nowMs += random(3) === 0 ? 0 : random(Math.ceil((2 * windowMs) / amount) + 2);
      const units = 1 + random(Math.max(1, Math.floor(burst / 4)));
      const isTaken = fits(debtAt(bucket, rate, nowMs), units, rate);
      assert.equal(isTaken, oracle.covers(units, nowMs), `event ${event} of rate ${index}`);
      if (!isTaken) {
        refused += 1;
        continue;
      }
      draw(bucket, units, rate, nowMs);
      oracle.move(units);
    }
  }
  assert.ok(refused > 10_000 && refused < 990_000, `${refused} of them were refused`);
});

test('RL-01: what comes at once is never more than the burst, whatever came before', () => {
  const steps = fc.array(
    fc.record({ waitMs: fc.nat(5_000), units: fc.integer({ min: 1, max: 6 }) }),
  );
  fc.assert(
    fc.property(steps, (events) => {
      const rate = rateOf(10, 1_000, 12);
      const bucket = emptyDebt(rate, 0);
      let nowMs = 0;
      let atOnce = 0;
      for (const { waitMs: idleMs, units } of events) {
        if (idleMs > 0) atOnce = 0;
        nowMs += idleMs;
        if (!fits(debtAt(bucket, rate, nowMs), units, rate)) continue;
        draw(bucket, units, rate, nowMs);
        atOnce += units;
        assert.ok(atOnce <= 12);
      }
    }),
  );
});

test('after exactly the wait that it tells it fits, and a millisecond earlier it does not', () => {
  const amounts = fc.integer({ min: 1, max: 1_000_000 });
  const windows = fc.integer({ min: 1, max: 86_400_000 });
  fc.assert(
    fc.property(amounts, windows, fc.integer({ min: 1, max: 50 }), (amount, windowMs, burst) => {
      const rate = rateOf(amount, windowMs, burst);
      const bucket = emptyDebt(rate, 0);
      draw(bucket, burst, rate, 0);
      const wait = waitMs(debtAt(bucket, rate, 0), 1, rate);
      assert.ok(fits(debtAt(bucket, rate, wait), 1, rate));
      if (wait > 1) assert.ok(!fits(debtAt(bucket, rate, wait - 1), 1, rate));
    }),
  );
});

test('what is given back late does not enlarge the burst, and a debt is paid', () => {
  const rate = rateOf(10, 1_000, 10);
  const bucket = emptyDebt(rate, 0);
  draw(bucket, 10, rate, 0);
  draw(bucket, -9, rate, 1_000);
  assert.equal(unitsLeft(debtAt(bucket, rate, 1_000), rate), 10);
  draw(bucket, 25, rate, 1_000);
  assert.equal(fits(debtAt(bucket, rate, 2_400), 1, rate), false);
  assert.equal(fits(debtAt(bucket, rate, 2_600), 1, rate), true);
});

test('a clock that steps back pays nothing off and forgets nothing', () => {
  const rate = rateOf(10, 1_000, 10);
  const bucket = emptyDebt(rate, 5_000);
  draw(bucket, 10, rate, 5_000);
  assert.equal(fits(debtAt(bucket, rate, 1_000), 1, rate), false);
  draw(bucket, -1, rate, 1_000);
  assert.equal(unitsLeft(debtAt(bucket, rate, 5_000), rate), 1);
});

test('a rate that whole numbers cannot say is never more than what was written', () => {
  const amounts = fc.integer({ min: 1, max: 999_999_999_999 });
  const windows = fc.integer({ min: 1, max: 315_360_000_000 });
  fc.assert(
    fc.property(amounts, windows, amounts, (amount, windowMs, burst) => {
      const { unitPoints, pointsPerMs, capacity } = rateOf(amount, windowMs, burst);
      for (const points of [unitPoints, pointsPerMs, capacity]) {
        assert.ok(Number.isSafeInteger(points) && points > 0);
      }
      if (pointsPerMs > 1) {
        assert.ok(BigInt(pointsPerMs) * BigInt(windowMs) <= BigInt(unitPoints) * BigInt(amount));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a reload with another rate keeps what is owed', () => {
  const before = rateOf(60, 60_000, 60);
  const bucket = emptyDebt(before, 0);
  draw(bucket, 45, before, 0);
  const after = rateOf(100, 30_000, 50);
  assert.equal(unitsLeft(debtAt(bucket, after, 0), after), 5);
});
