/** The tables of the index in SQLite, and how a page is read from them: which index, in which order. */
import type { SQLInputValue } from 'node:sqlite';

import {
  costBucket,
  type IndexFilter,
  type IndexPlace,
  type IndexQuery,
  MERGED_MAX,
  orderOf,
  TALLIES_MAX,
  type TallyBy,
} from '../audit-index.ts';
import type { ShapeDialect } from '../shape-filter.ts';

const ORDER = 'at_ms, writer, seq';
const partial = (name: string, column: string): string =>
  `CREATE INDEX IF NOT EXISTS records_by_${name} ON records (${column}, ${ORDER}) WHERE ${column} IS NOT NULL;`;

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS shapes (
    id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE, tenant TEXT, kind TEXT NOT NULL, route TEXT,
    model TEXT, provider TEXT, decision TEXT, status INTEGER, action TEXT, folded TEXT NOT NULL,
    findings TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS records (
    at_ms INTEGER NOT NULL, writer TEXT NOT NULL, seq INTEGER NOT NULL, shape INTEGER NOT NULL,
    request_id TEXT, user TEXT, end_user TEXT, ip TEXT, key TEXT, resource TEXT, cost INTEGER,
    count INTEGER NOT NULL, bucket INTEGER, epoch INTEGER NOT NULL, n INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (${ORDER})
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS records_by_seq ON records (writer, seq);
  CREATE INDEX IF NOT EXISTS records_by_shape ON records (shape, ${ORDER});
  ${partial('request', 'request_id')} ${partial('user', 'user')} ${partial('end_user', 'end_user')}
  ${partial('key', 'key')} ${partial('bucket', 'bucket')}
  CREATE TABLE IF NOT EXISTS positions (
    writer TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

export const DIALECT: ShapeDialect = {
  value: (n) => `?${n}`,
  has: (text, value) => `instr(${text}, ${value}) > 0`,
  findings: 'json_each(shapes.findings) AS finding',
  guard: `finding.value ->> 0`,
  category: `finding.value ->> 1`,
};

/** Filters of one column with an index, the narrowest first. */
const EQUALS = [
  ['requestId', 'request_id', 'records_by_request'],
  ['user', 'user', 'records_by_user'],
  ['endUser', 'end_user', 'records_by_end_user'],
  ['key', 'key', 'records_by_key'],
] as const;

interface Where {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** Rows of one statement. */
export type Read = (
  sql: string,
  ...values: readonly SQLInputValue[]
) => readonly Readonly<Record<string, unknown>>[];

/** Where the rows of a page are, the newest first. `shapes`: those that fit; null: all. */
export function placesOf(
  read: Read,
  query: IndexQuery,
  shapes: readonly number[] | null,
): readonly IndexPlace[] {
  const { filter, limit } = query;
  const where = whereOf(query);
  const among: Where =
    shapes === null
      ? where
      : {
          sql: `${where.sql} AND shape IN (SELECT value FROM json_each(?))`,
          values: [...where.values, JSON.stringify(shapes)],
        };
  const by = EQUALS.find(([name]) => filter[name] !== undefined);
  if (by !== undefined) return listed(read, by[2], among, limit);
  if (shapes !== null && shapes.length <= MERGED_MAX)
    return merged(read, ['shape', shapes], where, limit);
  const buckets = bucketsOf(filter);
  return buckets === null
    ? listed(read, null, among, limit)
    : merged(read, ['bucket', buckets], among, limit);
}

function bucketsOf({ costMinNanoUsd: min, costMaxNanoUsd: max }: IndexFilter) {
  if (min === undefined && max === undefined) return null;
  const first = costBucket(min ?? 0);
  const last = costBucket(max ?? Number.MAX_SAFE_INTEGER);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

/** The first of each list, put together: no list is read further than the page goes. */
function merged(
  read: Read,
  [column, values]: readonly ['shape' | 'bucket', readonly number[]],
  where: Where,
  limit: number,
): readonly IndexPlace[] {
  const found: IndexPlace[] = [];
  for (const value of values) {
    const one = { sql: `${column} = ? AND ${where.sql}`, values: [value, ...where.values] };
    found.push(...listed(read, `records_by_${column}`, one, limit));
  }
  return found.sort(orderOf).slice(0, limit);
}

function listed(
  read: Read,
  index: string | null,
  { sql, values }: Where,
  limit: number,
): readonly IndexPlace[] {
  const from = index === null ? 'records NOT INDEXED' : `records INDEXED BY ${index}`;
  const rows = read(
    `SELECT at_ms, writer, seq FROM ${from} WHERE ${sql}
      ORDER BY at_ms DESC, writer DESC, seq DESC LIMIT ?`,
    ...values,
    limit,
  );
  return rows.map((row) => ({
    atMs: Number(row['at_ms']),
    writer: String(row['writer']),
    seq: Number(row['seq']),
  }));
}

/** Groups of rows by shape and key, the most frequent first. */
export function talliesOf(
  read: Read,
  { filter, by }: { readonly filter: IndexFilter; readonly by: TallyBy },
  shapes: readonly number[] | null,
): ReturnType<Read> {
  const where = whereOf({ filter, limit: 1, after: null });
  const among = shapes === null ? '1' : 'shape IN (SELECT value FROM json_each(?))';
  const narrow = EQUALS.find(([name]) => filter[name] !== undefined)?.[2];
  const index = narrow ?? (shapes === null ? null : 'records_by_shape');
  return read(
    `SELECT shape, ${by} AS key, sum(count) AS count, min(at_ms) AS first_ms, max(at_ms) AS last_ms
      FROM records ${index === null ? 'NOT INDEXED' : `INDEXED BY ${index}`}
      WHERE ${among} AND ${where.sql} GROUP BY shape, ${by} ORDER BY 3 DESC, shape, ${by} LIMIT ?`,
    ...(shapes === null ? [] : [JSON.stringify(shapes)]),
    ...where.values,
    TALLIES_MAX,
  );
}

/** What is not about shapes. */
function whereOf({ filter, after }: IndexQuery): Where {
  const conditions = ['1'];
  const values: SQLInputValue[] = [];
  const add = (sql: string, ...given: readonly SQLInputValue[]): void => {
    conditions.push(sql);
    values.push(...given);
  };
  const { fromMs, toMs, costMinNanoUsd, costMaxNanoUsd } = filter;
  if (fromMs !== undefined) add('at_ms >= ?', fromMs);
  if (toMs !== undefined) add('at_ms < ?', toMs);
  for (const [name, column] of EQUALS) {
    const value = filter[name];
    if (value !== undefined) add(`${column} = ?`, value);
  }
  if (costMinNanoUsd !== undefined) add('cost >= ?', costMinNanoUsd);
  if (costMaxNanoUsd !== undefined) add('cost <= ?', costMaxNanoUsd);
  if (after !== null) add('(at_ms, writer, seq) < (?, ?, ?)', after.atMs, after.writer, after.seq);
  return { sql: conditions.join(' AND '), values };
}
