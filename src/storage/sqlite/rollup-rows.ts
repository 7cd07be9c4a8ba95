/** Rollups in the file of the index: a row a step, series, moment and writer. */
import type { Cell } from '../rollups/fold.ts';
import {
  dimsOf,
  moreOf,
  Rollup,
  rollupDims,
  type RollupRow,
  rollupSteps,
  SERIES_MAX,
  seriesText,
} from '../rollups/rollup.ts';
import { keptStepOf, type RollupQuery } from '../rollups/view.ts';
import type { Sql } from './sql.ts';

export const ROLLUP_SCHEMA = `
  CREATE TABLE IF NOT EXISTS rollup_series (
    id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, tenant TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS rollup_series_by_tenant ON rollup_series (kind, tenant);
  CREATE TABLE IF NOT EXISTS rollups (
    step INTEGER NOT NULL, series INTEGER NOT NULL, at_ms INTEGER NOT NULL, writer TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (step, series, at_ms, writer)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS rollups_by_time ON rollups (step, at_ms);`;

/** In the transaction of the rows that the cells were counted from. */
export function addCells(sql: Sql, writer: string, cells: readonly Cell[]): void {
  for (const { stepMs, atMs, kind, dims, rollup } of cells) {
    const series = seriesId(sql, { kind, dims });
    const [row] = sql.all(
      'SELECT body FROM rollups WHERE step = ? AND series = ? AND at_ms = ? AND writer = ?',
      stepMs,
      series,
      atMs,
      writer,
    );
    if (row !== undefined) rollup.merge(Rollup.of(String(row['body'])));
    sql.run(
      `INSERT INTO rollups VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (step, series, at_ms, writer) DO UPDATE SET body = excluded.body`,
      stepMs,
      series,
      atMs,
      writer,
      rollup.text(),
    );
  }
}

function seriesId(sql: Sql, series: Pick<Cell, 'kind' | 'dims'>): number {
  const { kind, dims } = series;
  const body = seriesText(kind, dims);
  const [known] = sql.all('SELECT id FROM rollup_series WHERE body = ?', body);
  if (known !== undefined) return Number(known['id']);
  const [count] = sql.all('SELECT count(*) AS count FROM rollup_series');
  const more = moreOf(series);
  if (Number(count?.['count']) >= SERIES_MAX && seriesText(kind, more.dims) !== body)
    return seriesId(sql, more);
  sql.run(
    'INSERT INTO rollup_series (body, kind, tenant) VALUES (?, ?, ?)',
    body,
    kind,
    dims[0] ?? null,
  );
  const [made] = sql.all('SELECT id FROM rollup_series WHERE body = ?', body);
  return Number(made?.['id']);
}

export function* rollupRows(sql: Sql, query: RollupQuery): Iterable<RollupRow> {
  const step = keptStepOf(query.stepMs);
  for (const { id, dims } of matching(sql, query)) {
    const text =
      'SELECT at_ms, body FROM rollups WHERE step = ? AND series = ? AND at_ms >= ? AND at_ms < ?';
    for (const row of sql.all(text, step, id, query.fromMs, query.toMs))
      yield { atMs: Number(row['at_ms']), dims, rollup: Rollup.of(String(row['body'])) };
  }
}

function matching(sql: Sql, { kind, where }: RollupQuery) {
  const names = rollupDims[kind];
  const isTenant = where.tenant !== undefined;
  const text = `SELECT id, body FROM rollup_series WHERE kind = ?${isTenant ? ' AND tenant IS ?' : ''}`;
  return sql
    .all(text, kind, ...(isTenant ? [where.tenant ?? null] : []))
    .map((row) => ({ id: Number(row['id']), dims: dimsOf(String(row['body'])) }))
    .filter(({ dims }) =>
      names.every((name, place) => where[name] === undefined || where[name] === dims[place]),
    );
}

export function clearRollups(sql: Sql, writer: string): void {
  sql.run('DELETE FROM rollups WHERE writer = ?', writer);
  forgetSeries(sql);
}

export function trimRollups(sql: Sql, nowMs: number): number {
  let removed = 0;
  for (const { stepMs, keptMs } of rollupSteps)
    removed += sql.run('DELETE FROM rollups WHERE step = ? AND at_ms < ?', stepMs, nowMs - keptMs);
  if (removed > 0) forgetSeries(sql);
  return removed;
}

/** Series that nothing is of any more make room for others. */
function forgetSeries(sql: Sql): void {
  sql.run(
    'DELETE FROM rollup_series WHERE NOT EXISTS (SELECT 1 FROM rollups WHERE series = rollup_series.id AND step IN (10000, 60000, 3600000, 86400000))',
  );
}
