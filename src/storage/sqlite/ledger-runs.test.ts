/** What the ledger says of runs: one with all that are under it, and nobody else's. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { LedgerEntry } from '#domain/ledger-entry.ts';
import { systemClock } from '#stdx/clock.ts';

import { openSqlite } from './sqlite.ts';

const line = (id: string, run: string | null, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id,
  end: 'settle',
  atMs: 1_000,
  tenant: 'acme',
  team: null,
  user: null,
  key: 'k',
  rootKey: 'k',
  run,
  model: 'm',
  provider: null,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 10,
  priceVersion: null,
  source: 'provider',
  ...changes,
});

test('a run is summed with all under it, to the line, and what is named alike is not it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ledger-runs-'));
  const { ledger, close } = await openSqlite(dir, systemClock);
  try {
    const entries = [
      line('1', 'aaa'),
      line('2', 'aaa/bbb'),
      line('3', 'aaa/bbb/ccc', { model: 'other' }),
      line('4', 'aaa/bbc'),
      line('5', 'aaab'),
      line('6', 'aaa0'),
      line('7', 'aaa-'),
      line('8', null),
      line('9', 'bbb', { tenant: 'globex' }),
      line('10', 'aaa', { end: 'expire', costNanoUsd: 50, atMs: 1_700 }),
    ];
    await ledger.add(entries, null);
    // A second word on a lease that was over: it corrects money, and is no second call.
    await ledger.add([line('10', 'aaa', { costNanoUsd: 20, atMs: 1_700 })], null);
    const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, models: null };
    const of = async (where: object, more: object = {}) => {
      const query = { ...all, where, ...more };
      return [await ledger.spent(query), await ledger.calls(query)];
    };
    assert.deepEqual(await of({ run: 'aaa' }), [60, 5]);
    assert.deepEqual(await of({ run: 'aaa', tenant: 'acme' }), [60, 5]);
    assert.deepEqual(await of({ run: 'aaa', tenant: 'globex' }), [0, 0]);
    assert.deepEqual(await of({ run: 'aaa/bbb' }), [20, 2]);
    assert.deepEqual(await of({ run: 'aaa' }, { models: ['other'] }), [10, 1]);
    assert.deepEqual(await of({ run: 'aaa' }, { fromMs: 1_500 }), [20, 1]);
    assert.deepEqual(await of({ run: 'bbb' }), [10, 1]);
    assert.deepEqual(await of({ run: 'ccc' }), [0, 0]);
    assert.deepEqual(await of({ run: null }), [10, 1]);
    assert.deepEqual(await of({ tenant: 'acme' }), [100, 9]);
  } finally {
    await close();
    rmSync(dir, { recursive: true });
  }
});
