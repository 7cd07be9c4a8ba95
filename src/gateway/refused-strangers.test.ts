import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rateOf } from '#policy/limiters/rate.ts';

import { RefusedStrangers } from './refused-strangers.ts';

function scene(holdMs: number) {
  const time = { ms: 0 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  return { time, strangers: new RefusedStrangers({ prompt: rateOf(3, 1_000, 3), holdMs }, clock) };
}

const held = (strangers: RefusedStrangers, ip: string, count: number): number[] =>
  Array.from({ length: count }, () => strangers.refused(ip));

test('so many refusals of an address are prompt, and again when time has gone by', () => {
  const { time, strangers } = scene(500);
  assert.deepEqual(held(strangers, '192.0.2.1', 5), [0, 0, 0, 500, 500]);
  assert.deepEqual(held(strangers, '192.0.2.2', 1), [0], 'another address is another stranger');
  held(strangers, '192.0.2.1', 1_000);
  time.ms += 1_000;
  assert.deepEqual(held(strangers, '192.0.2.1', 4), [0, 0, 0, 500], 'a flood is not remembered');
});

test('a host on IPv6 is one stranger, whatever address of its network it takes', () => {
  const { strangers } = scene(500);
  const answers = [1, 2, 3, 4].map((host) => strangers.refused(`2001:db8::${host}`));
  assert.deepEqual(answers, [0, 0, 0, 500]);
});

test('with no time to hold them, all are prompt', () => {
  const { strangers } = scene(0);
  assert.deepEqual(new Set(held(strangers, '192.0.2.1', 100)), new Set([0]));
});
