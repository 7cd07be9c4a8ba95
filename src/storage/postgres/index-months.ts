/** The partitions of the audit index: a month of UTC each, named after it. */
import { assert } from '#stdx/assert.ts';

import type { Query } from './postgres.ts';

export interface Month {
  /** Without its schema. */
  readonly table: string;
  /** Unix milliseconds; inclusive, exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
}

export function monthOf(atMs: number): Month {
  const date = new Date(atMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const table = `audit_records_${date.toISOString().slice(0, 7).replace('-', '_')}`;
  return { table, fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) };
}

/** Those that there are, the oldest first. */
export async function monthsOf(query: Query): Promise<readonly Month[]> {
  const rows = await query(
    `SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'llmproxy.audit_records'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => {
    const { year, month } =
      /^audit_records_(?<year>\d{4})_(?<month>\d{2})$/u.exec(String(name))?.groups ?? {};
    assert(year !== undefined && month !== undefined, 'a partition is a month');
    return monthOf(Date.UTC(Number(year), Number(month) - 1));
  });
}
