import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { concurrencyLimiter } from './concurrency.ts';
import type { Demand, Subject } from './limiter.ts';
import { MemoryLimitStore } from './memory-store.ts';
import { SLOT_LEASE_MS, Slots } from './slots.ts';
import { tokenBucketLimiter } from './token-bucket.ts';

const subject: Subject = {
  tenant: 'a',
  team: null,
  user: 'u',
  key: 'k',
  ip: '1.1.1.1',
  model: 'm',
};
const clockAt = (time: { ms: number }) => ({ nowMs: () => time.ms, monotonicMs: () => time.ms });

test('random calls begin and end: never more at once than the limit, never one too few', () => {
  const step = fc.record({ begins: fc.boolean(), which: fc.nat(9), used: fc.boolean() });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 60 }),
      (calls, steps) => {
        const store = new MemoryLimitStore(clockAt({ ms: 0 }));
        const limiter = concurrencyLimiter({ name: 'few', per: ['key'], calls, tenants: null });
        const running: { end(used: boolean): void }[] = [];
        let count = 0;
        for (const { begins, which, used } of steps) {
          if (begins) {
            const demands: Demand[] = [];
            limiter.plan(subject, { requests: 1, tokens: 1 }, demands);
            const reserved = store.reserve(`${(count += 1)}`, demands);
            assert.equal(reserved.ok, running.length < calls);
            if (!reserved.ok) continue;
            const { value } = reserved;
            const usage = { inputTokens: 1, outputTokens: 1, source: 'counted' } as const;
            running.push({ end: (isUsed) => (isUsed ? value.settle(usage) : value.release()) });
          } else {
            const [call] = running.splice(which % Math.max(1, running.length), 1);
            call?.end(used);
            // A second end moves nothing.
            call?.end(!used);
          }
        }
        assert.equal(store.openCount, running.length);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('what another limit refuses takes no slot', () => {
  const store = new MemoryLimitStore(clockAt({ ms: 0 }));
  const slots = concurrencyLimiter({ name: 'few', per: ['key'], calls: 1, tenants: null });
  const tokens = tokenBucketLimiter({
    name: 'small',
    per: ['key'],
    requests: null,
    tokens: { amount: 10, windowMs: 1_000 },
    burst: null,
    tenants: null,
  });
  const ask = (used: number) => {
    const demands: Demand[] = [];
    for (const limiter of [slots, tokens])
      limiter.plan(subject, { requests: 1, tokens: used }, demands);
    return store.reserve(`${used}`, demands);
  };
  assert.equal(ask(11).ok, false);
  const first = ask(1);
  assert.ok(first.ok);
  const second = ask(2);
  assert.ok(!second.ok && second.error.reason === 'limit-reached' && second.error.limit === 'few');
  first.value.release();
  assert.equal(ask(3).ok, true);
});

test('a slot that is never given back is free when its lease is over', () => {
  const slots = new Slots();
  slots.take('b', 'lost', 0);
  slots.take('b', 'later', 10);
  assert.equal(slots.count('b', SLOT_LEASE_MS - 1), 2);
  assert.equal(slots.count('b', SLOT_LEASE_MS), 1);
  slots.free('b', 'later');
  slots.free('b', 'later');
  assert.equal(slots.bucketCount, 0);
});
