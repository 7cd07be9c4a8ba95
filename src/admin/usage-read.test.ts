import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Ledger } from '#storage/ledger.ts';

import { PERIODS_MAX, usagePage } from './usage-read.ts';

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
