/** What a ledger has to say of usage, in pages and steps. Called by the contract of ledgers. */
import assert from 'node:assert/strict';

import { entryOf, FROM_MS, usage } from './ledger-samples.contract.ts';
import { type Ledger, USAGE_ROWS } from './ledger.ts';

export const usageScenes: readonly (readonly [string, (ledger: Ledger) => Promise<void>])[] = [
  [
    'usage comes in pages, in one order, with nothing twice',
    async (ledger) => {
      const users = Array.from({ length: 1_203 }, (_, index) => `user-${index}`);
      await ledger.add(
        users.map((user) => entryOf({ user })),
        null,
      );
      const seen: string[] = [];
      for (;;) {
        const page = await ledger.usage(usage(), seen.length);
        assert.ok(page.length <= USAGE_ROWS);
        if (page.length === 0) break;
        seen.push(...page.map(({ user }) => user ?? ''));
      }
      assert.equal(seen.length, users.length);
      assert.equal(new Set(seen).size, users.length);
      assert.deepEqual(seen, seen.toSorted());
      const larger = await ledger.usage({ ...usage(), rows: 1_100 }, 100);
      assert.deepEqual(
        larger.map(({ user }) => user),
        seen.slice(100, 1_200),
      );
    },
  ],
  [
    'usage is by steps and by tenant, with nobody as nobody',
    async (ledger) => {
      await ledger.add(
        [
          entryOf({ user: null, team: null, provider: null, priceVersion: null }),
          entryOf({ user: null, team: null, provider: null, priceVersion: null }),
          entryOf({ atMs: FROM_MS + 3_600_000, tenant: 'other' }),
        ],
        null,
      );
      const rows = await ledger.usage(usage(), 0);
      assert.equal(rows.length, 2);
      const [first, second] = rows;
      assert.deepEqual(
        [first?.fromMs, first?.requests, first?.costNanoUsd, first?.user, first?.provider],
        [FROM_MS, 2, 200, null, null],
      );
      assert.equal(second?.fromMs, FROM_MS + 3_600_000);
      assert.equal((await ledger.usage({ ...usage(), tenant: 'other' }, 0)).length, 1);
    },
  ],
];
