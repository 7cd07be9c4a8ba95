/** Percentiles of times that were counted apart: added up, they are those of all times together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Histogram } from './histogram.ts';

const times = fc.array(fc.integer({ min: 0, max: 3_600_000_000 }), {
  minLength: 1,
  maxLength: 300,
});

function counted(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

test('a percentile is within a twentieth of the value that has that rank', () => {
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.95, 0.99, 1), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = Math.max(1, sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
      const told = counted(values).percentile(share) ?? 0;
      assert.ok(Math.abs(told - exact) <= exact * 0.05 + 1, `${told} for ${exact}`);
    }),
  );
});

test('merged in any order and kept as text in between, it says what all of them say', () => {
  fc.assert(
    fc.property(times, times, (one, two) => {
      const merged = counted(two);
      merged.merge(counted(one));
      const kept = Histogram.of(JSON.parse(JSON.stringify(merged.body())));
      assert.deepEqual(kept.body(), counted([...one, ...two]).body());
      assert.equal(kept.count, one.length + two.length);
      assert.ok(Math.abs(kept.mean - counted([...one, ...two]).mean) < 1e-6);
    }),
  );
});

test('nothing has no percentile, and what took longest is bounded', () => {
  assert.equal(new Histogram().percentile(0.5), null);
  const long = counted([Number.MAX_SAFE_INTEGER]);
  assert.deepEqual(long.body()[1], [[320, 1]]);
});
