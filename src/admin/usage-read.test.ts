import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { UsageRow } from '#domain/ledger-entry.ts';
import { type Ledger, USAGE_ROWS_MAX } from '#storage/ledger.ts';

import { PERIODS_MAX, usageLines, usagePage } from './usage-read.ts';

test('others have their turn while a long time without any usage is read', async () => {
  let asked = 0;
  // As an embedded store does: it answers at once, so nothing else runs in between by itself.
  const ledger: Pick<Ledger, 'usage'> = { usage: async () => ((asked += 1), []) };
  const askedAtTurns: number[] = [];
  const turns = setInterval(() => askedAtTurns.push(asked), 0);
  const year = { fromMs: 0, toMs: 2 * PERIODS_MAX * 3_600_000 };
  const page = await usagePage(
    ledger,
    { ...year, by: 'hour', timeZone: 'UTC', tenant: 'acme' },
    { fromMs: 0, rows: 0 },
  );
  clearInterval(turns);
  assert.equal(asked, PERIODS_MAX, 'one page looks at so many periods');
  assert.deepEqual(page, { lines: [], next: { fromMs: PERIODS_MAX * 3_600_000, rows: 0 } });
  assert.ok(askedAtTurns.some((count) => count > 0 && count < PERIODS_MAX));
});

test('whoever reads all of it has each line once, and few sums of the whole time', async () => {
  const row: UsageRow = {
    fromMs: 0,
    tenant: 'acme',
    team: null,
    user: 'ann',
    key: null,
    rootKey: null,
    model: 'demo',
    provider: null,
    priceVersion: null,
    requests: 1,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 0,
  };
  const hour = Array.from({ length: 2 * USAGE_ROWS_MAX + 7 }, (_, index) => `user-${index}`);
  let asked = 0;
  const ledger: Pick<Ledger, 'usage'> = {
    usage: async ({ fromMs, rows = 0 }, after) => {
      asked += 1;
      const users = fromMs === 0 ? hour.slice(after, after + rows) : ['late'].slice(after);
      return users.map((user) => ({ ...row, fromMs, user }));
    },
  };
  const seen: (string | null)[] = [];
  const times = { fromMs: 0, toMs: 2 * 3_600_000 };
  for await (const { user } of usageLines(ledger, {
    ...times,
    by: 'hour',
    timeZone: 'UTC',
    tenant: null,
  }))
    seen.push(user);
  assert.deepEqual(seen, [...hour, 'late']);
  assert.equal(asked, 4, 'three for the first hour, one for the second');
});
