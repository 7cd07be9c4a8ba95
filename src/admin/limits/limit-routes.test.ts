/** What is left of limits and budgets, and for whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { LedgerEntry } from '#domain/ledger-entry.ts';

import { openHouse, TEST_NOW_MS, testConfig } from '../admin.contract.ts';
import type { BudgetView } from '../limits-contract.ts';
import { paceOf } from './budget-states.ts';

const DAY_MS = 86_400_000;

const spent = (id: string, changed: Partial<LedgerEntry>): LedgerEntry => ({
  id,
  end: 'settle',
  tenant: 'acme',
  team: null,
  user: 'ann',
  key: 'key_1',
  rootKey: 'key_1',
  run: null,
  atMs: TEST_NOW_MS - DAY_MS,
  model: 'demo',
  provider: 'demo',
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 1_000_000_000,
  priceVersion: null,
  source: 'provider',
  ...changed,
});

const withBudgets = testConfig({
  budgets: [
    { name: 'month', per: ['tenant'], usd: 10, period: 'month', carryOver: true },
    { name: 'user', per: ['user'], usd: 2, period: 'month', models: ['demo'] },
  ],
});

test('a budget says what was spent of it, by whom, and where that leads', async (t) => {
  const house = await openHouse(t, { config: () => withBudgets });
  await house.storage.ledger.add(
    [
      spent('1', {}),
      spent('2', { user: 'bob', model: 'other' }),
      spent('3', { tenant: 'other', costNanoUsd: 5 }),
      spent('4', { atMs: TEST_NOW_MS - 40 * DAY_MS, costNanoUsd: 4_000_000_000 }),
    ],
    null,
  );
  const ask = async (path: string, caller: 'platform-admin' | 'confined') => {
    const answer = await house.ask('GET', path, { token: house.token(caller) });
    const body = JSON.parse(answer.text) as { readonly items: readonly BudgetView[] };
    return { status: answer.status, items: body.items };
  };
  const { items } = await ask('/admin/v1/budgets', 'platform-admin');
  const told = items.map(({ name, names, spentNanoUsd, carriedNanoUsd }) => [
    name,
    names,
    spentNanoUsd,
    carriedNanoUsd,
  ]);
  assert.deepEqual(told, [
    ['month', ['acme'], 2_000_000_000, 6_000_000_000],
    ['month', ['other'], 5, 10_000_000_000],
    ['user', ['acme', 'ann'], 1_000_000_000, 0],
    ['user', ['other', 'ann'], 5, 0],
  ]);
  // 22.5 of 30 days.
  assert.equal(items[0]?.forecastNanoUsd, 2_666_666_667);
  const own = await ask('/admin/v1/budgets', 'confined');
  assert.deepEqual(new Set(own.items.map(({ names }) => names[0])), new Set(['acme']));
  assert.equal((await ask('/admin/v1/budgets?tenant=other', 'confined')).status, 404);
  assert.equal((await ask('/admin/v1/limits?tenant=other', 'confined')).status, 404);
  const limits = await house.ask('GET', '/admin/v1/limits', { token: house.token('confined') });
  assert.match(limits.text, /"names":\["acme","key_1"\]/u);
});

test('a forecast is a line from the beginning, and there is none before anything can be known', () => {
  const period = { fromMs: 0, toMs: 30 * DAY_MS };
  const at = (spentNano: number, days: number) =>
    paceOf({ spent: spentNano, whole: 100 }, period, days * DAY_MS);
  assert.deepEqual(at(10, 0.1), { forecastNanoUsd: null, usedUpAt: null });
  assert.deepEqual(at(10, 10), { forecastNanoUsd: 30, usedUpAt: null });
  assert.deepEqual(at(50, 10), {
    forecastNanoUsd: 150,
    usedUpAt: new Date(20 * DAY_MS).toISOString(),
  });
  // More than there was, by a budget that only tells: it was used up, and is now.
  assert.equal(at(200, 10).usedUpAt, new Date(10 * DAY_MS).toISOString());
  assert.deepEqual(at(0, 10), { forecastNanoUsd: 0, usedUpAt: null });
});
