import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rateOf } from '#policy/limiters/rate.ts';

import { FailedCredentials } from './failed-credentials.ts';

function scene() {
  const time = { ms: 0 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  const perAddress = rateOf(3, 60_000, 3);
  const perKey = rateOf(2, 60_000, 2);
  return { time, failed: new FailedCredentials({ perAddress, perKey }, clock) };
}

test('an address may fail so often, and again when time has gone by', () => {
  const { time, failed } = scene();
  for (let index = 0; index < 3; index += 1) {
    assert.equal(failed.waitMs('192.0.2.1'), null);
    failed.failed('192.0.2.1');
  }
  assert.equal(failed.waitMs('192.0.2.1'), 20_000);
  assert.equal(failed.waitMs('192.0.2.2'), null, 'another address is another stranger');
  for (let index = 0; index < 1_000; index += 1) failed.failed('192.0.2.1');
  assert.equal(failed.waitMs('192.0.2.1'), 20_000, 'a flood does not lengthen the wait');
  time.ms += 20_000;
  assert.equal(failed.waitMs('192.0.2.1'), null);
});

test('a host on IPv6 is one stranger, whatever address of its network it takes', () => {
  const { failed } = scene();
  for (let index = 0; index < 3; index += 1) failed.failed(`2001:db8::${index}`);
  assert.notEqual(failed.waitMs('2001:db8::ffff'), null);
  assert.equal(failed.waitMs('2001:db8:0:1::1'), null);
});

test('secrets that are tried for one key are counted together, wherever they come from', () => {
  const { time, failed } = scene();
  assert.equal(failed.failedKey('a'), null);
  assert.equal(failed.failedKey('a'), null);
  assert.equal(failed.failedKey('a'), 30_000);
  assert.equal(failed.failedKey('b'), null, 'another key');
  time.ms += 30_000;
  assert.equal(failed.failedKey('a'), null);
});

test('uses of a honey key are worth so many records, of each key and from each address', () => {
  const { time, failed } = scene();
  const noted = (keyId: string, ip: string): number => {
    let count = 0;
    for (let index = 0; index < 50; index += 1) if (failed.noteHoney(keyId, ip)) count += 1;
    return count;
  };
  assert.equal(noted('a', '192.0.2.1'), 10);
  assert.equal(noted('a', '192.0.2.1'), 0);
  assert.equal(noted('b', '192.0.2.1'), 10, 'another key');
  assert.equal(noted('a', '192.0.2.2'), 10, 'another address');
  time.ms += 3_600_000;
  assert.equal(noted('a', '192.0.2.1'), 10);
});

test('what one process has counted counts for the others, and goes round once', () => {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const rates = { perAddress: rateOf(2, 60_000, 2), perKey: rateOf(2, 60_000, 2) };
  const [one, other] = [new FailedCredentials(rates, clock), new FailedCredentials(rates, clock)];
  let told = 0;
  one.onFailed = (failed) => {
    told += 1;
    other.heard(failed);
  };
  other.onFailed = () => assert.fail('it was heard, and is not told again');
  one.failed('203.0.113.7');
  one.failed('203.0.113.7');
  assert.notEqual(other.waitMs('203.0.113.7'), null);
  assert.equal(other.waitMs('203.0.113.8'), null);
  one.failedKey('key');
  one.failedKey('key');
  other.onFailed = () => {};
  assert.notEqual(other.failedKey('key'), null);
  assert.ok(one.noteHoney('honey', '203.0.113.7'));
  assert.equal(told, 5);
});
