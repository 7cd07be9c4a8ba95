/** Reports out of the index of the log: what changed, what guards found, what was refused. */
import { diffWords } from '#audit/reports/diff-words.ts';
import type { Cell, ReportTable } from '#audit/reports/report.ts';
import type { AuditRecord } from '#audit/record.ts';
import {
  type AuditIndex,
  type IndexFilter,
  type IndexPlace,
  type IndexRow,
  PAGE_MAX,
  TALLIES_MAX,
  type Tally,
} from '#storage/audit-index.ts';

/** Rows of a table whose records are read one by one. */
const RECORDS_MAX = 2_000;

export interface LogReportParts {
  readonly index: Pick<AuditIndex, 'search' | 'tally'>;
  /** Null: it is in the log of another gateway, or went. */
  readonly record: (row: IndexRow) => Promise<AuditRecord | null>;
  /** Time and tenant. */
  readonly filter: IndexFilter;
}

const time = (ms: number): string => new Date(ms).toISOString();

export async function changesTables(parts: LogReportParts): Promise<readonly ReportTable[]> {
  const { filter } = parts;
  const isChange = ({ shape }: IndexRow): boolean => shape.decision !== 'deny';
  const { rows, isCut } = await rowsOf(parts, { ...filter, kind: 'admin' }, isChange);
  const lines: Cell[][] = [];
  for (const row of rows) {
    const record = await parts.record(row);
    const words = record === null ? '(in the log of another gateway)' : diffWords(record.diff);
    const { action, tenant } = row.shape;
    lines.push([time(row.atMs), action, row.resource, tenant, row.user, words, placeOf(row)]);
  }
  const columns = ['when', 'what', 'of', 'tenant', 'by', 'change', 'record'];
  return [{ title: 'Administration and configuration', columns, rows: lines, isCut }];
}

export async function findingsTables({ index, filter }: LogReportParts): Promise<ReportTable[]> {
  const tallies = await index.tally(filter);
  const sums = new Map<string, Sum>();
  for (const tally of tallies) {
    for (const { guard, category, action } of tally.shape.findings)
      add(sums, [guard, category, action, tally.shape.tenant], tally);
  }
  const columns = ['guard', 'category', 'action', 'tenant', 'records', 'first', 'last'];
  return [summed('Findings of guards', columns, sums, tallies.length >= TALLIES_MAX)];
}

export async function deniedTables(parts: LogReportParts): Promise<readonly ReportTable[]> {
  const { index, filter } = parts;
  const ends = await index.tally({ ...filter, kind: 'deny' });
  const others = await index.tally({ ...filter, decision: 'deny' });
  const sums = new Map<string, Sum>();
  for (const tally of [...ends, ...others.filter(({ shape }) => shape.kind !== 'deny')]) {
    const { reason, action, status, tenant } = tally.shape;
    add(sums, [reason ?? action, status, tenant, tally.key], tally);
  }
  const columns = ['reason', 'status', 'tenant', 'key', 'times', 'first', 'last'];
  const isCut = ends.length >= TALLIES_MAX || others.length >= TALLIES_MAX;
  return [summed('Refusals', columns, sums, isCut), await erasures(parts)];
}

async function erasures(parts: LogReportParts): Promise<ReportTable> {
  const { rows, isCut } = await rowsOf(parts, { ...parts.filter, action: 'subject.erase' });
  const lines: Cell[][] = [];
  for (const row of rows) {
    const record = await parts.record(row);
    const words = record === null ? '' : diffWords(record.diff);
    lines.push([time(row.atMs), row.resource, row.shape.tenant, row.user, words, placeOf(row)]);
  }
  const columns = ['when', 'erasure', 'tenant', 'by', 'what', 'record'];
  return { title: 'Erasures', columns, rows: lines, isCut };
}

/** What the log says of its own trouble. */
const TROUBLE = [
  'audit_gap',
  'audit_relaxed',
  'audit_degraded',
  'audit_resumed',
  'segment_replaced',
  'recovered',
  'retention',
];

export async function troubleTable(parts: LogReportParts): Promise<ReportTable> {
  const lines: { readonly atMs: number; readonly cells: readonly Cell[] }[] = [];
  let isAnyCut = false;
  for (const action of TROUBLE) {
    const { rows, isCut } = await rowsOf(parts, { ...parts.filter, kind: 'system', action });
    isAnyCut ||= isCut;
    for (const row of rows) {
      const record = await parts.record(row);
      const words = record === null ? '' : diffWords(record.diff);
      lines.push({ atMs: row.atMs, cells: [time(row.atMs), action, words, placeOf(row)] });
    }
  }
  const rows = lines.toSorted((a, b) => b.atMs - a.atMs).map(({ cells }) => cells);
  const columns = ['when', 'what', 'details', 'record'];
  return { title: 'Gaps, relaxations and repairs', columns, rows, isCut: isAnyCut };
}

const placeOf = ({ writer, seq }: IndexRow): string => `${writer}:${seq}`;

async function rowsOf(
  { index }: Pick<LogReportParts, 'index'>,
  filter: IndexFilter,
  isWanted: (row: IndexRow) => boolean = () => true,
): Promise<{ readonly rows: readonly IndexRow[]; readonly isCut: boolean }> {
  const rows: IndexRow[] = [];
  let after: IndexPlace | null = null;
  do {
    const page = await index.search({ filter, limit: PAGE_MAX, after });
    rows.push(...page.rows.filter(isWanted));
    after = page.next;
  } while (after !== null && rows.length < RECORDS_MAX);
  return { rows: rows.slice(0, RECORDS_MAX), isCut: after !== null || rows.length > RECORDS_MAX };
}

interface Sum {
  readonly cells: readonly Cell[];
  count: number;
  firstMs: number;
  lastMs: number;
}

function add(sums: Map<string, Sum>, cells: readonly Cell[], tally: Tally): void {
  const { count, firstMs, lastMs } = tally;
  const key = JSON.stringify(cells);
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { cells, count, firstMs, lastMs });
  else {
    sum.count += count;
    sum.firstMs = Math.min(sum.firstMs, firstMs);
    sum.lastMs = Math.max(sum.lastMs, lastMs);
  }
}

const summed = (
  title: string,
  columns: readonly string[],
  sums: ReadonlyMap<string, Sum>,
  isCut: boolean,
): ReportTable => ({
  title,
  columns,
  rows: [...sums.values()]
    .toSorted((a, b) => b.count - a.count)
    .map(({ cells, count, firstMs, lastMs }) => [...cells, count, time(firstMs), time(lastMs)]),
  isCut,
});
