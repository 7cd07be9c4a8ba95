/** The store against the plainest bucket there is: exact fractions, one event at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Reservation } from '#domain/proofs.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Demand, Quota, Subject } from './limiter.ts';
import { MemoryLimitStore } from './memory-store.ts';
import { tokenBucketLimiter } from './token-bucket.ts';

const clockAt = (start: number): Clock & { ms: number } => ({
  ms: start,
  nowMs() {
    return this.ms;
  },
  monotonicMs() {
    return this.ms;
  },
});

const quota = (limit: string, unit: Quota['unit'], amount: number, windowMs = 1_000): Quota => ({
  limit,
  unit,
  amount,
  windowMs,
  policy: '',
  rate: { capacity: amount, refillPerMs: amount / windowMs },
});

/** A bucket in thousandths of a unit, integers only: 4 units a second refill 4 of them a millisecond. */
class Oracle {
  #level: number;
  #atMs = 0;
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#level = capacity * 1_000;
  }

  #advance(nowMs: number): void {
    const refilled = this.#level + (nowMs - this.#atMs) * this.capacity;
    this.#level = Math.min(this.capacity * 1_000, refilled);
    this.#atMs = nowMs;
  }

  covers(amount: number, nowMs: number): boolean {
    this.#advance(nowMs);
    return this.#level >= amount * 1_000;
  }

  move(amount: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#level = Math.min(this.capacity * 1_000, this.#level - amount * 1_000);
  }
}

const step = fc.record({
  waitMs: fc.integer({ min: 0, max: 700 }),
  tokens: fc.integer({ min: 0, max: 12 }),
  used: fc.integer({ min: 0, max: 15 }),
  ending: fc.constantFrom('settle', 'release', 'twice', 'late' as const),
});

test('all or nothing, exactly one ending, and what an oracle of integers says, at every step', () => {
  const run = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const clock = clockAt(0);
    const store = new MemoryLimitStore(clock);
    const truth = { requests: new Oracle(4), tokens: new Oracle(10) };
    const open: { reservation: Reservation; tokens: number; used: number }[] = [];
    for (const { waitMs, tokens, used, ending } of steps) {
      clock.ms += waitMs;
      const demands: Demand[] = [
        { quota: quota('r', 'requests', 4), bucket: 'r', amount: 1 },
        { quota: quota('t', 'tokens', 10), bucket: 't', amount: tokens },
      ];
      const fits =
        truth.requests.covers(1, clock.ms) && tokens <= 10 && truth.tokens.covers(tokens, clock.ms);
      const reserved = store.reserve('id', demands);
      assert.equal(reserved.ok, fits);
      if (!reserved.ok) continue;
      truth.requests.move(1, clock.ms);
      truth.tokens.move(tokens, clock.ms);
      open.push({ reservation: reserved.value, tokens, used });
      if (ending === 'late') continue;
      for (const held of open.splice(0)) {
        end(held.reservation, ending, held.used);
        truth.tokens.move(ending === 'release' ? -held.tokens : held.used - held.tokens, clock.ms);
      }
    }
    assert.equal(store.openCount, open.length);
  });
  fc.assert(run, { numRuns: 2_000 });
});

function end(reservation: Reservation, ending: 'settle' | 'release' | 'twice', used: number): void {
  const usage = { inputTokens: used, outputTokens: 0, source: 'provider' } as const;
  assert.equal(reservation.isOpen, true);
  if (ending === 'release') reservation.release();
  else reservation.settle(usage);
  assert.equal(reservation.isOpen, false);
  if (ending === 'twice') {
    reservation.release();
    reservation.settle({ ...usage, inputTokens: 1_000 });
  }
}

test('says how long until it fits, and then it fits', () => {
  const clock = clockAt(0);
  const store = new MemoryLimitStore(clock);
  const demands = [{ quota: quota('r', 'requests', 3), bucket: 'r', amount: 1 }];
  for (let call = 0; call < 3; call += 1) assert.equal(store.reserve('id', demands).ok, true);
  const refused = store.reserve('id', demands);
  assert.ok(!refused.ok && refused.error.reason === 'limit-reached');
  const { retryAfterMs } = refused.error;
  clock.ms += retryAfterMs - 1;
  assert.equal(store.reserve('id', demands).ok, false);
  clock.ms += 1;
  assert.equal(store.reserve('id', demands).ok, true);
});

test('what can never fit says so at once, and takes nothing of the other limits', () => {
  const store = new MemoryLimitStore(clockAt(0));
  const small = { quota: quota('small', 'tokens', 5), bucket: 's', amount: 6 };
  const one = { quota: quota('one', 'requests', 1), bucket: 'o', amount: 1 };
  const refused = store.reserve('id', [one, small]);
  assert.ok(!refused.ok && refused.error.reason === 'limit-exceeded');
  assert.equal(store.reserve('id', [one]).ok, true);
});

test('forgets buckets that are full again, and refuses new ones beyond its bound', () => {
  const clock = clockAt(0);
  const store = new MemoryLimitStore(clock, 100);
  const ask = (name: string) =>
    store.reserve('id', [{ quota: quota('r', 'requests', 1), bucket: name, amount: 1 }]);
  for (let index = 0; index < 100; index += 1) assert.equal(ask(`b${index}`).ok, true);
  assert.equal(ask('one more').ok, false);
  clock.ms += 10_000;
  for (let index = 0; index < 4_200; index += 1) ask('b0');
  assert.ok(store.bucketCount < 100);
  assert.equal(ask('one more').ok, true);
});

const subject = (changes: Partial<Subject>): Subject => ({
  tenant: 'acme',
  team: null,
  user: null,
  key: 'k',
  ip: '192.0.2.1',
  model: 'm',
  ...changes,
});

function bucketsOf(per: readonly ('user' | 'team' | 'ip' | 'model')[], of: Subject): string[] {
  const limiter = tokenBucketLimiter({
    name: 'n',
    per,
    requests: { amount: 1, windowMs: 1_000 },
    tokens: null,
    burst: null,
    tenants: null,
  });
  const demands: Demand[] = [];
  limiter.plan(of, { requests: 1, tokens: 0 }, demands);
  return demands.map(({ bucket }) => bucket);
}

test('two subjects share a bucket only when every dimension is the same', () => {
  const name = fc.option(fc.stringMatching(/^[\d:|a-]{0,6}$/u), { nil: null });
  fc.assert(
    fc.property(name, name, name, name, (user, team, otherUser, otherTeam) => {
      const [one] = bucketsOf(['user', 'team'], subject({ user, team }));
      const [two] = bucketsOf(['user', 'team'], subject({ user: otherUser, team: otherTeam }));
      assert.equal(one === two, user === otherUser && team === otherTeam);
    }),
  );
});

test('users of different tenants never share a bucket; an address is one everywhere', () => {
  const [one] = bucketsOf(['user'], subject({ user: 'alice' }));
  const [two] = bucketsOf(['user'], subject({ user: 'alice', tenant: 'other' }));
  assert.notEqual(one, two);
  const [here] = bucketsOf(['ip'], subject({}));
  const [there] = bucketsOf(['ip'], subject({ tenant: 'other' }));
  assert.equal(here, there);
});
