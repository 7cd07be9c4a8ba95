import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LoginThrottle } from './login-throttle.ts';

function throttleAt() {
  const time = { ms: 0 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  return { time, throttle: new LoginThrottle(clock) };
}

const stranger = (account: string, ip: string) => ({ account, ip, device: null });

test('slows one address down on one account, and lets it try again in a minute', () => {
  const { time, throttle } = throttleAt();
  const attempt = stranger('a', '192.0.2.1');
  for (let tries = 0; tries < 5; tries += 1) assert.equal(throttle.take(attempt), null);
  const waitMs = throttle.take(attempt);
  assert.ok(waitMs !== null && waitMs <= 60_000);
  // A flood makes it no longer.
  for (let tries = 0; tries < 1_000; tries += 1) assert.equal(throttle.take(attempt), waitMs);
  time.ms += waitMs;
  assert.equal(throttle.take(attempt), null);
});

test('slows spraying of many accounts down, by /32 and /64', () => {
  const { throttle } = throttleAt();
  let taken = 0;
  for (let account = 0; account < 200; account += 1) {
    const ip = `2001:db8:0:1::${account.toString(16)}`;
    if (throttle.take(stranger(`account-${account}`, ip)) === null) taken += 1;
  }
  assert.equal(taken, 30);
});

test('slows many addresses down on one account, and keeps no known device out', () => {
  const { throttle } = throttleAt();
  let taken = 0;
  for (let host = 0; host < 5_000; host += 1) {
    const ip = `10.1.${host >> 8}.${host & 255}`;
    if (throttle.take(stranger('boss', ip)) === null) taken += 1;
  }
  assert.equal(taken, 60);
  assert.equal(throttle.take({ account: 'boss', ip: '10.1.0.1', device: 'laptop' }), null);
  assert.equal(throttle.take(stranger('other', '192.0.2.9')), null);
});

test('a known device guesses no faster than anybody', () => {
  const { throttle } = throttleAt();
  const attempt = { account: 'a', ip: '192.0.2.1', device: 'laptop' };
  let taken = 0;
  for (let tries = 0; tries < 100; tries += 1) if (throttle.take(attempt) === null) taken += 1;
  assert.equal(taken, 10);
});

test('a try that was no guess is given back', () => {
  const { throttle } = throttleAt();
  const attempt = stranger('a', '192.0.2.1');
  for (let tries = 0; tries < 100; tries += 1) {
    assert.equal(throttle.take(attempt), null);
    throttle.forgive(attempt);
  }
});
