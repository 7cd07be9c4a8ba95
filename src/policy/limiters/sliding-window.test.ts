/** RL-01: the window against a list of everything that was let through, a million events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  count,
  countBack,
  openWindow,
  slide,
  sliceMsOf,
  SLICES,
  slideMs,
} from './sliding-window.ts';

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

interface Event {
  readonly atMs: number;
  amount: number;
}

const WINDOWS: readonly (readonly [amount: number, windowMs: number])[] = [
  [100, 60_000],
  [5, 1_000],
  [10_000, 3_600_000],
  [3, 17],
];

test('RL-01: a million events, and the answer is that of a list of all of them', () => {
  let refused = 0;
  for (const [index, [limit, windowMs]] of WINDOWS.entries()) {
    const random = seeded(index + 7);
    const sliceMs = sliceMsOf(windowMs);
    const window = openWindow(sliceMs, 0);
    let kept: Event[] = [];
    let nowMs = 0;
    for (let step = 0; step < 250_000; step += 1) {
      nowMs += random(4) === 0 ? random(windowMs) : random(Math.ceil(windowMs / limit) + 1);
      const slice = Math.floor(nowMs / sliceMs);
      kept = kept.filter(({ atMs }) => Math.floor(atMs / sliceMs) > slice - SLICES - 1);
      const used = kept.reduce((sum, { amount }) => sum + amount, 0);
      const amount = 1 + random(Math.max(1, Math.floor(limit / 5)));
      slide(window, nowMs);
      assert.equal(window.used, used, `step ${step} of window ${index}`);
      if (used + amount > limit) {
        refused += 1;
        continue;
      }
      count(window, amount);
      const event = { atMs: nowMs, amount };
      kept.push(event);
      if (random(3) > 0) continue;
      // Some of it was not used.
      const unused = random(amount);
      countBack(window, unused, slice);
      event.amount -= unused;
    }
  }
  assert.ok(refused > 10_000 && refused < 990_000, `${refused} of them were refused`);
});

test('in no window of time more than the limit is let through', () => {
  const random = seeded(99);
  const [limit, windowMs] = [20, 1_000];
  const window = openWindow(sliceMsOf(windowMs), 0);
  const taken: number[] = [];
  let nowMs = 0;
  for (let step = 0; step < 20_000; step += 1) {
    nowMs += random(60);
    slide(window, nowMs);
    if (window.used >= limit) continue;
    count(window, 1);
    taken.push(nowMs);
    const inWindow = taken.filter((atMs) => atMs > nowMs - windowMs).length;
    assert.ok(inWindow <= limit, `${inWindow} in one window at ${nowMs}`);
  }
  // It is no brake either: about the limit comes through in each window and the slice beside it.
  assert.ok(taken.length > (nowMs / windowMs) * limit * 0.85, `${taken.length} were let through`);
});

test('after exactly the wait that it tells it fits, and a millisecond earlier it does not', () => {
  const random = seeded(5);
  const windowMs = 1_000;
  for (let round = 0; round < 2_000; round += 1) {
    const window = openWindow(sliceMsOf(windowMs), 0);
    let nowMs = 0;
    for (let call = 0; call < 10; call += 1) {
      nowMs += random(80);
      slide(window, nowMs);
      count(window, 1);
    }
    const waitMs = slideMs(window, 3, 10, nowMs);
    slide(window, nowMs + waitMs - 1);
    assert.ok(window.used + 3 > 10);
    slide(window, nowMs + waitMs);
    assert.ok(window.used + 3 <= 10);
  }
});

test('what is given back after its slice has left changes nothing', () => {
  const window = openWindow(10, 0);
  count(window, 5);
  slide(window, 10 * (SLICES + 1));
  count(window, 2);
  countBack(window, 5, 0);
  assert.equal(window.used, 2);
});
