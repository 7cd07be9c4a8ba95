/** How a page of the audit index is read from PostgreSQL. */
import {
  costBucket,
  type IndexFilter,
  type IndexQuery,
  type IndexRow,
  MERGED_MAX,
  TALLIES_MAX,
  type Tally,
  type TallyBy,
} from '../audit-index.ts';
import { shapeOf } from '../indexed-shape.ts';
import { shapeConditions, type ShapeDialect } from '../shape-filter.ts';
import { monthsOf } from './index-months.ts';
import { exact, type Query, type Row } from './postgres.ts';

const DIALECT: ShapeDialect = {
  value: (n) => `$${n}`,
  has: (text, value) => `strpos(${text}, ${value}) > 0`,
  findings: 'jsonb_array_elements(findings) AS finding',
  guard: 'finding ->> 0',
  category: 'finding ->> 1',
};

const EQUALS = [
  ['requestId', 'request_id'],
  ['user', 'user_name'],
  ['endUser', 'end_user'],
  ['key', 'key'],
] as const;

const ORDER = 'at_ms DESC, writer DESC, seq DESC';

/** The newest first; no page is remembered, the query says where it begins. */
export async function rowsOf(query: Query, asked: IndexQuery): Promise<readonly IndexRow[]> {
  const { filter, limit } = asked;
  const shapes = await matching(query, filter);
  if (shapes?.length === 0) return [];
  const hasIndex = EQUALS.some(([name]) => filter[name] !== undefined);
  const isMerged = !hasIndex && shapes !== null && shapes.length <= MERGED_MAX;
  const buckets = hasIndex || isMerged ? null : bucketsOf(filter);
  const lists: Lists = {
    merged: isMerged ? ['shape', shapes] : buckets === null ? null : ['bucket', buckets],
    among: isMerged ? null : shapes,
  };
  if (lists.merged === null) return await pageOf(query, asked, lists);
  // Month by month, the newest first: the first of each list are nearly always in the last month, and a
  // list that is short would be read through all of them.
  const rows: IndexRow[] = [];
  for (const { fromMs, toMs } of (await monthsOf(query)).toReversed()) {
    const from = Math.max(fromMs, filter.fromMs ?? fromMs);
    const to = Math.min(toMs, filter.toMs ?? toMs, (asked.after?.atMs ?? toMs) + 1);
    if (from >= to) continue;
    const inMonth = { ...filter, fromMs: from, toMs: to };
    const left = { ...asked, filter: inMonth, limit: limit - rows.length };
    rows.push(...(await pageOf(query, left, lists)));
    if (rows.length >= limit) break;
  }
  return rows;
}

interface Lists {
  /** Lists that are read one beside the other; null: time is read. */
  readonly merged: readonly ['shape' | 'bucket', readonly number[]] | null;
  /** Shapes that rows have to be of. */
  readonly among: readonly number[] | null;
}

async function pageOf(
  query: Query,
  asked: IndexQuery,
  { merged, among }: Lists,
): Promise<readonly IndexRow[]> {
  const values: unknown[] = [];
  const add = (value: unknown): string => `$${values.push(value)}`;
  const plain = whereOf(asked, add);
  const where = among === null ? plain : `${plain} AND shape = ANY(${add(among)}::bigint[])`;
  const page =
    merged === null
      ? listedSql(where, asked.limit)
      : mergedSql(merged[0], `unnest(${add(merged[1])}::bigint[])`, where, asked.limit);
  const rows = await query(
    `SELECT page.*, shapes.body FROM (${page}) AS page
    JOIN llmproxy.audit_shapes AS shapes ON shapes.id = page.shape ORDER BY ${ORDER}`,
    values,
  );
  return rows.map(shownRow);
}

/** Groups of rows by shape and key, the most frequent first. */
const COLUMNS: Readonly<Record<TallyBy, string>> = { key: 'key', user: 'user_name', ip: 'ip' };

