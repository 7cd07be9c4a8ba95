/** What every index of the audit log has to keep. The test of a member calls `auditIndexContract`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AuditIndex, IndexFilter, IndexPlace, IndexRow, RecordShape } from './audit-index.ts';
import { matchesRow } from './index-match.ts';
import { rollupScenes } from './rollups/rollups.contract.ts';

export interface OpenIndex {
  readonly index: AuditIndex;
  readonly close: () => Promise<void>;
}

const NOW_MS = Date.parse('2026-11-27T12:00:00Z');
const MONTH_MS = 31 * 86_400_000;

export const testShape = (changed: Partial<RecordShape> = {}): RecordShape => ({
  kind: 'complete',
  tenant: 'acme',
  route: '/v1/chat/completions',
  model: 'fast',
  provider: 'openai',
  decision: 'allow',
  status: 200,
  action: null,
  reason: null,
  findings: [],
  ...changed,
});

export const testRow = (
  seq: number,
  changed: Partial<IndexRow> = {},
  shape: Partial<RecordShape> = {},
): IndexRow => ({
  writer: 'main',
  seq,
  atMs: NOW_MS + seq,
  shape: testShape(shape),
  requestId: `req_${seq}`,
  user: 'ann',
  endUser: null,
  ip: '192.0.2.7',
  key: 'key_1',
  resource: null,
  costNanoUsd: 100,
  count: 1,
  epoch: 1,
  n: 2,
  offset: seq * 100,
  ...changed,
});

const spanOf = (after: number, through: number, writer = 'main') => ({ writer, after, through });

async function found(
  index: AuditIndex,
  filter: IndexFilter,
  limit = 50,
): Promise<readonly number[]> {
  const { rows } = await index.search({ filter, limit, after: null });
  return rows.map(({ seq }) => seq);
}

export function auditIndexContract(name: string, open: () => Promise<OpenIndex>): void {
  const scene = (title: string, run: (index: AuditIndex) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const { index, close } = await open();
      try {
        await run(index);
      } finally {
        await close();
      }
    });

  for (const [title, run] of rollupScenes) scene(title, run);

  scene('a row is there once, as it was brought, and can be found', async (index) => {
    const finding = { guard: 'house', category: 'falcon', action: 'block' };
    const row = testRow(1, { resource: 'key/k' }, { reason: 'x', findings: [finding] });
    await index.add([row, row], spanOf(0, 1));
    await index.add([{ ...row, user: 'eve' }], spanOf(0, 1));
    assert.deepEqual(await index.find('main', 1), row);
    assert.deepEqual(await found(index, {}), [1]);
    assert.equal(await index.find('main', 2), null);
    assert.equal(await index.find('other', 1), null);
  });

  scene('the position never goes back, and never over a gap', async (index) => {
    assert.equal(await index.position('main'), 0);
    assert.equal(await index.add([testRow(1), testRow(2)], spanOf(0, 2)), 2);
    assert.equal(await index.add([testRow(5)], spanOf(4, 5)), 2, 'three and four are missing');
    assert.equal(await index.position('main'), 2);
    assert.equal(await index.add([testRow(1)], spanOf(0, 1)), 2);
    assert.equal(await index.add([testRow(3), testRow(4)], spanOf(2, 6)), 6);
    assert.equal(await index.position('other'), 0);
    assert.deepEqual(await found(index, {}), [5, 4, 3, 2, 1]);
  });

  const rows: readonly IndexRow[] = [
    testRow(1),
    testRow(2, { user: 'bob', costNanoUsd: 5_000 }, { tenant: 'other', model: 'slow' }),
    testRow(
      3,
      { key: 'key_2', costNanoUsd: null },
      { kind: 'deny', decision: 'deny', status: 429, reason: 'limit-reached: Per-Key' },
    ),
    testRow(
      4,
      { endUser: 'end', costNanoUsd: 7_000 },
      {
        decision: 'deny',
        status: 400,
        reason: 'content-blocked: house, falcon',
        findings: [
          { guard: 'house', category: 'falcon', action: 'block' },
          { guard: 'pii', category: 'email', action: 'redact' },
        ],
      },
    ),
    testRow(
      5,
      { user: null, key: null, costNanoUsd: null, resource: 'key/key_9' },
      { kind: 'admin', action: 'key.create', model: null, route: null, provider: null },
    ),
  ];
  const filters: readonly [IndexFilter, readonly number[]][] = [
    [{}, [5, 4, 3, 2, 1]],
    [{ tenant: 'acme' }, [5, 4, 3, 1]],
    [{ tenant: `a' OR 1=1 --` }, []],
    [{ user: 'ann' }, [4, 3, 1]],
    [{ user: 'ann', tenant: 'other' }, []],
    [{ endUser: 'end' }, [4]],
    [{ key: 'key_2' }, [3]],
    [{ key: 'key_1', decision: 'deny' }, [4]],
    [{ requestId: 'req_2' }, [2]],
    [{ kind: 'deny' }, [3]],
    [{ isEnd: true }, [4, 3, 2, 1]],
    [{ isEnd: true, kind: 'admin' }, []],
    [{ isEnd: true, tenant: 'other' }, [2]],
    [{ route: '/v1/chat/completions' }, [4, 3, 2, 1]],
    [{ model: 'slow' }, [2]],
    [{ provider: 'openai', decision: 'deny' }, [4, 3]],
    [{ status: 429 }, [3]],
    [{ action: 'key.create' }, [5]],
    [{ guard: 'house' }, [4]],
    [{ category: 'email' }, [4]],
    [{ guard: 'house', category: 'email' }, []],
    [{ isFound: true }, [4]],
    [{ isFound: true, tenant: 'other' }, []],
    [{ text: 'per-key LIMIT' }, [3]],
    [{ text: '%' }, []],
    [{ text: 'house nothing' }, []],
    [{ costMinNanoUsd: 5_000 }, [4, 2]],
    [{ costMaxNanoUsd: 5_000 }, [2, 1]],
    [{ costMinNanoUsd: 100, costMaxNanoUsd: 100 }, [1]],
    [{ costMinNanoUsd: 5_000, decision: 'deny' }, [4]],
    [{ fromMs: NOW_MS + 2, toMs: NOW_MS + 4 }, [3, 2]],
    [{ fromMs: NOW_MS + 2, tenant: 'acme' }, [5, 4, 3]],
  ];
  scene('each filter finds what it says, and the newest first', async (index) => {
    await index.add(rows, spanOf(0, 5));
    for (const [filter, expected] of filters) {
      assert.deepEqual(await found(index, filter), expected, JSON.stringify(filter));
      const plain = rows.filter((row) => matchesRow(row, filter)).map(({ seq }) => seq);
      assert.deepEqual(plain.toReversed(), expected, `read plainly: ${JSON.stringify(filter)}`);
    }
  });

  scene('pages go on where the one before ended, with nothing twice or left out', async (index) => {
    // Several writers, and records of one moment: time alone is no order.
    const many = Array.from({ length: 120 }, (_, at) =>
      testRow(
        Math.floor(at / 2) + 1,
        {
          writer: at % 2 === 0 ? 'main' : 'other',
          atMs: NOW_MS + Math.floor(at / 7),
        },
        { model: `m${at % 5}` },
      ),
    );
    await index.add(many, spanOf(0, 60));
    for (const filter of [{}, { tenant: 'acme' }, { user: 'ann' }, { costMinNanoUsd: 1 }]) {
      const seen: string[] = [];
      let after: IndexPlace | null = null;
      let pages = 0;
      do {
        const page = await index.search({ filter, limit: 40, after });
        seen.push(...page.rows.map(({ writer, seq }) => `${writer}:${seq}`));
        after = page.next;
        pages += 1;
      } while (after !== null);
      assert.equal(pages, 3);
      assert.equal(new Set(seen).size, 120, JSON.stringify(filter));
      assert.equal(seen[0], 'other:60');
      assert.equal(seen.at(-1), 'main:1');
    }
  });

  scene('rows are counted by shape and key, with what each stands for', async (index) => {
    const denied = { decision: 'deny', reason: 'model-forbidden' };
    await index.add(
      [
        testRow(1, {}, denied),
        testRow(2, { count: 40 }, denied),
        testRow(3, { key: null }, denied),
        testRow(4, { user: 'bob' }),
      ],
      spanOf(0, 4),
    );
    const plain = (await index.tally({ decision: 'deny' })).map(
      ({ shape: _shape, ...rest }) => rest,
    );
    assert.deepEqual(plain, [
      { key: 'key_1', count: 41, firstMs: NOW_MS + 1, lastMs: NOW_MS + 2 },
      { key: null, count: 1, firstMs: NOW_MS + 3, lastMs: NOW_MS + 3 },
    ]);
    const [allowed] = await index.tally({ user: 'bob' });
    assert.deepEqual([allowed?.shape, allowed?.count], [testShape(), 1]);
    assert.equal((await index.tally({})).length, 3);
    assert.deepEqual(await index.tally({ tenant: 'nobody' }), []);
    assert.equal((await index.tally({ decision: 'deny', fromMs: NOW_MS + 3 })).length, 1);
    const byUser = await index.tally({}, 'user');
    assert.deepEqual(
      byUser.map(({ key, count }) => [key, count]),
      [
        ['ann', 42],
        ['bob', 1],
      ],
    );
    assert.deepEqual(
      [...new Set((await index.tally({}, 'ip')).map(({ key }) => key))],
      ['192.0.2.7'],
    );
  });

  scene('a person is gone from the rows, and from no row of others', async (index) => {
    await index.add(
      [
        testRow(1),
        testRow(2, { endUser: 'end' }),
        testRow(3, {}, { tenant: 'other' }),
        testRow(4, { user: 'bob', endUser: 'end' }),
      ],
      spanOf(0, 4),
    );
    assert.equal(await index.erasePerson({ tenant: 'acme', user: 'ann' }), 2);
    assert.deepEqual(await found(index, { user: 'ann' }), [3]);
    const erased = await index.find('main', 2);
    assert.deepEqual([erased?.user, erased?.endUser, erased?.ip], [null, null, null]);
    assert.equal(erased?.key, 'key_1');
    assert.equal(await index.erasePerson({ tenant: 'acme', endUser: 'end', user: 'eve' }), 0);
    assert.equal(await index.erasePerson({ tenant: 'acme', endUser: 'end' }), 1);
    assert.equal((await index.find('main', 4))?.user, null);
    // Filled again from a log that was read before: what is there stays as it is.
    await index.add([testRow(1)], spanOf(0, 1));
    assert.equal((await index.find('main', 1))?.user, null);
  });

  scene('rows go with their records, months later too', async (index) => {
    await index.add(
      [
        testRow(1, { atMs: NOW_MS - 2 * MONTH_MS }),
        testRow(2, { atMs: NOW_MS - MONTH_MS }),
        testRow(3),
      ],
      spanOf(0, 3),
    );
    await index.add([testRow(1, { writer: 'other' })], spanOf(0, 1, 'other'));
    assert.equal(await index.removeThrough('main', 2), 2);
    assert.deepEqual(await found(index, {}), [3, 1]);
    assert.equal(await index.position('main'), 3);
  });

  scene('a writer that is cleared begins again, and others stay', async (index) => {
    await index.add([testRow(1)], spanOf(0, 1));
    await index.add([testRow(1, { writer: 'other' })], spanOf(0, 1, 'other'));
    await index.clear('main');
    assert.equal(await index.find('main', 1), null);
    assert.equal(await index.position('main'), 0);
    assert.equal(await index.position('other'), 1);
    await index.add([testRow(1)], spanOf(0, 1));
    assert.deepEqual(await index.find('main', 1), testRow(1));
  });
}
