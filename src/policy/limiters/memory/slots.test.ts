import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Slots } from './slots.ts';

test('counts names and not endings: what is freed twice, or was never taken, frees nothing', () => {
  const step = fc.record({
    isTake: fc.boolean(),
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    bucket: fc.constantFrom('x', 'y'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const slots = new Slots();
      const truth = { x: new Set<string>(), y: new Set<string>() };
      for (const { isTake, id, bucket } of steps) {
        if (isTake) {
          slots.take(bucket, id);
          truth[bucket].add(id);
        } else {
          slots.free(bucket, id);
          truth[bucket].delete(id);
        }
        assert.equal(slots.count(bucket), truth[bucket].size);
      }
      const taken = [truth.x, truth.y].filter(({ size }) => size > 0).length;
      assert.equal(slots.bucketCount, taken, 'an empty bucket is none');
    }),
  );
});
