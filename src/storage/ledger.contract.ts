/** What every ledger has to keep. The test of a member calls `ledgerContract`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isOfQuery, type LedgerEntry, type SpendQuery } from '#domain/ledger-entry.ts';

import { all, DAY_MS, entryOf, FROM_MS, usage } from './ledger-samples.contract.ts';
import { usageScenes } from './ledger-usage.contract.ts';
import type { Ledger } from './ledger.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  readonly close: () => Promise<void>;
}

export function ledgerContract(name: string, open: () => Promise<OpenLedger>): void {
  const scene = (title: string, run: (ledger: Ledger) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const { ledger, close } = await open();
      try {
        await run(ledger);
      } finally {
        await close();
      }
    });

  scene('a line is there once, however often it is brought', async (ledger) => {
    const [one, two] = [entryOf({}), entryOf({})];
    assert.equal(await ledger.add([one, two, one], null), 2);
    assert.equal(await ledger.add([two, { ...one, costNanoUsd: 9_999 }], null), 0);
    assert.equal(await ledger.spent(all()), 200);
  });

  scene('a line after the end of a lease corrects it, once', async (ledger) => {
    const late = entryOf({ end: 'expire', costNanoUsd: 500 });
    const told = { ...late, end: 'settle', costNanoUsd: 120, atMs: late.atMs + DAY_MS } as const;
    assert.equal(await ledger.add([late], null), 1);
    assert.equal(await ledger.add([late, told, told], null), 1);
    assert.equal(await ledger.add([told], null), 0);
    assert.equal(await ledger.spent(all()), 120, 'of the period that was charged');
    const [row] = await ledger.usage(usage(), 0);
    assert.equal(row?.requests, 1, 'a correction is no call');
  });

  scene('an end and its correction may come in one batch', async (ledger) => {
    const late = entryOf({ end: 'expire', costNanoUsd: 500 });
    assert.equal(await ledger.add([late, { ...late, end: 'settle', costNanoUsd: 700 }], null), 2);
    assert.equal(await ledger.spent(all()), 700);
    assert.equal(await ledger.add([{ ...late, end: 'release', costNanoUsd: 0 }], null), 0);
  });

  scene('what an attempt of a call has lost costs, and is no call', async (ledger) => {
    const call = entryOf({ run: 'run_1', provider: 'two', costNanoUsd: 40 });
    const lost = { ...call, id: `${call.id}~1`, end: 'attempt', provider: 'one' } as const;
    const brought = [{ ...lost, costNanoUsd: 300 }, call];
    assert.equal(await ledger.add(brought, null), 2);
    assert.equal(await ledger.add(brought, null), 0);
    for (const where of [{}, { run: 'run_1' }]) {
      assert.equal(await ledger.spent(all({ where })), 340);
      assert.equal(await ledger.calls(all({ where })), 1);
    }
    const rows = await ledger.usage(usage(), 0);
    assert.deepEqual(
      rows.map(({ provider, requests, costNanoUsd }) => [provider, requests, costNanoUsd]),
      [
        ['one', 0, 300],
        ['two', 1, 40],
      ],
    );
  });

  scene('sums are by each dimension, and by those who name nobody', async (ledger) => {
    const costs: [Partial<LedgerEntry>, number][] = [
      [{ tenant: 'other' }, 1],
      [{ team: 'red' }, 2],
      [{ user: null }, 4],
      [{ rootKey: 'key_else' }, 8],
      [{ model: 'slow' }, 16],
    ];
    await ledger.add(
      costs.map(([changed, costNanoUsd]) => entryOf({ ...changed, costNanoUsd })),
      null,
    );
    assert.equal(await ledger.spent(all()), 31);
    assert.equal(await ledger.spent(all({ where: { tenant: 'acme' } })), 30);
    assert.equal(await ledger.spent(all({ where: { tenant: 'acme', team: 'red' } })), 2);
    assert.equal(await ledger.spent(all({ where: { user: null } })), 4);
    assert.equal(await ledger.spent(all({ where: { user: 'ann', tenant: 'acme' } })), 26);
    assert.equal(await ledger.spent(all({ where: { rootKey: 'key_else' } })), 8);
    assert.equal(await ledger.spent(all({ where: { model: 'slow' } })), 16);
    assert.equal(await ledger.spent(all({ models: ['slow', 'gone'] })), 16);
    assert.equal(await ledger.spent(all({ models: [] })), 0);
    assert.equal(await ledger.spent(all({ where: { tenant: `a' OR 1=1 --` } })), 0);
  });

  scene('the beginning of a period is in it, its end is not', async (ledger) => {
    await ledger.add(
      [FROM_MS - 1, FROM_MS, FROM_MS + DAY_MS - 1, FROM_MS + DAY_MS].map((atMs, index) =>
        entryOf({ atMs, costNanoUsd: 10 ** index }),
      ),
      null,
    );
    assert.equal(await ledger.spent(all()), 110);
  });

  scene('runs are summed to the millisecond', async (ledger) => {
    await ledger.add(
      [0, 1, 2].map((later) => entryOf({ run: 'run_1', atMs: FROM_MS + later, costNanoUsd: 7 })),
      null,
    );
    await ledger.add([entryOf({ run: 'run_2' })], null);
    const where = { run: 'run_1' };
    assert.equal(await ledger.spent(all({ where })), 21);
    assert.equal(await ledger.spent({ ...all({ where }), fromMs: FROM_MS + 1 }), 14);
  });

  scene(
    'a run is summed with all under it, to the line, and what is named alike is not it',
    async (ledger) => {
      const line = (id: string, run: string | null, changes: Partial<LedgerEntry> = {}) =>
        entryOf({ id, run, costNanoUsd: 10, ...changes });
      await ledger.add(
        [
          line('1', 'aaa'),
          line('2', 'aaa/bbb'),
          line('3', 'aaa/bbb/ccc', { model: 'other' }),
          line('4', 'aaa/bbc'),
          line('5', 'aaab'),
          line('6', 'aaa0'),
          line('7', 'aaa-'),
          line('8', null),
          line('9', 'bbb', { tenant: 'globex' }),
          line('10', 'aaa', { end: 'expire', costNanoUsd: 50, atMs: FROM_MS + 2_000 }),
        ],
        null,
      );
      // A second word on a lease that was over: it corrects money, and is no second call.
      await ledger.add([line('10', 'aaa', { costNanoUsd: 20, atMs: FROM_MS + 2_000 })], null);
      const of = async (where: SpendQuery['where'], more: Partial<SpendQuery> = {}) => {
        const query = { ...all({ where }), ...more };
        return [await ledger.spent(query), await ledger.calls(query)];
      };
      assert.deepEqual(await of({ run: 'aaa' }), [60, 5]);
      assert.deepEqual(await of({ run: 'aaa', tenant: 'globex' }), [0, 0]);
      assert.deepEqual(await of({ run: 'aaa/bbb' }), [20, 2]);
      assert.deepEqual(await of({ run: 'aaa' }, { models: ['other'] }), [10, 1]);
      assert.deepEqual(await of({ run: 'aaa' }, { fromMs: FROM_MS + 1_500 }), [20, 1]);
      assert.deepEqual(await of({ run: 'ccc' }), [0, 0]);
      assert.deepEqual(await of({ run: null }), [10, 1]);
      assert.deepEqual(await of({ tenant: 'acme' }), [100, 9]);
    },
  );

  scene('a line is of a sum here as it is to whoever holds the line itself', async (ledger) => {
    const owners: Partial<LedgerEntry>[] = [
      {},
      { tenant: 'globex', team: 'red' },
      { user: null, rootKey: null, model: 'slow' },
      { run: 'aaa' },
      { run: 'aaa/bbb', team: 'red' },
      { run: 'aaab', model: 'slow' },
      { atMs: FROM_MS - 1 },
      { atMs: FROM_MS + DAY_MS },
    ];
    const lines = owners.map((owner, at) => entryOf({ ...owner, costNanoUsd: 2 ** at }));
    await ledger.add(lines, null);
    const wheres: SpendQuery['where'][] = [
      {},
      { tenant: 'acme' },
      { team: 'red' },
      { team: null },
      { user: null },
      { user: 'ann', rootKey: 'key_root' },
      { model: 'slow', run: null },
      { run: 'aaa' },
      { run: 'aaa/bbb', tenant: 'acme' },
    ];
    for (const where of wheres) {
      for (const models of [null, ['slow'], []]) {
        const query = all({ where, models });
        const own = lines.filter((line) => isOfQuery(query, line));
        const sum = own.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0);
        assert.equal(sum, await ledger.spent(query), JSON.stringify(query));
      }
    }
  });

  scene('numbers are exact to 2^53', async (ledger) => {
    const most = Number.MAX_SAFE_INTEGER;
    await ledger.add([entryOf({ costNanoUsd: most - 2, inputTokens: most })], null);
    await ledger.add([entryOf({ costNanoUsd: 1, inputTokens: 0 })], null);
    assert.equal(await ledger.spent(all()), most - 1);
    const [row] = await ledger.usage(usage(), 0);
    assert.deepEqual([row?.costNanoUsd, row?.inputTokens], [most - 1, most]);
  });

  scene('how far a log was read never goes back, and is of its writer', async (ledger) => {
    assert.equal(await ledger.position('a'), 0);
    await ledger.add([], { writer: 'a', seq: 12, after: 0 });
    await ledger.add([entryOf({})], { writer: 'a', seq: 7, after: 0 });
    await ledger.add([], { writer: 'b', seq: 3, after: 0 });
    assert.deepEqual([await ledger.position('a'), await ledger.position('b')], [12, 3]);
  });

  scene('who has read further than the ledger knows of adds nothing', async (ledger) => {
    const [one, two] = [entryOf({}), entryOf({})];
    assert.equal(await ledger.add([one], { writer: 'a', seq: 4, after: 0 }), 1);
    // As after a failover to a server that has the line of 4 and not those up to 7.
    assert.equal(await ledger.add([two], { writer: 'a', seq: 9, after: 7 }), null);
    assert.equal(await ledger.add([two], { writer: 'b', seq: 9, after: 1 }), null);
    assert.deepEqual([await ledger.position('a'), await ledger.calls(all())], [4, 1]);
    assert.equal(await ledger.add([two], { writer: 'a', seq: 9, after: 4 }), 1);
    // A commit whose answer was lost: the ledger knows more than whoever adds.
    assert.equal(await ledger.add([two], { writer: 'a', seq: 9, after: 4 }), 0);
    assert.equal(await ledger.position('a'), 9);
  });

  for (const [title, run] of usageScenes) scene(title, run);
}
