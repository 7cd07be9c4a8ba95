/** The records of one request, or one record that is of none, whole and in their order. */
import type { Session } from '../session.ts';
import { type ShownRecord, shownRecord } from './read-record.ts';

/** A call has two; administration may repeat an id. */
const RECORDS_MAX = '16';

export interface PlacedRecord {
  /** As the index names it: the gateway too, where several share an index. */
  readonly writer: string;
  readonly record: ShownRecord;
}

export async function recordAt(
  { call }: Pick<Session, 'call'>,
  place: string,
  signal: AbortSignal,
): Promise<PlacedRecord> {
  const [, writer = '', seq = ''] = /^(.+):(\d+)$/u.exec(place) ?? [];
  const params = { writer, seq };
  const { record, erased } = await call('GET /audit/records/{writer}/{seq}', { params, signal });
  return { writer, record: shownRecord(record, erased) };
}

export async function recordsOf(
  session: Pick<Session, 'call'>,
  request: string,
  signal: AbortSignal,
): Promise<readonly PlacedRecord[]> {
  const query = { requestId: request, limit: RECORDS_MAX };
  const { items } = await session.call('GET /audit/records', { query, signal });
  const placed = items.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq);
  return await Promise.all(
    placed.map(({ writer, seq }) => recordAt(session, `${writer}:${seq}`, signal)),
  );
}

/** Of a call that runs: that it has begun, and that it holds more than it did. */
const RUNNING: ReadonlySet<unknown> = new Set(['admit', 'system']);

/** A call that has begun has one end, a moment or minutes later. Null: it is not there yet. */
export const endOf = (records: readonly PlacedRecord[] | null): PlacedRecord['record'] | null =>
  records?.find(({ record: { kind } }) => !RUNNING.has(kind))?.record ?? null;

export const isEnded = (records: readonly PlacedRecord[] | null): boolean =>
  endOf(records) !== null;
