/** The contract of audit indexes on PostgreSQL, its months, and what several gateways do to one. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { auditIndexContract, testRow } from '#storage/audit-index.contract.ts';
import type { IndexPlace } from '#storage/audit-index.ts';
import { openPostgresAuditIndex } from '#storage/postgres/audit-index.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
after(() => server.close());

const LIMITS = { connectionsMax: 4, statementMs: 10_000 };

async function opened() {
  const link = await openPostgres(await server.database(), LIMITS);
  const index = await openPostgresAuditIndex(link);
  return { index, link, close: () => index.close() };
}

auditIndexContract('postgres', opened);

test('what is counted at one moment is found by its key, however much there is of that moment', async () => {
  const { index, link, close } = await opened();
  const atMs = Date.parse('2026-05-01T00:00:00Z');
  const sampleOf = (seq: number) => ({
    seq,
    atMs,
    kind: 'calls' as const,
    dims: ['acme', `m${seq}`, 'd', 'r'],
    counts: { requests: 1 },
    times: {},
  });
  const PER_BATCH = 2_000;
  let lastMs = 0;
  for (let from = 0; from < 18_000; from += PER_BATCH) {
    const samples = Array.from({ length: PER_BATCH }, (_, at) => sampleOf(from + at + 1));
    const startMs = performance.now();
    const place = { writer: 'main', after: from, through: from + PER_BATCH };
    await index.add([], place, { samples, nowMs: atMs + 200 * 86_400_000 });
    lastMs = performance.now() - startMs;
  }
  // By an index on time each of the last two thousand walked past sixteen thousand: 8 s.
  assert.ok(lastMs < 3_000, `${lastMs} ms`);
  const plans = await link.query(
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'llmproxy' AND tablename = 'rollups'`,
  );
  assert.equal(plans.filter(({ indexdef }) => String(indexdef).includes('btree')).length, 1);
  await close();
});

test('a month has a table of its own, from its first row to its last', async () => {
  const { index, link, close } = await opened();
  const months = async () =>
    (
      await link.query(
        `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'llmproxy.audit_records'::regclass ORDER BY 1`,
      )
    ).map(({ name }) => name);
  const at = (time: string) => Date.parse(time);
  await index.add(
    [
      testRow(1, { atMs: at('2026-09-30T23:59:59.999Z') }),
      testRow(2, { atMs: at('2026-10-01T00:00:00Z') }),
      testRow(3, { atMs: at('2026-12-31T23:59:59.999Z') }),
    ],
    { writer: 'main', after: 0, through: 3 },
  );
  const [september, october, december] = ['2026_09', '2026_10', '2026_12'].map(
    (month) => `audit_records_${month}`,
  );
  assert.deepEqual(await months(), [september, october, december]);
  // Lists are read month by month: pages go over the ends of months, in their order.
  for (const filter of [
    { tenant: 'acme' },
    { costMinNanoUsd: 1 },
    { tenant: 'acme', toMs: at('2027-01-01') },
  ]) {
    const seen: number[] = [];
    let after: IndexPlace | null = null;
    do {
      const page = await index.search({ filter, limit: 1, after });
      seen.push(...page.rows.map(({ seq }) => seq));
      after = page.next;
    } while (after !== null);
    assert.deepEqual(seen, [3, 2, 1], JSON.stringify(filter));
  }
  const between = { tenant: 'acme', fromMs: at('2026-09-30'), toMs: at('2026-12-01') };
  const { rows } = await index.search({ filter: between, limit: 9, after: null });
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    [2, 1],
  );
  assert.equal(await index.removeThrough('main', 1), 1);
  assert.deepEqual(await months(), [october, december]);
  assert.equal(await index.removeThrough('main', 3), 2);
  assert.deepEqual(await months(), [december], 'the newest stays for what comes');
  await close();
});

test('gateways that fill one index at once lose nothing and wait for nobody for good', async () => {
  const url = await server.database();
  const links = await Promise.all(Array.from({ length: 3 }, () => openPostgres(url, LIMITS)));
  const indexes = await Promise.all(links.map((link) => openPostgresAuditIndex(link)));
  const work = indexes.map(async (index, at) => {
    const writer = `main@${at}`;
    for (let turn = 0; turn < 10; turn += 1) {
      const rows = Array.from({ length: 50 }, (_, row) =>
        testRow(turn * 50 + row + 1, { writer }, { model: `m${(row * (at + 1)) % 20}` }),
      );
      await index.add(rows, { writer, after: turn * 50, through: turn * 50 + 50 });
    }
  });
  await Promise.all(work);
  const [index] = indexes;
  assert.ok(index !== undefined);
  for (const at of [0, 1, 2]) assert.equal(await index.position(`main@${at}`), 500);
  const [row] = (await links[0]?.query('SELECT count(*) FROM llmproxy.audit_records')) ?? [];
  assert.equal(Number(row?.['count']), 1_500);
  await Promise.all(indexes.map((one) => one.close()));
});
