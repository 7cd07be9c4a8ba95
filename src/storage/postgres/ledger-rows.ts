/** Lines of the ledger and sums of usage, as rows of PostgreSQL. */
import { type LedgerEntry, USAGE_MS, type UsageRow } from '#domain/ledger-entry.ts';

import { exact, type Row } from './postgres.ts';

const OWNER_COLUMNS = ['tenant', 'team', 'user_name', 'key', 'root_key'];
export const NUMBER_COLUMNS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
];
export const LINE_COLUMNS = [
  'id',
  'is_correction',
  'ended',
  'at_ms',
  ...OWNER_COLUMNS,
  'run',
  'model',
  'provider',
  ...NUMBER_COLUMNS,
  'price_version',
  'source',
];
export const USAGE_KEYS = ['quarter', ...OWNER_COLUMNS, 'model', 'provider', 'price_version'];
export const USAGE_COLUMNS = [...USAGE_KEYS, 'requests', ...NUMBER_COLUMNS];

const TEXTS = new Set([
  'id',
  'ended',
  ...OWNER_COLUMNS,
  'run',
  'model',
  'provider',
  'price_version',
  'source',
]);

/** For `jsonb_to_recordset`. */
export const typed = (columns: readonly string[]): string =>
  columns.map((column) => `${column} ${TEXTS.has(column) ? 'text' : 'bigint'}`).join(', ');

type Cells = Record<string, string | number>;

const ownerCells = ({ tenant, team, user, key, rootKey }: LedgerEntry): Cells => ({
  tenant,
  team: team ?? '',
  user_name: user ?? '',
  key: key ?? '',
  root_key: rootKey ?? '',
});

const numberCells = (entry: LedgerEntry): Cells => ({
  input_tokens: entry.inputTokens,
  output_tokens: entry.outputTokens,
  cache_read_tokens: entry.cacheReadTokens,
  cache_write_tokens: entry.cacheWriteTokens,
  reasoning_tokens: entry.reasoningTokens,
  cost_nano_usd: entry.costNanoUsd,
});

export const lineCells = (entry: LedgerEntry, isCorrection: 0 | 1): Cells => ({
  id: entry.id,
  is_correction: isCorrection,
  ended: entry.end,
  at_ms: entry.atMs,
  ...ownerCells(entry),
  run: entry.run ?? '',
  model: entry.model,
  provider: entry.provider ?? '',
  ...numberCells(entry),
  price_version: entry.priceVersion ?? '',
  source: entry.source,
});

export interface CountedEntry {
  readonly entry: LedgerEntry;
  /** 0 for a correction. */
  readonly requests: number;
}

/** Sums of one batch, sorted: two batches that touch the same rows lock them in one order. */
export function usageCells(counted: readonly CountedEntry[]): Cells[] {
  const sums = new Map<string, Cells>();
  for (const { entry, requests } of counted) {
    const keys: Cells = {
      quarter: Math.floor(entry.atMs / USAGE_MS),
      ...ownerCells(entry),
      model: entry.model,
      provider: entry.provider ?? '',
      price_version: entry.priceVersion ?? '',
    };
    const name = JSON.stringify(USAGE_KEYS.map((key) => keys[key]));
    const added: Cells = { requests, ...numberCells(entry) };
    const sum = sums.get(name);
    if (sum === undefined) sums.set(name, { ...keys, ...added });
    else for (const key of Object.keys(added)) sum[key] = Number(sum[key]) + Number(added[key]);
  }
  return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cells]) => cells);
}

export function usageRow(row: Row, fromMs: number, stepMs: number): UsageRow {
  const text = (name: string): string => String(row[name]);
  const named = (name: string): string | null => (row[name] === '' ? null : text(name));
  return {
    fromMs: fromMs + exact(row['step']) * stepMs,
    tenant: text('tenant'),
    team: named('team'),
    user: named('user_name'),
    key: named('key'),
    rootKey: named('root_key'),
    model: text('model'),
    provider: named('provider'),
    priceVersion: named('price_version'),
    requests: exact(row['requests']),
    inputTokens: exact(row['input_tokens']),
    outputTokens: exact(row['output_tokens']),
    cacheReadTokens: exact(row['cache_read_tokens']),
    cacheWriteTokens: exact(row['cache_write_tokens']),
    reasoningTokens: exact(row['reasoning_tokens']),
    costNanoUsd: exact(row['cost_nano_usd']),
  };
}
