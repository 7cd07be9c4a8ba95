import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Alert, testAlert } from './alert.ts';
import { DedupTable } from './dedup-table.ts';

function table() {
  const closed: Alert[] = [];
  return { closed, dedup: new DedupTable((merged) => void closed.push(merged)) };
}
const of = (changes: Partial<Alert>): Alert => ({ ...testAlert, ...changes });

test('one is told at once, the rest of its window once, with what they come to', () => {
  const { closed, dedup } = table();
  const alert = of({ tenant: 'acme', guard: 'g', count: 2 });
  assert.equal(dedup.admit(alert, 0, 1_000), true);
  assert.equal(dedup.admit(alert, 10, 1_000), false);
  assert.equal(dedup.admit(of({ ...alert, count: 5, requestId: 'req_9' }), 20, 1_000), false);
  assert.equal(dedup.nextCloseMs, 1_000);
  dedup.close(999);
  assert.deepEqual(closed, []);
  dedup.close(1_000);
  assert.deepEqual(
    closed.map(({ count, requestId }) => [count, requestId]),
    [[7, 'req_9']],
  );
  assert.equal(dedup.admit(alert, 1_001, 1_000), true, 'the next one opens a window of its own');
});

test('a window in which nothing was merged closes without a word', () => {
  const { closed, dedup } = table();
  dedup.admit(of({ tenant: 'acme' }), 0, 1_000);
  dedup.close(Number.POSITIVE_INFINITY);
  assert.equal(dedup.nextCloseMs, Number.POSITIVE_INFINITY);
  assert.deepEqual(closed, []);
});

test('what differs in tenant, guard, category, action, mode or key is another alert', () => {
  const { dedup } = table();
  const base = of({ tenant: 'a', guard: 'g', category: 'c', action: 'alert', key: 'k' });
  assert.equal(dedup.admit(base, 0, 1_000), true);
  for (const other of [
    { tenant: 'b' },
    { guard: 'h' },
    { category: 'd' },
    { action: 'block' },
    { mode: 'observe' },
    { key: 'l' },
  ] as const) {
    assert.equal(dedup.admit({ ...base, ...other }, 0, 1_000), true, JSON.stringify(other));
  }
  assert.equal(dedup.admit({ ...base, requestId: 'another' }, 0, 1_000), false);
});

test('a window of nothing merges nothing', () => {
  const { dedup } = table();
  assert.deepEqual([dedup.admit(testAlert, 0, 0), dedup.admit(testAlert, 0, 0)], [true, true]);
});

test('a caller with a hundred thousand names fills no memory, and nothing is forgotten', () => {
  const { closed, dedup } = table();
  let told = 0;
  for (let index = 0; index < 100_000; index += 1) {
    const alert = of({ key: `key-${index}` });
    if (dedup.admit(alert, 0, 1_000)) told += alert.count;
    dedup.admit(alert, 0, 1_000);
  }
  // The windows that were pushed out have told of what they merged; only the last are still open.
  assert.equal(told, 100_000);
  assert.ok(closed.length > 90_000 && closed.length < 100_000, `${closed.length}`);
  dedup.close(Number.POSITIVE_INFINITY);
  assert.equal(closed.length, 100_000);
});
