/**
 * `AuditIndex` in PostgreSQL, for gateways that share a ledger: one index of all their logs. Rows stand
 * in a partition a month, which is made when its first row comes and dropped when its last has gone.
 * Gateways name their writers apart (`main@<instance>`).
 */
import { hash } from 'node:crypto';

import { assert } from '#stdx/assert.ts';

import {
  type AuditIndex,
  costBucket,
  type IndexPerson,
  type IndexRow,
  type IndexSpan,
  PAGE_MAX,
  pageOfRows,
  type RecordShape,
  shapeText,
} from '../audit-index.ts';
import { type Folding, foldSamples } from '../rollups/fold.ts';
import { rollupView } from '../rollups/view.ts';
import { auditIndexSteps } from './audit-index-schema.ts';
import { rowsOf, shownRow, talliesOf } from './audit-index-search.ts';
import { type Month, monthOf, monthsOf } from './index-months.ts';
import { migratePostgres } from './migrations.ts';
import { exact, type PostgresLink, type Query } from './postgres.ts';
import { addCells, clearRollups, rollupRows, trimRollups } from './rollup-rows.ts';

/** Gateways that need a month at once wait for one another. */
const LOCK = 7_416_290_355_118;
const COLUMNS = `at_ms bigint, writer text, seq bigint, shape bigint, request_id text, user_name text,
  end_user text, ip text, key text, resource text, cost bigint, count bigint, bucket integer, epoch integer,
  n integer, place bigint`;
const SHAPE_COLUMNS = `digest text, body text, tenant text, kind text, route text, model text,
  provider text, decision text, status integer, action text, folded text, findings jsonb`;

const namesIn = (columns: string): string =>
  columns
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', ');

export async function openPostgresAuditIndex(link: PostgresLink): Promise<AuditIndex> {
  await migratePostgres(link, 'audit-index', auditIndexSteps);
  return {
    add: (rows, span, folding) => link.transaction((query) => addAll(query, rows, span, folding)),
    position: (writer) => positionOf(link.query, writer),
    async search({ filter, limit, after }) {
      assert(limit >= 1 && limit <= PAGE_MAX, 'a page of the index is bounded');
      const rows = await rowsOf(link.query, { filter, limit: limit + 1, after });
      return pageOfRows(rows, limit);
    },
    async find(writer, seq) {
      const [row] = await link.query(
        `SELECT records.*, shapes.body FROM llmproxy.audit_records AS records
        JOIN llmproxy.audit_shapes AS shapes ON shapes.id = records.shape
        WHERE writer = $1 AND seq = $2`,
        [writer, seq],
      );
      return row === undefined ? null : shownRow(row);
    },
    tally: (filter, by) => talliesOf(link.query, filter, by),
    rollups: async (query) => rollupView(await rollupRows(link.query, query), query),
    trimRollups: (nowMs) => link.transaction((query) => trimRollups(query, nowMs)),
    erasePerson: (person) => erase(link.query, person),
    async removeThrough(writer, seq) {
      const removed = await deleted(link.query, 'writer = $1 AND seq <= $2', [writer, seq]);
      if (removed > 0) await link.transaction(dropEmpty);
      return removed;
    },
    async clear(writer) {
      await link.transaction(async (query) => {
        await deleted(query, 'writer = $1', [writer]);
        await query('DELETE FROM llmproxy.audit_positions WHERE writer = $1', [writer]);
        await clearRollups(query, writer);
      });
    },
    close: () => link.close(),
  };
}

async function positionOf(query: Query, writer: string): Promise<number> {
  const [row] = await query('SELECT seq FROM llmproxy.audit_positions WHERE writer = $1', [writer]);
  return exact(row?.['seq']);
}

async function addAll(
  query: Query,
  rows: readonly IndexRow[],
  { writer, after, through }: IndexSpan,
  folding?: Folding,
): Promise<number> {
  if (rows.length > 0) {
    const months = new Map(rows.map(({ atMs }) => [monthOf(atMs).table, monthOf(atMs)]));
    for (const month of months.values()) await makeMonth(query, month);
    const ids = await shapeIds(query, rows);
    const cells = rows.map((row) => cellsOf(row, ids.get(digestOf(row.shape)) ?? 0));
    await query(
      `INSERT INTO llmproxy.audit_records (${namesIn(COLUMNS)})
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS rows(${COLUMNS}) ON CONFLICT DO NOTHING`,
      [JSON.stringify(cells)],
    );
  }
  const known = await heldPosition(query, writer);
  if (known < after || known >= through) return known;
  if (folding !== undefined) await addCells(query, writer, foldSamples(folding, known));
  await query('UPDATE llmproxy.audit_positions SET seq = $2 WHERE writer = $1', [writer, through]);
  return through;
}

/** Until the end of the transaction nobody else moves it: what is counted with it is counted once. */
async function heldPosition(query: Query, writer: string): Promise<number> {
  await query('INSERT INTO llmproxy.audit_positions VALUES ($1, 0) ON CONFLICT DO NOTHING', [
    writer,
  ]);
  const [row] = await query(
    'SELECT seq FROM llmproxy.audit_positions WHERE writer = $1 FOR UPDATE',
    [writer],
  );
  return exact(row?.['seq']);
}

