import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NamedBuckets } from './named-buckets.ts';
import { rateOf } from './rate.ts';

const SECOND_MS = 1_000;

test('a name has a bucket of its own; beyond it one waits for one, however many were taken', () => {
  let nowMs = 0;
  const buckets = new NamedBuckets(rateOf(1, SECOND_MS, 2), { monotonicMs: () => nowMs }, 10);
  assert.equal(buckets.waitMs('a'), 0);
  for (let taken = 0; taken < 50; taken += 1) buckets.take('a');
  assert.equal(buckets.waitMs('a'), SECOND_MS);
  assert.equal(buckets.waitMs('b'), 0);
  nowMs += SECOND_MS;
  assert.equal(buckets.waitMs('a'), 0);
  buckets.take('a');
  assert.equal(buckets.waitMs('a'), SECOND_MS);
  buckets.giveBack('a');
  assert.equal(buckets.waitMs('a'), 0);
});

test('what is given back of nothing is nothing, and a name that is forgotten begins anew', () => {
  const buckets = new NamedBuckets(rateOf(1, SECOND_MS, 1), { monotonicMs: () => 0 }, 2);
  buckets.giveBack('a');
  buckets.take('a');
  assert.equal(buckets.waitMs('a'), SECOND_MS);
  // Looking remembers nobody: only those that took have a place.
  for (const name of ['b', 'c', 'd']) assert.equal(buckets.waitMs(name), 0);
  assert.equal(buckets.waitMs('a'), SECOND_MS);
  buckets.take('b');
  buckets.take('c');
  assert.equal(buckets.waitMs('a'), 0);
});
