/** What a pump takes from: parcels in the order of the log, and where a sink is when it has one. */
import type { Cursor } from './cursor-file.ts';
import { withoutPersons } from './event.ts';
import { type Gap, LogTail } from './log-tail.ts';
import type { Parcel, Sink, SinkEvent } from './sink.ts';

export interface Load {
  readonly parcel: Parcel;
  readonly gaps: readonly Gap[];
  /** Where the sink is when it has the parcel. */
  readonly after: Cursor;
  /** When the oldest of it was written, in Unix milliseconds. */
  readonly oldestMs: number;
  /** Of the log. */
  readonly bytes: number;
  /** More is there already. */
  readonly isFull: boolean;
}

export interface Source {
  /** Null: there is nothing new. */
  next(): Promise<Load | null>;
  /** Begins again behind this. */
  rewind(cursor: Cursor): void;
  /** Of what was not read yet. */
  behindBytes(): number;
}

export interface RecordSourceParts {
  readonly dir: string;
  readonly cursor: Cursor;
  readonly syncedSeq: (writer: string) => number;
  readonly sink: Pick<Sink, 'recordsMax' | 'bytesMax'>;
  readonly isPersonal: boolean;
}

/** Records of every writer. */
export class RecordSource implements Source {
  readonly #parts: RecordSourceParts;
  readonly #tail: LogTail;
  #cursor: Cursor;

  constructor(parts: RecordSourceParts) {
    this.#parts = parts;
    this.#cursor = parts.cursor;
    this.#tail = new LogTail(parts.dir, parts.cursor.positions, parts.syncedSeq);
  }

  async next(): Promise<Load | null> {
    const { sink, isPersonal } = this.#parts;
    const { events, gaps, bytes, isFull } = await this.#tail.read(sink);
    const [first] = events;
    if (first === undefined) return null;
    const positions = new Map(this.#cursor.positions);
    for (const { record } of events) positions.set(record.writer, record.seq);
    this.#cursor = { ...this.#cursor, positions };
    const seen = isPersonal ? events : events.map((event) => withoutPersons(event));
    return {
      parcel: { kind: 'records', events: seen },
      gaps,
      after: this.#cursor,
      oldestMs: oldestOf(events),
      bytes,
      isFull,
    };
  }

  rewind(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#tail.rewind(cursor.positions);
  }

  behindBytes(): number {
    return this.#tail.behindBytes();
  }
}

function oldestOf(events: readonly SinkEvent[]): number {
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const { record } of events) oldestMs = Math.min(oldestMs, Date.parse(record.at));
  return oldestMs;
}
