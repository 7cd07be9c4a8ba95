import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { JsonValue } from '#stdx/json.ts';

import { withUnread } from './unread-fields.ts';

const carried = (before: JsonValue, read: unknown, next: unknown): unknown =>
  JSON.parse(withUnread(JSON.stringify(before), read, next));

test('fields that were not read are there afterwards, at any depth', () => {
  const before = { name: 'a', later: 1, scope: { hours: null, later: ['x'] } };
  const read = { name: 'a', scope: { hours: null } };
  assert.deepEqual(carried(before, read, { name: 'b', scope: { hours: '9-5' } }), {
    name: 'b',
    later: 1,
    scope: { hours: '9-5', later: ['x'] },
  });
});

test('what was read and left out is gone, and what was written is as it was written', () => {
  assert.deepEqual(carried({ a: 1, b: 2 }, { a: 1, b: 2 }, { a: 1 }), { a: 1 });
  assert.deepEqual(carried({ a: 1, b: 2 }, { a: 1 }, { a: 1, b: 3 }), { a: 1, b: 3 });
  assert.deepEqual(carried({ a: { x: 1, y: 2 } }, { a: { x: 1 } }, { a: null }), { a: null });
  assert.deepEqual(carried({ a: { x: 1, y: 2 } }, { a: { x: 1 } }, {}), {});
});

test('entries of lists lose what was not read', () => {
  const [before, read] = [{ of: [{ x: 1, later: 2 }] }, { of: [{ x: 1 }] }];
  assert.deepEqual(carried(before, read, read), read);
});

test('a record whose every field was read is written as it is', () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(objects, objects, (before, next) => {
      const stored = JSON.stringify(before);
      assert.equal(withUnread(stored, JSON.parse(stored), next), JSON.stringify(next));
    }),
  );
});
