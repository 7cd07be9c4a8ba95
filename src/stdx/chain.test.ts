import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Chain, type Link } from './chain.ts';

test('holds what an array would hold, whatever leaves and in which order', () => {
  const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat({ max: 20 })));
  fc.assert(
    fc.property(steps, (all) => {
      const chain = new Chain<number>();
      const links: Link<number>[] = [];
      const oracle: number[] = [];
      for (const [index, step] of all.entries()) {
        if (step === 'add') {
          links.push(chain.add(index));
          oracle.push(index);
        } else {
          const link = links[step];
          if (link === undefined) continue;
          chain.remove(link);
          const at = oracle.indexOf(link.item);
          if (at !== -1) oracle.splice(at, 1);
        }
        assert.equal(chain.size, oracle.length);
        assert.equal(chain.first, oracle[0]);
        assert.equal(chain.last, oracle.at(-1));
      }
    }),
  );
});
