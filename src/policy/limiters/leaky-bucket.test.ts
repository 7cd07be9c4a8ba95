import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Denial } from '#domain/denial.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { EVERYTHING } from './applies.ts';
import { CallerTurns } from './caller-turns.ts';
import { TestClock } from './counter-store.contract.ts';
import { leakyBucketPacer } from './leaky-bucket.ts';
import type { LimitDimension } from './dimensions.ts';
import type { Subject } from './limiter.ts';
import { MemoryCounters } from './memory/memory-counters.ts';
import { Reservations } from './reservations.ts';

/** Timers that fire when the clock is moved past them. */
class Timers {
  readonly clock = new TestClock();
  #waiting: { atMs: number; run: () => void }[] = [];

  readonly later = (run: () => void, ms: number): void => {
    this.#waiting.push({ atMs: this.clock.ms + ms, run });
  };

  async pass(ms: number): Promise<void> {
    const endMs = this.clock.ms + ms;
    for (;;) {
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
      const next = this.#waiting.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.clock.ms = Math.max(this.clock.ms, next.atMs);
      next.run();
    }
    this.clock.ms = endMs;
  }
}

function scene({
  queue = 5,
  waitMsMax = 10_000,
  per = ['tenant'] as readonly LimitDimension[],
} = {}) {
  const timers = new Timers();
  const { clock } = timers;
  const store = new Reservations({
    counters: new MemoryCounters(clock),
    seedsOf: () => [],
    clock,
    onCrossing: () => {},
    onFault: () => {},
  });
  const pacer = leakyBucketPacer(
    {
      name: 'paced',
      per,
      requests: { amount: 1, windowMs: 1_000 },
      queue,
      waitMsMax,
      selection: EVERYTHING,
    },
    { store, later: timers.later },
  );
  const ended: string[] = [];
  const call = (key: string, cancellation = new Cancellation(), tools: readonly string[] = []) => {
    const caller = { tenant: 'acme', key, user: null, address: '192.0.2.1', tools };
    const subject = caller as unknown as Subject;
    const turn = Promise.resolve(pacer.pace(subject, cancellation));
    const told = turn.then(
      (denial: Denial | null) => {
        ended.push(`${key}${denial === null ? '' : ' refused'} ${clock.ms - 1_700_000_000_000}`);
        return denial;
      },
      () => void ended.push(`${key} left`),
    );
    return { told, cancellation };
  };
  return { timers, call, ended };
}

test('one goes on at once, the others one after the other at the rate', async () => {
  const { timers, call, ended } = scene();
  for (const key of ['a', 'b', 'c']) call(key);
  await timers.pass(5_000);
  assert.deepEqual(ended, ['a 0', 'b 1000', 'c 2000']);
  call('d');
  await timers.pass(0);
  assert.deepEqual(ended.at(-1), 'd 5000');
});

test('callers take turns: one that sends many delays itself', async () => {
  const { timers, call, ended } = scene();
  for (const key of ['many', 'many', 'many', 'many', 'one']) call(key);
  await timers.pass(5_000);
  assert.deepEqual(ended, ['many 0', 'many 1000', 'one 2000', 'many 3000', 'many 4000']);
});

test('by tool: a call waits for its turn with each that it offers, not with the first alone', async () => {
  const { timers, call, ended } = scene({ per: ['tool'] });
  const offering = (key: string, ...tools: string[]) => call(key, new Cancellation(), tools);
  offering('reads', 'read');
  offering('writes', 'write');
  offering('both', 'read', 'write');
  offering('none');
  await timers.pass(500);
  offering('writes again', 'write');
  await timers.pass(5_000);
  assert.deepEqual(ended, ['reads 0', 'writes 0', 'none 0', 'writes again 1000', 'both 2000']);
});

test('a line that is full refuses at once, and says how long the wait would be', async () => {
  const { timers, call, ended } = scene({ queue: 2 });
  for (const key of ['a', 'b', 'c']) call(key);
  const denial = await call('d').told;
  assert.ok(denial?.reason === 'limit-reached' && denial.retryAfterMs === 3_000);
  assert.deepEqual(ended, ['a 0', 'd refused 0']);
  await timers.pass(5_000);
  assert.equal(ended.length, 4);
});

test('nobody waits longer than the bound: who would is refused at once', async () => {
  const { timers, call, ended } = scene({ queue: 100, waitMsMax: 2_500 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) call(key);
  await timers.pass(10_000);
  assert.deepEqual(ended, ['a 0', 'd refused 0', 'e refused 0', 'b 1000', 'c 2000']);
});

test('who leaves is out of the line, and those behind move up', async () => {
  const { timers, call, ended } = scene();
  call('a');
  const gone = call('b');
  call('c');
  await timers.pass(500);
  gone.cancellation.cancel(new Error('left'));
  await timers.pass(5_000);
  assert.deepEqual(ended, ['a 0', 'b left', 'c 1000']);
});

test('a store that cannot be asked refuses those who wait', async () => {
  const timers = new Timers();
  let isDown = false;
  const pacer = leakyBucketPacer(
    {
      name: 'paced',
      per: ['tenant'],
      requests: { amount: 1, windowMs: 1_000 },
      queue: 5,
      waitMsMax: 10_000,
      selection: EVERYTHING,
    },
    {
      later: timers.later,
      store: {
        take: () =>
          isDown
            ? Promise.reject(new Error('down'))
            : { reason: 'limit-reached', limit: 'paced', retryAfterMs: 100, state: null },
      },
    },
  );
  const subject = { tenant: 'acme', key: 'k' } as unknown as Subject;
  const turn = Promise.resolve(pacer.pace(subject, new Cancellation()));
  isDown = true;
  await timers.pass(200);
  assert.equal((await turn)?.reason, 'limits-unavailable');
});

test('turns: each caller its own order, and none is passed over', () => {
  const turns = new CallerTurns<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) turns.push(item.charAt(0), item);
  assert.equal(turns.remove('a', 'a2'), true);
  assert.equal(turns.remove('a', 'a2'), false);
  const order: string[] = [];
  for (let item = turns.shift(); item !== undefined; item = turns.shift()) order.push(item);
  assert.deepEqual(order, ['a1', 'b1', 'c1', 'a3', 'b2']);
  assert.equal(turns.size, 0);
});
