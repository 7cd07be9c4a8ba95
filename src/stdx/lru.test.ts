import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Lru } from './lru.ts';

test('never holds more than its bound, and never answers with a value that was replaced', () => {
  const operation = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(12), fc.nat(99));
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.array(operation), (entriesMax, operations) => {
      const lru = new Lru<number, number>(entriesMax);
      const truth = new Map<number, number>();
      for (const [kind, key, value] of operations) {
        if (kind === 'set') {
          lru.set(key, value);
          truth.set(key, value);
          assert.equal(lru.get(key), value);
        } else if (kind === 'delete') {
          lru.delete(key);
          truth.delete(key);
        }
        const got = lru.get(key);
        assert.ok(got === undefined || got === truth.get(key));
        assert.ok(lru.size <= entriesMax);
      }
    }),
  );
});

test('keeps what is used, however many others pass', () => {
  const lru = new Lru<number, string>(10);
  lru.set(-1, 'kept');
  for (let key = 0; key < 1_000; key += 1) {
    lru.set(key, 'passing');
    assert.equal(lru.get(-1), 'kept');
  }
  assert.equal(lru.get(0), undefined);
});
