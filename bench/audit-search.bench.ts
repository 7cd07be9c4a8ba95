/**
 * How long a page of a search takes among many records.
 *
 *   node bench/audit-search.bench.ts sqlite [rows]
 *   node bench/audit-search.bench.ts postgres [rows]
 *
 * A million rows where nothing is said. The index is filled as the gateway fills it, in batches of 500.
 * Each filter is asked for many times, for different names and for pages near and far, and each page is
 * checked against the filter. Prints one JSON line; `ms` are [p50, p95, most].
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AuditIndex, IndexFilter, IndexRow, RecordShape } from '#storage/audit-index.ts';
import { matchesRow } from '#storage/index-match.ts';
import { openPostgresAuditIndex } from '#storage/postgres/audit-index.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import { openAuditIndex } from '#storage/sqlite/audit-index.ts';

import { openTestPostgres } from '../tests/support/postgres.ts';

const [, , store = 'sqlite', rowsText = '1000000'] = process.argv;
const ROWS = Number(rowsText);
const BATCH = 500;
const ASKED = 100;
/** Half a year, up to now. */
const SPAN_MS = 182 * 86_400_000;
const END_MS = Date.parse('2026-11-27T00:00:00Z');

const TENANTS = 50;
/** Of each tenant. */
const USERS = 100;
const KEYS = 2_000;
const MODELS = 12;
const REASONS = [
  'limit-reached: per-key',
  'limit-reached: tenant-day',
  'model-forbidden',
  'content-blocked: house, falcon',
  'content-blocked: injection, jailbreak',
  'content-blocked: secrets, aws-access-key',
];

/** The same numbers in every run. */
let state = 0x2545f491;
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

function shapeOf(tenant: number): RecordShape {
  const isDenied = random(100) < 4;
  const reason = isDenied ? (REASONS[random(REASONS.length)] ?? null) : null;
  const [, guard = null, category = null] =
    /content-blocked: (\w+), (.+)/u.exec(reason ?? '') ?? [];
  return {
    kind: isDenied ? 'deny' : random(2) === 0 ? 'admit' : 'complete',
    tenant: `tenant-${tenant}`,
    route: '/v1/chat/completions',
    model: `model-${random(MODELS)}`,
    provider: isDenied ? null : `provider-${random(3)}`,
    decision: isDenied ? 'deny' : 'allow',
    status: isDenied ? (guard === null ? 429 : 400) : 200,
    action: null,
    reason,
    findings: guard === null ? [] : [{ guard, category, action: 'block' }],
  };
}

function rowOf(seq: number): IndexRow {
  const tenant = random(TENANTS);
  const shape = shapeOf(tenant);
  return {
    writer: 'main',
    seq,
    atMs: END_MS - SPAN_MS + Math.floor((seq / ROWS) * SPAN_MS),
    shape,
    requestId: `req_${String(seq).padStart(20, '0')}`,
    user: `user-${tenant}-${random(USERS)}`,
    endUser: null,
    ip: '198.51.100.27',
    key: `key_${random(KEYS)}`,
    resource: null,
    // Most calls are cheap, and one in ten thousand is not.
    costNanoUsd:
      shape.kind === 'complete' ? 1_000 + random(random(10_000) === 0 ? 2e9 : 2e6) : null,
    count: 1,
    epoch: 1,
    n: 1 + Math.floor(seq / 100_000),
    offset: seq * 600,
  };
}

async function fill(index: AuditIndex): Promise<number> {
  const startNs = process.hrtime.bigint();
  for (let seq = 0; seq < ROWS; seq += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, ROWS - seq) }, (_, at) =>
      rowOf(seq + at + 1),
    );
    await index.add(rows, { writer: 'main', after: seq, through: seq + rows.length });
  }
  assert.equal(await index.position('main'), ROWS);
  return Number(process.hrtime.bigint() - startNs) / 1e9;
}

const FILTERS: Readonly<Record<string, () => IndexFilter>> = {
  'a tenant': () => ({ tenant: `tenant-${random(TENANTS)}` }),
  'a user of a tenant': () => {
    const tenant = random(TENANTS);
    return { tenant: `tenant-${tenant}`, user: `user-${tenant}-${random(USERS)}` };
  },
  'refusals of a tenant in a week': () => {
    const toMs = END_MS - random(26) * 7 * 86_400_000;
    const tenant = `tenant-${random(TENANTS)}`;
    return { tenant, decision: 'deny', fromMs: toMs - 7 * 86_400_000, toMs };
  },
  'findings of a guard, and words': () => ({ guard: 'house', text: 'blocked falcon' }),
  'the dear calls': () => ({ costMinNanoUsd: 100_000_000 + random(1_000_000_000) }),
  'everything, far back': () => ({ toMs: END_MS - random(SPAN_MS) }),
};

async function timed(index: AuditIndex, filterOf: () => IndexFilter): Promise<readonly number[]> {
  const timesMs: number[] = [];
  let rows = 0;
  for (let asked = 0; asked < ASKED; asked += 1) {
    const filter = filterOf();
    // The first page and, behind it, the second: pages far back begin like the second.
    let after = null;
    for (let page = 0; page < 2; page += 1) {
      const startNs = process.hrtime.bigint();
      const found = await index.search({ filter, limit: 50, after });
      timesMs.push(Number(process.hrtime.bigint() - startNs) / 1e6);
      for (const row of found.rows) assert.ok(matchesRow(row, filter));
      rows += found.rows.length;
      after = found.next;
      if (after === null) break;
    }
  }
  // A search that finds nothing is the fastest of all.
  assert.ok(rows > ASKED, `${rows} rows`);
  timesMs.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(
      (timesMs[Math.min(timesMs.length - 1, Math.floor(timesMs.length * share))] ?? 0) * 100,
    ) / 100;
  return [at(0.5), at(0.95), at(1)];
}

async function opened(): Promise<{ index: AuditIndex; close: () => Promise<void> }> {
  if (store === 'sqlite') {
    const dir = mkdtempSync(join(tmpdir(), 'audit-search-bench-'));
    const index = openAuditIndex(dir);
    return {
      index,
      async close() {
        await index.close();
        rmSync(dir, { recursive: true });
      },
    };
  }
  const server = await openTestPostgres();
  const link = await openPostgres(await server.database(), {
    connectionsMax: 2,
    statementMs: 30_000,
  });
  const index = await openPostgresAuditIndex(link);
  return {
    index,
    async close() {
      await index.close();
      await server.close();
    },
  };
}

const { index, close } = await opened();
try {
  const seconds = await fill(index);
  const ms: Record<string, readonly number[]> = {};
  for (const [name, filterOf] of Object.entries(FILTERS)) ms[name] = await timed(index, filterOf);
  const perSecond = Math.round(ROWS / seconds);
  process.stdout.write(
    `${JSON.stringify({ bench: 'audit-search', store, rows: ROWS, perSecond, ms })}\n`,
  );
} finally {
  await close();
}
