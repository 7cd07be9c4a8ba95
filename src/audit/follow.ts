/**
 * Follows the logs of a folder, each writer from a number on, in the order of its chain. For readers that
 * keep how far they are: they say where to begin, and where to begin again when something failed.
 */
import { type AuditFiles, diskFiles } from './file-port.ts';
import { resolveFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { firstAfter, type StoredRecord } from './read.ts';
import { listSegments, type Segment } from './segment.ts';

/** Records of one writer behind `after`; the last of them is `through`. */
export interface Followed {
  readonly writer: string;
  readonly after: number;
  readonly through: number;
  readonly records: readonly StoredRecord[];
}

interface Place {
  /** Everything up to it was read. */
  seq: number;
  /** Where the next frame is; null: it has to be looked for. */
  fileName: string | null;
  offset: number;
}

export class LogFollower {
  readonly #dir: string;
  readonly #files: AuditFiles;
  readonly #places = new Map<string, Place>();

  constructor(dir: string, files: AuditFiles = diskFiles) {
    this.#dir = dir;
    this.#files = files;
  }

  writers(): readonly string[] {
    return [...new Set(listSegments(this.#files, this.#dir).map(({ writer }) => writer))];
  }

  /** The next record of the writer that is read is the one behind `seq`. */
  seek(writer: string, seq: number): void {
    this.#places.set(writer, { seq, fileName: null, offset: 0 });
  }

  /** What there is now, `recordsMax` at most; null: nothing. Throws a file system error. */
  next(writer: string, recordsMax: number): Followed | null {
    const place = this.#places.get(writer) ?? { seq: 0, fileName: null, offset: 0 };
    this.#places.set(writer, place);
    // Listed before anything is read: a segment that has a next one will not grow any more.
    const segments = listSegments(this.#files, this.#dir).filter((one) => one.writer === writer);
    const after = place.seq;
    const records: StoredRecord[] = [];
    let at = this.#indexOf(segments, place);
    for (; at < segments.length; at += 1) {
      const segment = segments[at];
      if (segment === undefined) break;
      if (segment.fileName !== place.fileName) {
        place.fileName = segment.fileName;
        place.offset = 0;
      }
      this.#read(segment, place, records, recordsMax);
      if (records.length >= recordsMax) break;
    }
    return records.length === 0 ? null : { writer, after, through: place.seq, records };
  }

  #indexOf(segments: readonly Segment[], place: Place): number {
    const at = segments.findIndex(({ fileName }) => fileName === place.fileName);
    // Retention may have taken it: the first that is left goes on.
    return at === -1 ? firstAfter(this.#files, segments, place.seq) : at;
  }

  #read(segment: Segment, place: Place, records: StoredRecord[], recordsMax: number): void {
    const reader = opened(this.#files, segment, place.offset);
    if (reader === null) return;
    try {
      while (records.length < recordsMax) {
        const frame = reader.next();
        if (frame === undefined) return;
        place.offset = reader.offset;
        const resolved = resolveFrame(frame.chained, frame.personal);
        // A segment that replaces a broken one begins with copies.
        if (resolved === undefined || resolved.record.seq <= place.seq) continue;
        place.seq = resolved.record.seq;
        const { fileName, path } = segment;
        const { offset, bytes } = frame;
        records.push({ ...resolved, segment: fileName, path, offset, bytes });
      }
    } finally {
      reader.close();
    }
  }
}

/** Null: it went, or there is nothing behind `offset`. */
function opened(files: AuditFiles, { path }: Segment, offset: number): FrameReader | null {
  let file: number;
  try {
    file = files.open(path, 'read');
  } catch {
    // Retention, or a writer that gave up on a new file, removed it after it was listed.
    return null;
  }
  const size = files.size(file);
  files.close(file);
  // A window is a megabyte: it is not made to see that there is nothing new.
  return size > offset ? new FrameReader(files, path, offset) : null;
}

/** The record at a place; undefined: another one stands there, or none. */
export function recordAtPlace(
  { path, fileName }: Segment,
  { seq, offset }: { readonly seq: number; readonly offset: number },
  files: AuditFiles = diskFiles,
): StoredRecord | undefined {
  let reader: FrameReader;
  try {
    reader = new FrameReader(files, path, offset);
  } catch {
    // It went with its segment, or is in the one that replaced it.
    return undefined;
  }
  try {
    const frame = reader.next();
    const resolved = frame && resolveFrame(frame.chained, frame.personal);
    if (frame === undefined || resolved?.record.seq !== seq) return undefined;
    return { ...resolved, segment: fileName, path, offset: frame.offset, bytes: frame.bytes };
  } finally {
    reader.close();
  }
}