export async function talliesOf(
  query: Query,
  filter: IndexFilter,
  by: TallyBy = 'key',
): Promise<readonly Tally[]> {
  const column = COLUMNS[by];
  const shapes = await matching(query, filter);
  if (shapes?.length === 0) return [];
  const values: unknown[] = [];
  const add = (value: unknown): string => `$${values.push(value)}`;
  const where = whereOf({ filter, limit: 1, after: null }, add);
  const among = shapes === null ? '' : ` AND shape = ANY(${add(shapes)})`;
  const rows = await query(
    `SELECT groups.*, shapes.body FROM (
      SELECT shape, ${column} AS key, sum(count) AS count, min(at_ms) AS first_ms, max(at_ms) AS last_ms
      FROM llmproxy.audit_records WHERE ${where}${among} GROUP BY shape, ${column}
      ORDER BY 3 DESC, shape, ${column} LIMIT ${TALLIES_MAX}
    ) AS groups JOIN llmproxy.audit_shapes AS shapes ON shapes.id = groups.shape
    ORDER BY groups.count DESC, groups.shape, groups.key`,
    values,
  );
  return rows.map((row) => ({
    shape: shapeOf(String(row['body'])),
    key: textOrNull(row['key']),
    count: exact(row['count']),
    firstMs: exact(row['first_ms']),
    lastMs: exact(row['last_ms']),
  }));
}

const listedSql = (where: string, limit: number): string =>
  `SELECT * FROM llmproxy.audit_records WHERE ${where} ORDER BY ${ORDER} LIMIT ${limit}`;

/** The first of each list, put together: no list is read further than the page goes. */
const mergedSql = (column: string, lists: string, where: string, limit: number): string =>
  `SELECT found.* FROM ${lists} AS list(value) CROSS JOIN LATERAL (
    ${listedSql(`${column} = list.value AND ${where}`, limit)}
  ) AS found ORDER BY ${ORDER} LIMIT ${limit}`;

async function matching(query: Query, filter: IndexFilter): Promise<readonly number[] | null> {
  const conditions = shapeConditions(filter, DIALECT);
  if (conditions === null) return null;
  const sql = `SELECT id FROM llmproxy.audit_shapes WHERE ${conditions.sql}`;
  return (await query(sql, conditions.values)).map((row) => exact(row['id']));
}

function bucketsOf({ costMinNanoUsd: min, costMaxNanoUsd: max }: IndexFilter) {
  if (min === undefined && max === undefined) return null;
  const first = costBucket(min ?? 0);
  const last = costBucket(max ?? Number.MAX_SAFE_INTEGER);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

/** What is not about shapes. */
function whereOf({ filter, after }: IndexQuery, add: (value: unknown) => string): string {
  const conditions = ['true'];
  const { fromMs, toMs, costMinNanoUsd, costMaxNanoUsd } = filter;
  if (fromMs !== undefined) conditions.push(`at_ms >= ${add(fromMs)}`);
  if (toMs !== undefined) conditions.push(`at_ms < ${add(toMs)}`);
  for (const [name, column] of EQUALS) {
    const value = filter[name];
    if (value !== undefined) conditions.push(`${column} = ${add(value)}`);
  }
  if (costMinNanoUsd !== undefined) conditions.push(`cost >= ${add(costMinNanoUsd)}`);
  if (costMaxNanoUsd !== undefined) conditions.push(`cost <= ${add(costMaxNanoUsd)}`);
  if (after !== null) {
    const place = [after.atMs, after.writer, after.seq].map(add).join(', ');
    // The first says it again in a form that leaves out months.
    conditions.push(`at_ms <= ${add(after.atMs)}`, `(at_ms, writer, seq) < (${place})`);
  }
  return conditions.join(' AND ');
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export function shownRow(row: Row): IndexRow {
  return {
    atMs: exact(row['at_ms']),
    writer: String(row['writer']),
    seq: exact(row['seq']),
    shape: shapeOf(String(row['body'])),
    requestId: textOrNull(row['request_id']),
    user: textOrNull(row['user_name']),
    endUser: textOrNull(row['end_user']),
    ip: textOrNull(row['ip']),
    key: textOrNull(row['key']),
    resource: textOrNull(row['resource']),
    costNanoUsd: row['cost'] === null ? null : exact(row['cost']),
    count: exact(row['count']),
    epoch: Number(row['epoch']),
    n: Number(row['n']),
    offset: exact(row['place']),
  };
}
