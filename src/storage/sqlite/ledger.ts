/**
 * The ledger, and sums of it by quarter of an hour. A batch is one transaction: its lines, what they
 * add to the sums, and how far the audit log has been read. A line that is there already adds nothing.
 */
import type { DatabaseSync } from 'node:sqlite';

import {
  type LedgerEntry,
  type SpendQuery,
  USAGE_MS,
  type UsageRow,
} from '#domain/ledger-entry.ts';

import { correctionOf } from '../ledger-correction.ts';
import { type Ledger, type LedgerPosition, type UsageQuery, usageRowsOf } from '../ledger.ts';
import { orFault, type Transact } from './call-writes.ts';

const WHAT = 'the ledger';

const COLUMNS = [
  ['tenant', 'tenant'],
  ['team', 'team'],
  ['user', 'user'],
  ['rootKey', 'root_key'],
  ['model', 'model'],
] as const;

const POSITION = 'SELECT seq FROM ledger_positions WHERE writer = ?';

export function ledgerOf(
  { writer, reader }: { readonly writer: DatabaseSync; readonly reader: DatabaseSync },
  transact: Transact,
): Ledger {
  const lines = new LedgerLines(writer);
  const positionOf = reader.prepare(POSITION);
  return {
    add: (entries, position) => orFault(WHAT, () => transact(() => lines.add(entries, position))),
    position: (name) => orFault(WHAT, () => Number(positionOf.get(name)?.['seq'] ?? 0)),
    spent: (query) => orFault(WHAT, () => sumOf(reader, query, SPENT)),
    calls: (query) => orFault(WHAT, () => sumOf(reader, query, CALLS)),
    usage: (query, after) => orFault(WHAT, () => usageOf(reader, query, after)),
  };
}

class LedgerLines {
  readonly #insert;
  readonly #ended;
  readonly #addUsage;
  readonly #notePosition;
  readonly #position;

