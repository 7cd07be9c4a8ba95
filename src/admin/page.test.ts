import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { mergedPage } from './page.ts';

const id = fc.stringMatching(/^[a-z0-9-]{1,3}$/u);
const ids = fc.uniqueArray(id, { maxLength: 30 });

test('pages of two sources together are the sorted whole, whatever the page size', () => {
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 1, max: 9 }), (declared, stored, limit) => {
      const whole = [...new Set([...declared, ...stored])].toSorted();
      const seen: string[] = [];
      let after: string | undefined;
      for (let pages = 0; pages <= whole.length; pages += 1) {
        const page = mergedPage(declared, storePage(stored, after, limit), (each) => each, {
          limit,
          after,
        });
        assert.ok(page.items.length <= limit);
        seen.push(...page.items);
        if (page.next === null) break;
        after = page.next;
      }
      assert.deepEqual(seen, whole);
    }),
  );
});

function storePage(stored: readonly string[], after: string | undefined, limit: number) {
  const rest = stored.toSorted().filter((each) => after === undefined || each > after);
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? (items.at(-1) ?? null) : null };
}
