import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bucketOf, counterStoreContract, LEASE_MS, TestClock } from '../counter-store.contract.ts';
import { MemoryCounters } from './memory-counters.ts';

counterStoreContract('memory', (clock) =>
  Promise.resolve({ store: new MemoryCounters(clock), close: () => Promise.resolve() }),
);

test('forgets counters that hold nothing, and refuses new ones beyond its bound', () => {
  const clock = new TestClock();
  const store = new MemoryCounters(clock, { countersMax: 100 });
  const ask = (name: string) => store.take([bucketOf(name, 1, 1)]).kind;
  for (let index = 0; index < 100; index += 1) assert.equal(ask(`b${index}`), 'held');
  assert.equal(ask('one more'), 'refused');
  clock.ms += 10_000;
  for (let index = 0; index < 4_200; index += 1) ask('b0');
  assert.ok(store.counterCount < 100);
  assert.equal(ask('one more'), 'held');
});

test('a counter that is owed something is kept, however many names there are', () => {
  const clock = new TestClock();
  const store = new MemoryCounters(clock, { countersMax: 10 });
  assert.equal(store.reserve('owing', [bucketOf('owing', 1, 1)], LEASE_MS).kind, 'held');
  for (let index = 0; index < 10_000; index += 1) store.take([bucketOf(`n${index}`, 1, 1)]);
  assert.equal(store.take([bucketOf('owing', 1, 1)]).kind, 'refused');
});
