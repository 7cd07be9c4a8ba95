/**
 * The ledger in PostgreSQL, for gateways that share budgets. A batch is one transaction: its lines, what
 * they add to the sums, and how far the audit log of its writer has been read. A line that is there
 * already adds nothing, whichever gateway brought it.
 */
import { type LedgerEntry, type SpendQuery, USAGE_MS } from '#domain/ledger-entry.ts';

import { correctionOf } from '../ledger-correction.ts';
import { type Ledger, type UsageQuery, usageRowsOf } from '../ledger.ts';
import type { MeterOutbox } from '../meter-outbox.ts';
import {
  type CountedEntry,
  LINE_COLUMNS,
  lineCells,
  NUMBER_COLUMNS,
  typed,
  USAGE_COLUMNS,
  USAGE_KEYS,
  usageCells,
  usageRow,
} from './ledger-rows.ts';
import { ledgerSteps } from './ledger-schema.ts';
import { meterOutboxOf } from './meter-outbox.ts';
import { migratePostgres } from './migrations.ts';
import { exact, type PostgresLink, type Query } from './postgres.ts';
import { preparedLink } from './prepared.ts';

const WHERE_COLUMNS = [
  ['tenant', 'tenant'],
  ['team', 'team'],
  ['user', 'user_name'],
  ['rootKey', 'root_key'],
  ['model', 'model'],
  ['run', 'run'],
] as const;

/** A ledger, and what receivers of usage are told out of it. */
export interface PostgresLedger {
  readonly ledger: Ledger;
  readonly meterOutbox: MeterOutbox;
}

/** On a server that is away it is opened all the same: each step is a fault until it is there. */
export async function openPostgresLedger(server: PostgresLink): Promise<PostgresLedger> {
  const link = await preparedLink(server, () => migratePostgres(server, 'ledger', ledgerSteps));
  return { ledger: ledgerOf(link), meterOutbox: meterOutboxOf(link, { of: 'ledger' }) };
}

function ledgerOf(link: Pick<PostgresLink, 'query' | 'transaction'>): Ledger {
  return {
    add: (entries, position) =>
      link.transaction(async (query) => {
        const added = await addAll(query, entries);
        if (position !== null) {
          await query(
            `INSERT INTO llmproxy.ledger_positions AS known VALUES ($1, $2) ON CONFLICT (writer)
            DO UPDATE SET seq = greatest(known.seq, excluded.seq)`,
            [position.writer, position.seq],
          );
        }
        return added;
      }),
    position: async (writer) => {
      const [row] = await link.query(
        'SELECT seq FROM llmproxy.ledger_positions WHERE writer = $1',
        [writer],
      );
      return exact(row?.['seq']);
    },
    spent: (query) => sumOf(link.query, query, SPENT),
    calls: (query) => sumOf(link.query, query, CALLS),
    usage: async (query, after) => {
      const { fromMs, stepMs } = query;
      return (await usageOf(link.query, query, after)).map((row) => usageRow(row, fromMs, stepMs));
    },
  };
}

/** One statement takes each id once: a second word on a call is of the next turn. */
async function addAll(query: Query, entries: readonly LedgerEntry[]): Promise<number> {
  const counted: CountedEntry[] = [];
  let rest = entries;
  while (rest.length > 0) {
    const turn = new Map<string, LedgerEntry>();
    const later: LedgerEntry[] = [];
    for (const entry of rest) {
      if (turn.has(entry.id)) later.push(entry);
      else turn.set(entry.id, entry);
    }
    counted.push(...(await addTurn(query, turn)));
    rest = later;
  }
  await addUsage(query, counted);
  return counted.length;
}

async function addTurn(
  query: Query,
  turn: ReadonlyMap<string, LedgerEntry>,
): Promise<CountedEntry[]> {
  const lines = [...turn.values()].map((entry) => lineCells(entry, isCall(entry) ? 0 : 1));
  const added = await insertLines(query, lines);
  const counted = [...turn.values()].flatMap((entry) =>
    added.has(entry.id) ? [{ entry, requests: isCall(entry) ? 1 : 0 }] : [],
  );
  // Only the end of a lease is not the last word.
  const second = [...turn.values()].filter(
    (entry) => !added.has(entry.id) && isCall(entry) && entry.end !== 'expire',
  );
  if (second.length === 0) return counted;
  const expired = await query(
    `SELECT * FROM llmproxy.ledger WHERE id = ANY($1) AND is_correction = 0 AND ended = 'expire'`,
    [second.map(({ id }) => id)],
  );
  const corrections = expired.flatMap((before) => {
    const entry = turn.get(String(before['id']));
    return entry === undefined ? [] : [correctionOf(entry, (column) => exact(before[column]))];
  });
  const corrected = await insertLines(
    query,
    corrections.map((entry) => lineCells(entry, 1)),
  );
  for (const entry of corrections) {
    if (corrected.has(entry.id)) counted.push({ entry, requests: 0 });
  }
  return counted;
}

