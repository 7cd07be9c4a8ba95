import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryReplayStore } from './replays.ts';

const WIDTH_MS = 1_000;

function scene() {
  const time = { ms: 5_000_000 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  return { time, store: new MemoryReplayStore(WIDTH_MS, clock) };
}

test('a proof is new once for as long as it can count, wherever in a half it came', () => {
  for (const offsetMs of [0, 1, 500, 999]) {
    const { time, store } = scene();
    time.ms += offsetMs;
    assert.equal(store.claim('a', 'h'), 'new');
    for (const afterMs of [0, 1, 400, 599]) {
      time.ms += afterMs;
      assert.equal(store.claim('a', 'h'), 'seen', `${offsetMs} and ${afterMs}`);
    }
  }
});

test('what cannot count any more is forgotten, and a pause forgets all of it', () => {
  const { time, store } = scene();
  assert.equal(store.claim('a', 'h'), 'new');
  time.ms += WIDTH_MS;
  assert.equal(store.claim('b', 'h'), 'new');
  time.ms += WIDTH_MS;
  assert.equal(store.claim('a', 'h'), 'new');
  assert.equal(store.claim('b', 'h'), 'seen');
  time.ms += 10 * WIDTH_MS;
  assert.equal(store.claim('b', 'h'), 'new');
});

test('a full store takes none: it never forgets a proof that can still count', () => {
  const { time, store } = scene();
  for (let index = 0; index < 200_000; index += 1) store.claim(`${index}`, `h${index % 10}`);
  assert.equal(store.claim('one more', 'h'), 'full');
  assert.equal(store.claim('0', 'h'), 'seen');
  time.ms += WIDTH_MS;
  assert.equal(store.claim('one more', 'h'), 'new');
  assert.equal(store.claim('0', 'h'), 'seen');
});

test('one holder is stopped alone, and what it has used stays used', () => {
  const { time, store } = scene();
  for (let index = 0; index < 40_000; index += 1) {
    assert.equal(store.claim(`${index}`, 'h'), 'new');
  }
  assert.equal(store.claim('one more', 'h'), 'full');
  assert.equal(store.claim('0', 'h'), 'seen');
  assert.equal(store.claim('another', 'i'), 'new');
  time.ms += WIDTH_MS;
  assert.equal(store.claim('one more', 'h'), 'new');
});