  constructor(writer: DatabaseSync) {
    this.#insert = writer.prepare(
      `INSERT OR IGNORE INTO ledger VALUES (${Array.from({ length: 20 }, () => '?').join(', ')})`,
    );
    this.#ended = writer.prepare('SELECT * FROM ledger WHERE id = ? AND is_correction = 0');
    this.#addUsage = writer.prepare(`
      INSERT INTO ledger_usage VALUES (${Array.from({ length: 16 }, () => '?').join(', ')})
      ON CONFLICT DO UPDATE SET
        requests = requests + excluded.requests,
        input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens,
        cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
        reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
        cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd`);
    this.#position = writer.prepare(POSITION);
    this.#notePosition = writer.prepare(
      'INSERT INTO ledger_positions VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)',
    );
  }

  add(entries: readonly LedgerEntry[], position: LedgerPosition | null): number | null {
    if (position !== null && this.#isBehind(position)) return null;
    let added = 0;
    const sums = new Map<string, Sum>();
    for (const entry of entries) added += this.#line(entry, sums);
    // A batch has few sums: many calls of one caller to one model.
    for (const { entry, requests } of sums.values()) this.#use(entry, requests);
    if (position !== null) this.#notePosition.run(position.writer, position.seq);
    return added;
  }

  #isBehind({ writer, after }: LedgerPosition): boolean {
    return Number(this.#position.get(writer)?.['seq'] ?? 0) < after;
  }

  #line(entry: LedgerEntry, sums: Map<string, Sum>): number {
    if (entry.end === 'attempt') {
      if (Number(this.#put(entry, 1).changes) === 0) return 0;
      summed(sums, entry, 0);
      return 1;
    }
    if (Number(this.#put(entry, 0).changes) > 0) {
      summed(sums, entry, 1);
      return 1;
    }
    const before = this.#ended.get(entry.id);
    // Told twice, or a second word on what has ended: only the end of a lease is not the last word.
    if (before?.['ended'] !== 'expire' || entry.end === 'expire') return 0;
    const correction = correctionOf(entry, (column) => Number(before[column] ?? 0));
    if (Number(this.#put(correction, 1).changes) === 0) return 0;
    summed(sums, correction, 0);
    return 1;
  }

  #put(entry: LedgerEntry, isCorrection: 0 | 1) {
    const { id, end, atMs, run } = entry;
    return this.#insert.run(
      id,
      isCorrection,
      end,
      atMs,
      ...namesOf(entry),
      run ?? '',
      entry.model,
      entry.provider ?? '',
      ...numbersOf(entry),
      entry.priceVersion ?? '',
      entry.source,
    );
  }

  #use(entry: LedgerEntry, requests: number): void {
    const { atMs, model, provider, priceVersion } = entry;
    this.#addUsage.run(
      Math.floor(atMs / USAGE_MS),
      ...namesOf(entry),
      model,
      provider ?? '',
      priceVersion ?? '',
      requests,
      ...numbersOf(entry),
    );
  }
}

interface Sum {
  entry: LedgerEntry;
  requests: number;
}

/** Lines of one owner, model, price and quarter are one sum. */
function summed(sums: Map<string, Sum>, entry: LedgerEntry, requests: number): void {
  const { model, provider, priceVersion, atMs } = entry;
  const place = [...namesOf(entry), model, provider, priceVersion, Math.floor(atMs / USAGE_MS)];
  const name = JSON.stringify(place);
  const before = sums.get(name);
  if (before === undefined) {
    sums.set(name, { entry, requests });
    return;
  }
  const { entry: sum } = before;
  before.requests += requests;
  before.entry = {
    ...sum,
    inputTokens: sum.inputTokens + entry.inputTokens,
    outputTokens: sum.outputTokens + entry.outputTokens,
    cacheReadTokens: sum.cacheReadTokens + entry.cacheReadTokens,
    cacheWriteTokens: sum.cacheWriteTokens + entry.cacheWriteTokens,
    reasoningTokens: sum.reasoningTokens + entry.reasoningTokens,
    costNanoUsd: sum.costNanoUsd + entry.costNanoUsd,
  };
}

const namesOf = ({ tenant, team, user, key, rootKey }: LedgerEntry): string[] => [
  tenant,
  team ?? '',
  user ?? '',
  key ?? '',
  rootKey ?? '',
];

const numbersOf = (entry: LedgerEntry): number[] => [
  entry.inputTokens,
  entry.outputTokens,
  entry.cacheReadTokens,
  entry.cacheWriteTokens,
  entry.reasoningTokens,
  entry.costNanoUsd,
];

/** What is summed, of lines and of quarters. */
const SPENT = { ofLines: 'cost_nano_usd', ofQuarters: 'cost_nano_usd' };
const CALLS: typeof SPENT = { ofLines: '1 - is_correction', ofQuarters: 'requests' };

/** A run and those under it: one range of the index, which is of lines that have a run. `0` follows `/`. */
const RUN_AND_BELOW = "run <> '' AND run >= ? AND run < ? AND (run = ? OR run >= ?)";

/** Runs are short and have few lines; everything else is summed by quarters, which periods begin on. */
function sumOf(reader: DatabaseSync, query: SpendQuery, sums: typeof SPENT): number {
  const isOfRun = query.where.run !== undefined;
  const [sum, table] = isOfRun ? [sums.ofLines, 'ledger'] : [sums.ofQuarters, 'ledger_usage'];
  const { conditions, values } = conditionsOf(query, isOfRun);
  const row = reader
    .prepare(`SELECT sum(${sum}) AS total FROM ${table} WHERE ${conditions.join(' AND ')}`)
    .get(...values);
  return Math.max(0, Number(row?.['total'] ?? 0));
}

function conditionsOf({ fromMs, toMs, where, models }: SpendQuery, isOfRun: boolean) {
  const { run } = where;
  const [column, scale] = isOfRun ? ['at_ms', 1] : ['quarter', USAGE_MS];
  const conditions = [`${column} >= ?`, `${column} < ?`];
  const values: (string | number)[] = [Math.floor(fromMs / scale), Math.ceil(toMs / scale)];
  if (run === null) conditions.push("run = ''");
  else if (run !== undefined) {
    conditions.push(RUN_AND_BELOW);
    values.push(run, `${run}0`, run, `${run}/`);
  }
  // The plus keeps SQLite from walking all lines of a tenant for the few of a run.
  const plus = typeof run === 'string' ? '+' : '';
  for (const [name, sql] of COLUMNS) {
    const value = where[name];
    if (value === undefined) continue;
    conditions.push(`${plus}${sql} = ?`);
    values.push(value ?? '');
  }
  if (models !== null) {
    conditions.push('model IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(models));
  }
  return { conditions, values };
}

const GROUPED = 'tenant, team, user, key, root_key, model, provider, price_version';

function usageOf(reader: DatabaseSync, query: UsageQuery, after: number): UsageRow[] {
  const { fromMs, toMs, tenant, stepMs } = query;
  const quarters = Math.max(1, Math.round(stepMs / USAGE_MS));
  const rows = reader
    .prepare(
      `SELECT CAST((quarter - ?1) / ?5 AS INTEGER) AS step, ${GROUPED}, sum(requests) AS requests,
        sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(cache_read_tokens) AS cache_read_tokens, sum(cache_write_tokens) AS cache_write_tokens,
        sum(reasoning_tokens) AS reasoning_tokens, sum(cost_nano_usd) AS cost_nano_usd
      FROM ledger_usage
      WHERE quarter >= ?1 AND quarter < ?2 AND (?3 IS NULL OR tenant = ?3)
      GROUP BY step, ${GROUPED} ORDER BY step, ${GROUPED} LIMIT ?6 OFFSET ?4`,
    )
    .all(
      Math.floor(fromMs / USAGE_MS),
      Math.ceil(toMs / USAGE_MS),
      tenant,
      after,
      quarters,
      usageRowsOf(query),
    );
  return rows.map((row) => usageRow(row, fromMs, stepMs));
}

function usageRow(row: Record<string, unknown>, fromMs: number, stepMs: number): UsageRow {
  const text = (name: string): string => String(row[name]);
  const named = (name: string): string | null => (row[name] === '' ? null : text(name));
  const number = (name: string): number => Number(row[name]);
  return {
    fromMs: fromMs + number('step') * stepMs,
    tenant: text('tenant'),
    team: named('team'),
    user: named('user'),
    key: named('key'),
    rootKey: named('root_key'),
    model: text('model'),
    provider: named('provider'),
    priceVersion: named('price_version'),
    requests: number('requests'),
    inputTokens: number('input_tokens'),
    outputTokens: number('output_tokens'),
    cacheReadTokens: number('cache_read_tokens'),
    cacheWriteTokens: number('cache_write_tokens'),
    reasoningTokens: number('reasoning_tokens'),
    costNanoUsd: number('cost_nano_usd'),
  };
}
