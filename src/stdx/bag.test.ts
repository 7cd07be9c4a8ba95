import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Bag } from './bag.ts';

test('holds what a set would hold, whatever is added and removed, twice too', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(9));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const items = Array.from({ length: 10 }, (_, id) => ({ id, slot: -1 }));
      const bag = new Bag<(typeof items)[number]>();
      const truth = new Set<number>();
      for (const [isAdded, id] of steps) {
        const item = items[id];
        assert.ok(item);
        if (isAdded) {
          bag.add(item);
          truth.add(id);
        } else {
          bag.remove(item);
          truth.delete(id);
        }
        assert.equal(bag.size, truth.size);
        assert.deepEqual(
          bag
            .all()
            .map((held) => held.id)
            .sort((a, b) => a - b),
          [...truth].sort((a, b) => a - b),
        );
      }
    }),
  );
});