const digestOf = (shape: RecordShape): string => hash('sha256', shapeText(shape), 'hex');

function cellsOf(row: IndexRow, shape: number) {
  const { costNanoUsd: cost } = row;
  return {
    at_ms: row.atMs,
    writer: row.writer,
    seq: row.seq,
    shape,
    request_id: row.requestId,
    user_name: row.user,
    end_user: row.endUser,
    ip: row.ip,
    key: row.key,
    resource: row.resource,
    cost,
    count: row.count,
    bucket: cost === null ? null : costBucket(cost),
    epoch: row.epoch,
    n: row.n,
    place: row.offset,
  };
}

/** In one order: gateways that bring the same shapes at once do not wait for each other in a circle. */
async function shapeIds(
  query: Query,
  rows: readonly IndexRow[],
): Promise<ReadonlyMap<string, number>> {
  const shapes = new Map(rows.map(({ shape }) => [digestOf(shape), shape]));
  const digests = [...shapes.keys()].toSorted();
  const known = await idsOf(query, digests);
  const fresh = digests.filter((digest) => !known.has(digest));
  if (fresh.length === 0) return known;
  const cells = fresh.map((digest) => shapeCells(digest, shapes.get(digest)));
  await query(
    `INSERT INTO llmproxy.audit_shapes (${namesIn(SHAPE_COLUMNS)})
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS rows(${SHAPE_COLUMNS}) ON CONFLICT DO NOTHING`,
    [JSON.stringify(cells)],
  );
  return await idsOf(query, digests);
}

async function idsOf(query: Query, digests: readonly string[]): Promise<Map<string, number>> {
  const found = await query('SELECT digest, id FROM llmproxy.audit_shapes WHERE digest = ANY($1)', [
    digests,
  ]);
  return new Map(found.map((row) => [String(row['digest']), exact(row['id'])]));
}

function shapeCells(digest: string, shape: RecordShape | undefined) {
  assert(shape !== undefined, 'a digest is of a shape');
  const { reason, findings, ...columns } = shape;
  return {
    ...columns,
    digest,
    body: shapeText(shape),
    folded: (reason ?? '').toLowerCase(),
    findings: findings.map(({ guard, category }) => [guard, category]),
  };
}

async function makeMonth(query: Query, { table, fromMs, toMs }: Month): Promise<void> {
  const [made] = await query('SELECT to_regclass($1) AS made', [`llmproxy.${table}`]);
  if (made?.['made'] !== null) return;
  await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  await query(
    `CREATE TABLE IF NOT EXISTS llmproxy.${table} PARTITION OF llmproxy.audit_records
    FOR VALUES FROM (${fromMs}) TO (${toMs})`,
  );
}

async function dropEmpty(query: Query): Promise<void> {
  await query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  const months = await monthsOf(query);
  // The newest is where rows come to now.
  for (const month of months.slice(0, -1)) {
    const table = `llmproxy.${month.table}`;
    const some = `SELECT 1 FROM ${table} LIMIT 1`;
    if ((await query(some)).length > 0) continue;
    // Rows that somebody was adding are seen behind the lock, and keep the table.
    await query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    if ((await query(some)).length === 0) await query(`DROP TABLE ${table}`);
  }
}

/** How many rows a statement deletes at most: none runs into its deadline. */
const DELETED_MAX = 20_000;
const DELETES_MAX = 100_000;

async function deleted(query: Query, where: string, values: readonly unknown[]): Promise<number> {
  let removed = 0;
  for (let turn = 0; turn < DELETES_MAX; turn += 1) {
    const rows = await query(
      `WITH gone AS (DELETE FROM llmproxy.audit_records AS records USING (
        SELECT at_ms, writer, seq FROM llmproxy.audit_records WHERE ${where} LIMIT ${DELETED_MAX}
      ) AS old WHERE records.at_ms = old.at_ms AND records.writer = old.writer
        AND records.seq = old.seq RETURNING 1) SELECT count(*) AS count FROM gone`,
      values,
    );
    const count = exact(rows[0]?.['count']);
    removed += count;
    if (count < DELETED_MAX) break;
  }
  return removed;
}

async function erase(query: Query, { tenant, user, endUser }: IndexPerson): Promise<number> {
  assert(user !== undefined || endUser !== undefined, 'a person has a name');
  const [row] = await query(
    `WITH gone AS (UPDATE llmproxy.audit_records SET user_name = NULL, end_user = NULL, ip = NULL
      WHERE shape IN (SELECT id FROM llmproxy.audit_shapes WHERE tenant = $1)
        AND ($2::text IS NULL OR user_name = $2) AND ($3::text IS NULL OR end_user = $3)
      RETURNING 1) SELECT count(*) AS count FROM gone`,
    [tenant, user ?? null, endUser ?? null],
  );
  return exact(row?.['count']);
}
