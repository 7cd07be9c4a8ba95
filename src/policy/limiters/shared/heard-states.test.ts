/** What a shared store has said of its counters, as it is told to whoever looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { counterStoreContract } from '../counter-store.contract.ts';
import type { Demand, Quota } from '../limiter.ts';
import { MemoryCounters } from '../memory/memory-counters.ts';
import { concurrencyQuota } from '../concurrency.ts';
import { quotaOf } from '../rate-limiter.ts';
import { HeardStates, lastHeard } from './heard-states.ts';

counterStoreContract('heard', (clock) =>
  Promise.resolve({
    store: new HeardStates(new MemoryCounters(clock), clock),
    close: () => Promise.resolve(),
  }),
);

const minute = quotaOf({ name: 'l', algorithm: 'token-bucket', burst: null }, 'requests', {
  amount: 60,
  windowMs: 60_000,
});
const atOnce = concurrencyQuota('c', 2);

function scene() {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const counters = new MemoryCounters(clock);
  const heard = new HeardStates(counters, clock);
  const demand = (quota: Quota, name: string, amount = 1): Demand => ({
    quota,
    bucket: `${quota.limit}|${quota.unit}|${name}`,
    amount,
    scope: null,
  });
  const states = (quota: Quota) =>
    [...heard.states(quota)].map(([name, { remaining, resetMs, heardMs }]) => [
      name,
      remaining,
      resetMs,
      heardMs,
    ]);
  return { heard, demand, states, pass: (ms: number) => void (nowMs += ms) };
}

test('what was told with an answer is told on, with how long ago that was', async () => {
  const { heard, demand, states, pass } = scene();
  await heard.reserve('a', [demand(minute, 'x', 10), demand(atOnce, 'x')], 60_000);
  pass(4_000);
  await heard.reserve('b', [demand(minute, 'y', 3)], 60_000);
  assert.deepEqual(states(minute), [
    ['x', 50, 6_000, 4_000],
    ['y', 57, 3_000, 0],
  ]);
  assert.deepEqual(states(atOnce), [['x', 1, 0, 4_000]]);
});

test('a refusal tells of the counter that refused', async () => {
  const { heard, demand, states } = scene();
  await heard.reserve('a', [demand(atOnce, 'x')], 60_000);
  await heard.reserve('b', [demand(atOnce, 'x')], 60_000);
  const refused = await heard.reserve('c', [demand(minute, 'x'), demand(atOnce, 'x')], 60_000);
  assert.equal(refused.kind, 'refused');
  assert.deepEqual(states(atOnce), [['x', 0, 0, 0]]);
  assert.deepEqual(states(minute), []);
});

test('what time has filled again, and what was heard too long ago, is not told', async () => {
  const { heard, demand, states, pass } = scene();
  await heard.reserve('a', [demand(minute, 'x', 10), demand(atOnce, 'x')], 60_000);
  pass(10_000);
  assert.deepEqual(states(minute), []);
  pass(590_001);
  assert.deepEqual(states(atOnce), []);
});

test('no more than ten thousand are kept: those of longest ago go', async () => {
  const { heard, demand, states } = scene();
  for (let index = 0; index < 10_050; index += 1) await heard.take([demand(minute, `n${index}`)]);
  const names = states(minute).map(([name]) => name);
  assert.equal(names.length, 10_000);
  assert.deepEqual([names[0], names.at(-1)], ['n50', 'n10049']);
});

test('of what several processes have heard, the last word counts', async () => {
  const [one, other] = [scene(), scene()];
  await one.heard.take([one.demand(minute, 'x', 10), one.demand(minute, 'y', 1)]);
  one.pass(2_000);
  await other.heard.take([other.demand(minute, 'x', 30)]);
  const { states } = lastHeard([[...one.heard.heard()], [...other.heard.heard()], []]);
  assert.deepEqual(
    new Map(
      [...states(minute)].map(([name, { remaining, heardMs }]) => [name, [remaining, heardMs]]),
    ),
    new Map([['x', [30, 0]]]),
  );
});

test('answers that overtake each other on their way to two processes: less is left', async () => {
  const [one, other] = [scene(), scene()];
  await one.heard.take([one.demand(minute, 'x', 30)]);
  one.pass(900);
  // The store gave this answer first, and it came last.
  await other.heard.take([other.demand(minute, 'x', 20)]);
  const lists = [[...one.heard.heard()], [...other.heard.heard()]];
  for (const said of [lists, lists.toReversed()]) {
    const remaining = [...lastHeard(said).states(minute)].map(([, state]) => state.remaining);
    assert.deepEqual(remaining, [30]);
  }
});
