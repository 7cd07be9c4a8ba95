/**
 * Reads what the Merkle log has not taken yet, from the segments of every writer: only what is on the
 * disk, each record once, in the order of its chain. Keeps one open file and one window (1 MiB) a
 * writer. A chain that is broken is read on: to say so is `verify`'s.
 */
import { isJsonObject, parseJson } from '#stdx/json.ts';

import type { AuditFiles } from '../file-port.ts';
import { chainHash } from '../frame.ts';
import { type Frame, FrameReader } from '../frame-reader.ts';
import { firstAfter } from '../read.ts';
import { NO_PREVIOUS } from '../record.ts';
import { listSegments, type Segment } from '../segment.ts';
import type { LogEntry } from './entry.ts';

export interface Position {
  readonly seq: number;
  /** Hash of that record, hex. */
  readonly hash: string;
}

export interface LeafSourceParts {
  readonly files: AuditFiles;
  /** The folder of the segments. */
  readonly dir: string;
  /** The last record of each writer that was taken. */
  readonly positions: ReadonlyMap<string, Position>;
  /** The last record of a writer that is on the disk. */
  readonly syncedSeq: (writer: string) => number;
}

export class LeafSource {
  readonly #parts: LeafSourceParts;
  readonly #writers = new Map<string, WriterCursor>();

  constructor(parts: LeafSourceParts) {
    this.#parts = parts;
  }

  /** What is there now. Stop iterating at any time: the next call goes on behind what was yielded. */
  *read(): Generator<LogEntry> {
    const { files, dir, positions, syncedSeq } = this.#parts;
    const byWriter = Map.groupBy(listSegments(files, dir), ({ writer }) => writer);
    for (const [writer, segments] of byWriter) {
      let cursor = this.#writers.get(writer);
      if (cursor === undefined) {
        cursor = new WriterCursor(files, positions.get(writer) ?? { seq: 0, hash: NO_PREVIOUS });
        this.#writers.set(writer, cursor);
      }
      for (const { seq, hash } of cursor.read(segments, syncedSeq(writer)))
        yield { writer, seq, hash };
    }
  }

  close(): void {
    for (const cursor of this.#writers.values()) cursor.close();
    this.#writers.clear();
  }
}

class WriterCursor {
  readonly #files: AuditFiles;
  #at: Position;
  #fileName: string | null = null;
  #reader: FrameReader | null = null;

  constructor(files: AuditFiles, at: Position) {
    this.#files = files;
    this.#at = at;
  }

  *read(segments: readonly Segment[], syncedSeq: number): Generator<Position> {
    let index = segments.findIndex(({ fileName }) => fileName === this.#fileName);
    if (index === -1) {
      index = this.#fileName === null ? firstAfter(this.#files, segments, this.#at.seq) : 0;
      this.#open(segments[index]);
    }
    while (this.#reader !== null) {
      yield* this.#frames(this.#reader, syncedSeq);
      if (this.#at.seq >= syncedSeq) return;
      // A new segment is made before the old one gets its last record, and is empty until then. One that
      // a crash left empty stays so: the next that has frames goes on.
      const from = index + 1;
      const next = segments.findIndex((one, at) => at >= from && hasFrames(this.#files, one));
      if (next === -1) return;
      index = next;
      this.#open(segments[index]);
    }
  }

  *#frames(reader: FrameReader, syncedSeq: number): Generator<Position> {
    do {
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        const seq = this.#seqOf(frame);
        if (seq > syncedSeq) {
          reader.offset = frame.offset;
          return;
        }
        if (seq <= this.#at.seq) continue;
        this.#at = { seq, hash: chainHash(frame.chained) };
        yield this.#at;
      }
    } while (reader.tail() === 'damaged' && reader.skipDamage());
  }

  /** The usual record names the hash of the one before, and needs no parsing. */
  #seqOf({ chained }: Frame): number {
    if (chained.includes(`"prev":"${this.#at.hash}"`)) return this.#at.seq + 1;
    const fields = parseJson(chained.toString('latin1'));
    const seq = isJsonObject(fields) ? fields['seq'] : undefined;
    return typeof seq === 'number' ? seq : 0;
  }

  #open(segment: Segment | undefined): void {
    this.close();
    if (segment === undefined) return;
    this.#reader = new FrameReader(this.#files, segment.path);
    this.#fileName = segment.fileName;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = null;
  }
}

function hasFrames(files: AuditFiles, segment: Segment): boolean {
  const reader = new FrameReader(files, segment.path);
  try {
    return reader.next() !== undefined;
  } finally {
    reader.close();
  }
}
