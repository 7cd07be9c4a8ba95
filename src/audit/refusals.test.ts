import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AuditDraft } from './record.ts';
import { prefixOf } from '#domain/address-prefix.ts';

import { countRefusals } from './refusals.ts';

function counter() {
  const drafts: AuditDraft[] = [];
  const timers: (() => void)[] = [];
  let nowMs = 0;
  const faults: unknown[] = [];
  const refusals = countRefusals(
    (draft) => {
      drafts.push(draft);
      return Promise.resolve(drafts.length);
    },
    {
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      timers: {
        after(ms, run) {
          assert.equal(ms, 1_000);
          timers.push(run);
          return () => {};
        },
      },
      onFault: (thrown) => faults.push(thrown),
    },
  );
  return { drafts, timers, refusals, setNow: (ms: number) => void (nowMs = ms) };
}

test('a flood of refusals from one address is one record a second', async () => {
  const { drafts, timers, refusals, setNow } = counter();
  for (let index = 0; index < 5_000; index += 1) {
    setNow(index / 10);
    refusals.note({
      ip: '198.51.100.27',
      status: 401,
      reason: index % 5 === 0 ? 'missing' : 'unknown',
    });
  }
  assert.equal(drafts.length, 0);
  assert.equal(timers.length, 1);
  timers[0]?.();
  assert.deepEqual(drafts, [
    {
      kind: 'deny',
      ip: '198.51.100.27/32',
      status: 401,
      count: 5_000,
      first: '1970-01-01T00:00:00.000Z',
      last: '1970-01-01T00:00:00.499Z',
      reasons: { missing: 1_000, unknown: 4_000 },
    },
  ]);
  await refusals.close();
  assert.equal(drafts.length, 1, 'nothing is told twice');
});

test('a flood from all over the world is a bounded number of records, and every refusal is counted', async () => {
  const { drafts, refusals } = counter();
  for (let index = 0; index < 20_000; index += 1) {
    const ip = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    refusals.note({ ip, status: 401, reason: `reason-${index}` });
  }
  refusals.note({ ip: '192.0.2.1', status: 429, reason: 'limit' });
  await refusals.close();
  assert.equal(drafts.length, 4_096 + 2);
  assert.equal(
    drafts.reduce((sum, { count = 0 }) => sum + count, 0),
    20_001,
  );
  const other = drafts.find(({ ip, status }) => ip === 'other' && status === 401);
  assert.equal(other?.count, 20_000 - 4_096);
  assert.ok(Object.keys(other.reasons ?? {}).length <= 33);
});

test('one host on IPv6 is one prefix, and an address in IPv6 clothes is what it is', () => {
  assert.equal(prefixOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(prefixOf('2001:0DB8:1:2::ffff'), '2001:db8:1:2::/64');
  assert.equal(prefixOf('::1'), '0:0:0:0::/64');
  assert.equal(prefixOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(prefixOf('::ffff:192.0.2.1'), '192.0.2.1/32');
  assert.equal(prefixOf('192.0.2.1'), '192.0.2.1/32');
  assert.equal(prefixOf('<script>'), 'other');
});