/** What an attempt has lost is of a call, and none. */
const isCall = ({ end }: LedgerEntry): boolean => end !== 'attempt';

/** The ids that were new. In the order of ids, so that two batches lock in one order. */
async function insertLines(query: Query, lines: readonly object[]): Promise<ReadonlySet<string>> {
  if (lines.length === 0) return new Set();
  const rows = await query(
    `INSERT INTO llmproxy.ledger (${LINE_COLUMNS.join(', ')})
    SELECT ${LINE_COLUMNS.join(', ')} FROM jsonb_to_recordset($1::jsonb) AS lines(${typed(LINE_COLUMNS)})
    ORDER BY id COLLATE "C" ON CONFLICT DO NOTHING RETURNING id`,
    [JSON.stringify(lines)],
  );
  return new Set(rows.map(({ id }) => String(id)));
}

async function addUsage(query: Query, counted: readonly CountedEntry[]): Promise<void> {
  if (counted.length === 0) return;
  const sums = ['requests', ...NUMBER_COLUMNS].map(
    (column) => `${column} = known.${column} + excluded.${column}`,
  );
  await query(
    `INSERT INTO llmproxy.ledger_usage AS known (${USAGE_COLUMNS.join(', ')})
    SELECT ${USAGE_COLUMNS.join(', ')} FROM jsonb_to_recordset($1::jsonb) AS sums(${typed(USAGE_COLUMNS)})
    ON CONFLICT (${USAGE_KEYS.join(', ')}) DO UPDATE SET ${sums.join(', ')}`,
    [JSON.stringify(usageCells(counted))],
  );
}

interface Summed {
  readonly ofLines: string;
  readonly ofQuarters: string;
}

const SPENT: Summed = { ofLines: 'sum(cost_nano_usd)', ofQuarters: 'sum(cost_nano_usd)' };
/** A second word on a call is no second call. */
const CALLS: Summed = {
  ofLines: 'count(*) FILTER (WHERE is_correction = 0)',
  ofQuarters: 'sum(requests)',
};

/** Runs are short and have few lines; everything else is summed by quarters, which periods begin on. */
async function sumOf(
  query: Query,
  { fromMs, toMs, where, models }: SpendQuery,
  of: Summed,
): Promise<number> {
  const isOfRun = where.run !== undefined;
  const [column, scale] = isOfRun ? ['at_ms', 1] : ['quarter', USAGE_MS];
  const values: unknown[] = [Math.floor(fromMs / scale), Math.ceil(toMs / scale)];
  const conditions = [`${column} >= $1`, `${column} < $2`];
  for (const [name, sql] of WHERE_COLUMNS) {
    const value = where[name];
    if (value === undefined) continue;
    values.push(value ?? '');
    const at = `$${values.length}`;
    // A run is one with all that are under it; `0` is the character after `/`.
    const under = `${sql} = ${at} OR (${sql} >= ${at} || '/' AND ${sql} < ${at} || '0')`;
    conditions.push(name === 'run' && value !== null ? `(${under})` : `${sql} = ${at}`);
  }
  if (models !== null) {
    values.push(models);
    conditions.push(`model = ANY($${values.length})`);
  }
  const table = isOfRun ? 'ledger' : 'ledger_usage';
  const [row] = await query(
    `SELECT ${isOfRun ? of.ofLines : of.ofQuarters} AS summed FROM llmproxy.${table} WHERE ${conditions.join(' AND ')}`,
    values,
  );
  return Math.max(0, exact(row?.['summed']));
}

const GROUPED = 'tenant, team, user_name, key, root_key, model, provider, price_version';

function usageOf(query: Query, asked: UsageQuery, after: number) {
  const { fromMs, toMs, tenant, stepMs } = asked;
  const quarters = Math.max(1, Math.round(stepMs / USAGE_MS));
  const sums = ['requests', ...NUMBER_COLUMNS].map((column) => `sum(${column}) AS ${column}`);
  return query(
    `SELECT (quarter - $1::bigint) / $5::bigint AS step, ${GROUPED}, ${sums.join(', ')}
    FROM llmproxy.ledger_usage
    WHERE quarter >= $1::bigint AND quarter < $2::bigint AND ($3::text IS NULL OR tenant = $3)
    GROUP BY step, ${GROUPED} ORDER BY step, ${GROUPED} LIMIT $6 OFFSET $4`,
    [
      Math.floor(fromMs / USAGE_MS),
      Math.ceil(toMs / USAGE_MS),
      tenant,
      after,
      quarters,
      usageRowsOf(asked),
    ],
  );
}
