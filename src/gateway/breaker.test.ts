import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Breaker, type BreakerTurn } from './breaker.ts';

function pair() {
  const time = { ms: 0 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  const [one, other] = [new Breaker(clock), new Breaker(clock)];
  const turns: BreakerTurn[] = [];
  one.onTurn = (turn) => {
    turns.push(turn);
    other.heard(turn);
  };
  return { time, one, other, turns };
}

const failing = (breaker: Breaker): void => {
  for (let call = 0; call < 5; call += 1) breaker.failed('provider-timeout');
};

test('one that opens opens the others, for as long and for the same reason', () => {
  const { time, one, other } = pair();
  failing(one);
  assert.equal(other.state, 'open');
  assert.equal(other.tryPass(), false);
  assert.equal(other.lastFault, 'provider-timeout');
  assert.equal(other.retryAfterMs, 2_000);
  time.ms = 2_000;
  assert.equal(other.state, 'half-open');
});

test('a probe that is answered closes all, and one that fails opens all for longer', () => {
  const { time, one, other, turns } = pair();
  failing(one);
  time.ms = 2_000;
  assert.ok(one.tryPass());
  one.failed('provider-cut');
  assert.equal(other.retryAfterMs, 4_000);
  assert.equal(other.lastFault, 'provider-cut');
  time.ms = 6_000;
  assert.ok(one.tryPass());
  one.answered();
  assert.equal(other.state, 'closed');
  assert.ok(other.tryPass());
  assert.deepEqual(
    turns.map(({ kind }) => kind),
    ['opened', 'opened', 'closed'],
  );
});

test('what is heard is told to nobody, so that it goes round once', () => {
  const { one, other } = pair();
  let told = 0;
  other.onTurn = () => {
    told += 1;
  };
  failing(one);
  assert.equal(told, 0);
});
