import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Heap } from './heap.ts';

test('gives back the smallest of what is in it, whatever came before', () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { nil: 'pop' as const }));
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new Heap<number>((item) => item);
      const oracle: number[] = [];
      for (const step of all) {
        if (step === 'pop') {
          oracle.sort((a, b) => a - b);
          assert.equal(heap.pop(), oracle.shift());
        } else {
          heap.push(step);
          oracle.push(step);
        }
        assert.equal(heap.size, oracle.length);
      }
    }),
  );
});
