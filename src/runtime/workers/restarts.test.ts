import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Restarts } from './restarts.ts';

const MINUTES_5 = 300_000;

test('RST-03: a worker that ends at its start is begun again at most ten times in five minutes', () => {
  const restarts = new Restarts(() => 0);
  const begunMs: number[] = [];
  for (let nowMs = 0; nowMs < 4 * MINUTES_5;) {
    // It lives for a tenth of a second each time.
    nowMs += 100;
    nowMs += restarts.ended(100, nowMs);
    begunMs.push(nowMs);
  }
  const inFive = begunMs.map(
    (fromMs) => begunMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + MINUTES_5).length,
  );
  assert.equal(Math.max(...inFive), 10);
  assert.ok(begunMs.length >= 30, 'it is never given up');
  assert.ok(restarts.isLooping);
});

test('waits 0, 1, 2, 4 and so on up to half a minute, and begins anew with one that ran', () => {
  const restarts = new Restarts(() => 0);
  const waits = Array.from({ length: 8 }, () => restarts.ended(100, 0));
  assert.deepEqual(waits, [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  assert.equal(restarts.ended(60_000, 10 * MINUTES_5), 0);
  assert.equal(restarts.isLooping, false);
  restarts.ended(0, 10 * MINUTES_5);
  restarts.ended(0, 10 * MINUTES_5);
  assert.equal(restarts.isLooping, true);
  restarts.steady(60_000);
  assert.equal(restarts.isLooping, false);
});

test('a wait is longer by chance, by a fifth at most', () => {
  const [early, late] = [new Restarts(() => 0), new Restarts(() => 1)];
  early.ended(0, 0);
  late.ended(0, 0);
  assert.equal(early.ended(0, 0), 1_000);
  assert.equal(late.ended(0, 0), 1_200);
});
