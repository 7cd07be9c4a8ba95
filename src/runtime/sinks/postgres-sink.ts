/** Records as rows of a table. The client is loaded with the first parcel. */
import { inTurns } from '#audit/sinks/in-turns.ts';
import { type Parcel, type Sink, type SinkEvent, SinkFault } from '#audit/sinks/sink.ts';
import { Fault } from '#domain/fault.ts';
import { type AuditRow, AuditTable } from '#storage/postgres/audit-table.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

export interface PostgresSinkSettings {
  /** With the password in it. */
  readonly url: string;
  readonly table: string;
  readonly timeoutMs: number;
}

export class PostgresSink implements Sink {
  readonly type = 'postgres';
  readonly takes = 'records';
  readonly recordsMax = 1_000;
  readonly bytesMax = 1_024 * 1_024;
  readonly lingerMs = 250;
  readonly settleMs = 0;
  readonly #settings: PostgresSinkSettings;
  #table: AuditTable | null = null;

  constructor(settings: PostgresSinkSettings) {
    this.#settings = settings;
  }

  async send(parcel: Parcel): Promise<void> {
    if (parcel.kind === 'file') throw new SinkFault('refused');
    try {
      this.#table ??= await this.#open();
      await this.#table.insert(await inTurns(parcel.events, rowOf));
    } catch (thrown) {
      throw new SinkFault(codeOf(thrown));
    }
  }

  async #open(): Promise<AuditTable> {
    const { url, table, timeoutMs } = this.#settings;
    // One for the parcels, one for a test beside them.
    const link = await openPostgres(url, { connectionsMax: 2, statementMs: timeoutMs });
    return new AuditTable(link, table);
  }

  async close(): Promise<void> {
    await this.#table?.close();
    this.#table = null;
  }
}

const rowOf = ({ record, hash }: SinkEvent): AuditRow => ({
  writer: record.writer,
  seq: record.seq,
  at: record.at,
  kind: record.kind,
  tenant: record.tenant === undefined ? null : storable(record.tenant),
  prev: record.prev,
  hash,
  record: JSON.stringify(record, (_name, value: unknown) =>
    typeof value === 'string' ? storable(value) : value,
  ),
});

/** A caller who writes U+0000 into its user's name must not end the export. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');

/** Classes of SQLSTATE (PostgreSQL, appendix A): data 22, rights 28 and 42501, connections 08. */
function codeOf(thrown: unknown): SinkFault['code'] {
  if (!(thrown instanceof Fault)) return 'broken';
  const [state = ''] = /\b(?:[0-9A-Z]{5}|E[A-Z]{4,})$/u.exec(thrown.message) ?? [];
  if (/^E(?:CONN|NOTFOUND|HOST|AI)/u.test(state)) return 'unreachable';
  if (state.startsWith('28') || state === '42501') return 'unauthorized';
  if (state.startsWith('22') || state.startsWith('23')) return 'refused';
  return 'overloaded';
}
