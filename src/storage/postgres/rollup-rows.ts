/** Rollups in the PostgreSQL that gateways share: each counts in rows of its own, readers add them up. */
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
import { exact, type Query } from './postgres.ts';

/** In the transaction of the rows that the cells were counted from, which holds the writer's position. */
export async function addCells(
  query: Query,
  writer: string,
  cells: readonly Cell[],
): Promise<void> {
  if (cells.length === 0) return;
  const ids = await seriesIds(query, cells);
  const merged = new Map<string, { readonly place: Place; readonly rollup: Rollup }>();
  for (const { stepMs, atMs, kind, dims, rollup } of cells) {
    const series = ids.get(seriesText(kind, dims)) ?? 0;
    const key = `${stepMs} ${series} ${atMs}`;
    const known = merged.get(key);
    // Series beyond the cap are one.
    if (known === undefined) merged.set(key, { place: { stepMs, series, atMs }, rollup });
    else known.rollup.merge(rollup);
  }
  const places = JSON.stringify([...merged.values()].map(({ place }) => cellOf(place, writer, '')));
  const before = await query(
    `SELECT step, series, at_ms, rollups.body FROM llmproxy.rollups AS rollups
    JOIN jsonb_to_recordset($1::jsonb) AS asked(${COLUMNS}) USING (step, series, at_ms, writer)`,
    [places],
  );
  for (const row of before) {
    const key = `${exact(row['step'])} ${exact(row['series'])} ${exact(row['at_ms'])}`;
    merged.get(key)?.rollup.merge(Rollup.of(String(row['body'])));
  }
  const rows = [...merged.values()].map(({ place, rollup }) =>
    cellOf(place, writer, rollup.text()),
  );
  await query(
    `INSERT INTO llmproxy.rollups (step, series, at_ms, writer, body)
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS rows(${COLUMNS})
    ON CONFLICT (step, series, at_ms, writer) DO UPDATE SET body = excluded.body`,
    [JSON.stringify(rows)],
  );
}

const COLUMNS = 'step bigint, series bigint, at_ms bigint, writer text, body text';

interface Place {
  readonly stepMs: number;
  readonly series: number;
  readonly atMs: number;
}

const cellOf = ({ stepMs, series, atMs }: Place, writer: string, body: string) => ({
  step: stepMs,
  series,
  at_ms: atMs,
  writer,
  body,
});

/** By the text of the series that was asked for, also where another counts in its place. */
async function seriesIds(
  query: Query,
  cells: readonly Cell[],
): Promise<ReadonlyMap<string, number>> {
  const asked = new Map(cells.map((cell) => [seriesText(cell.kind, cell.dims), cell]));
  const known = await idsOf(query, [...asked.keys()].toSorted());
  const fresh = [...asked].filter(([text]) => !known.has(text));
  if (fresh.length === 0) return known;
  const [row] = await query('SELECT count(*) AS count FROM llmproxy.rollup_series');
  const isFull = exact(row?.['count']) + fresh.length > SERIES_MAX;
  const wanted = new Map(
    fresh.map(([text, { kind, dims }]) => {
      const series = isFull ? moreOf({ kind, dims }) : { kind, dims };
      return [text, { body: seriesText(series.kind, series.dims), kind, tenant: dims[0] ?? null }];
    }),
  );
  const bodies = [...wanted.values()].toSorted((a, b) => (a.body < b.body ? -1 : 1));
  await query(
    `INSERT INTO llmproxy.rollup_series (body, kind, tenant)
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS rows(body text, kind text, tenant text)
    ON CONFLICT DO NOTHING`,
    [JSON.stringify(bodies)],
  );
  const made = await idsOf(
    query,
    bodies.map(({ body }) => body),
  );
  for (const [text, { body }] of wanted) {
    const id = made.get(body);
    if (id !== undefined) known.set(text, id);
  }
  return known;
}

async function idsOf(query: Query, bodies: readonly string[]): Promise<Map<string, number>> {
  const found = await query('SELECT body, id FROM llmproxy.rollup_series WHERE body = ANY($1)', [
    bodies,
  ]);
  return new Map(found.map((row) => [String(row['body']), exact(row['id'])]));
}

export async function rollupRows(query: Query, asked: RollupQuery): Promise<RollupRow[]> {
  const { kind, where, fromMs, toMs, stepMs } = asked;
  const series = await query(
    `SELECT id, body FROM llmproxy.rollup_series
    WHERE kind = $1 AND ($2::boolean OR tenant IS NOT DISTINCT FROM $3)`,
    [kind, where.tenant === undefined, where.tenant ?? null],
  );
  const names = rollupDims[kind];
  const matching = new Map(
    series
      .map((row) => [exact(row['id']), dimsOf(String(row['body']))] as const)
      .filter(([, dims]) =>
        names.every((name, place) => where[name] === undefined || where[name] === dims[place]),
      ),
  );
  const rows = await query(
    `SELECT series, at_ms, body FROM llmproxy.rollups
    WHERE step = $1 AND series = ANY($2::bigint[]) AND at_ms >= $3 AND at_ms < $4`,
    [keptStepOf(stepMs), [...matching.keys()], fromMs, toMs],
  );
  return rows.map((row) => ({
    atMs: exact(row['at_ms']),
    dims: matching.get(exact(row['series'])) ?? [],
    rollup: Rollup.of(String(row['body'])),
  }));
}

export async function clearRollups(query: Query, writer: string): Promise<void> {
  await query('DELETE FROM llmproxy.rollups WHERE writer = $1', [writer]);
}

export async function trimRollups(query: Query, nowMs: number): Promise<number> {
  let removed = 0;
  for (const { stepMs, keptMs } of rollupSteps) {
    const [row] = await query(
      `WITH gone AS (DELETE FROM llmproxy.rollups WHERE step = $1 AND at_ms < $2 RETURNING 1)
      SELECT count(*) AS count FROM gone`,
      [stepMs, nowMs - keptMs],
    );
    removed += exact(row?.['count']);
  }
  // Series that nothing is of any more make room for others. One that comes into use just now refuses this.
  await query(
    `DELETE FROM llmproxy.rollup_series AS series WHERE NOT EXISTS (
      SELECT 1 FROM llmproxy.rollups WHERE step = ANY($1::bigint[]) AND rollups.series = series.id)`,
    [rollupSteps.map(({ stepMs }) => stepMs)],
  );
  return removed;
}
