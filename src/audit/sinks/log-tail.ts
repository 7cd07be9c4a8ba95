/**
 * Follows the log for one sink: every writer's records in the order of its chain, from a position on.
 * It remembers the place of the next frame, so that a poll of a log of gigabytes reads what is new and
 * nothing else (`recordsAfter` reads a whole segment for each question). Nothing is copied: the log
 * is the spool. What retention took away before it was read is said to be missing.
 */
import { type AuditFiles, diskFiles } from '../file-port.ts';
import { chainHash, resolveFrame } from '../frame.ts';
import { type Frame, FrameReader } from '../frame-reader.ts';
import { listSegments, type Segment } from '../segment.ts';
import type { Positions } from './positions.ts';
import type { SinkEvent } from './sink.ts';

/** Frames between two turns of the event loop: about a millisecond. */
const FRAMES_PER_TURN = 64;

export interface Gap {
  readonly writer: string;
  /** The first and the last number that are missing. */
  readonly from: number;
  readonly to: number;
}

export interface TailLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

export interface TailRead {
  readonly events: readonly SinkEvent[];
  readonly gaps: readonly Gap[];
  /** Of the log. */
  readonly bytes: number;
  /** A limit was reached: there may be more. */
  readonly isFull: boolean;
}

interface Place {
  segment: Segment;
  offset: number;
  seq: number;
  /** False for a writer that the position did not name: what is gone of it was never owed. */
  isOwed: boolean;
}

interface Basket extends TailRead {
  readonly events: SinkEvent[];
  readonly gaps: Gap[];
  bytes: number;
  isFull: boolean;
}

export class LogTail {
  readonly #dir: string;
  readonly #files: AuditFiles;
  /** Records of a writer above this are not on the disk yet, and may still be another's number. */
  readonly #syncedSeq: (writer: string) => number;
  #places = new Map<string, Place>();
  #positions: Positions;
  #turn = 0;

  constructor(
    dir: string,
    positions: Positions,
    syncedSeq: (writer: string) => number = () => Infinity,
    files: AuditFiles = diskFiles,
  ) {
    this.#dir = dir;
    this.#positions = positions;
    this.#syncedSeq = syncedSeq;
    this.#files = files;
  }

  /** Begins again behind these. */
  rewind(positions: Positions): void {
    this.#positions = positions;
    this.#places = new Map();
  }

  async read({ recordsMax, bytesMax }: TailLimits): Promise<TailRead> {
    const basket: Basket = { events: [], gaps: [], bytes: 0, isFull: false };
    const byWriter = Map.groupBy(listSegments(this.#files, this.#dir), ({ writer }) => writer);
    const writers = [...byWriter.keys()];
    // Each time another writer is first: one that is never silent does not starve the others.
    this.#turn = writers.length === 0 ? 0 : (this.#turn + 1) % writers.length;
    const turned = [...writers.slice(this.#turn), ...writers.slice(0, this.#turn)];
    for (const writer of turned) {
      const segments = byWriter.get(writer) ?? [];
      await this.#readWriter(segments, basket, { recordsMax, bytesMax });
      if (basket.isFull) break;
    }
    return basket;
  }

  /** Bytes of the log that are behind the places: what could not be deleted yet. */
  behindBytes(): number {
    let bytes = 0;
    for (const segment of listSegments(this.#files, this.#dir)) {
      const place = this.#places.get(segment.writer);
      const order = place === undefined ? 1 : compare(segment, place.segment);
      if (order < 0) continue;
      bytes += Math.max(0, this.#sizeOf(segment) - (order === 0 ? (place?.offset ?? 0) : 0));
    }
    return bytes;
  }

  #sizeOf({ path }: Segment): number {
    try {
      const file = this.#files.open(path, 'read');
      try {
        return this.#files.size(file);
      } finally {
        this.#files.close(file);
      }
    } catch {
      // Retention took it after it was listed.
      return 0;
    }
  }

  async #readWriter(
    segments: readonly Segment[],
    basket: Basket,
    limits: TailLimits,
  ): Promise<void> {
    const place = this.#placeIn(segments);
    if (place === undefined) return;
    // Listed before it is read: a segment with another behind it gets no more frames.
    for (const segment of segments) {
      const order = compare(segment, place.segment);
      if (order < 0) continue;
      if (order > 0) Object.assign(place, { segment, offset: 0 });
      await this.#readSegment(place, basket, limits);
      if (basket.isFull) return;
    }
  }

  #placeIn(segments: readonly Segment[]): Place | undefined {
    const [first] = segments;
    if (first === undefined) return undefined;
    const known = this.#places.get(first.writer);
    if (known !== undefined) return known;
    const owed = this.#positions.get(first.writer);
    const seq = owed ?? 0;
    const segment = segments[this.#startFor(segments, seq)] ?? first;
    const place = { segment, offset: 0, seq, isOwed: owed !== undefined };
    this.#places.set(first.writer, place);
    return place;
  }

  /** The last segment that begins at or before the record after `seq`. */
  #startFor(segments: readonly Segment[], seq: number): number {
    for (let at = segments.length - 1; at > 0; at -= 1) {
      const segment = segments[at];
      const first = segment === undefined ? undefined : this.#firstSeqOf(segment);
      if (first !== undefined && first <= seq + 1) return at;
    }
    return 0;
  }

  #firstSeqOf(segment: Segment): number | undefined {
    const reader = this.#open(segment, 0);
    try {
      const frame = reader?.next();
      return frame && resolveFrame(frame.chained, frame.personal)?.record.seq;
    } finally {
      reader?.close();
    }
  }

  async #readSegment(place: Place, basket: Basket, limits: TailLimits): Promise<void> {
    // Most looks find nothing new: a reader has a window of a megabyte.
    if (this.#sizeOf(place.segment) <= place.offset) return;
    const reader = this.#open(place.segment, place.offset);
    if (reader === undefined) return;
    try {
      const syncedSeq = this.#syncedSeq(place.segment.writer);
      let inTurn = 0;
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        if (!accept(frame, syncedSeq, { place, basket, limits })) return;
        place.offset = frame.offset + frame.bytes;
        inTurn += 1;
        if (inTurn % FRAMES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      reader.close();
    }
  }

  #open(segment: Segment, offset: number): FrameReader | undefined {
    try {
      return new FrameReader(this.#files, segment.path, offset);
    } catch {
      // Retention took it after it was listed: the next one shows what is missing.
      return undefined;
    }
  }
}

const compare = (a: Segment, b: Segment): number => a.epoch - b.epoch || a.n - b.n;

interface Taking {
  readonly place: Place;
  readonly basket: Basket;
  readonly limits: TailLimits;
}

/** False: it is not taken yet, and is the next one to be read. */
function accept(frame: Frame, syncedSeq: number, taking: Taking): boolean {
  const resolved = resolveFrame(frame.chained, frame.personal);
  if (resolved === undefined) return true;
  if (resolved.record.seq > syncedSeq) return false;
  take({ record: resolved.record, hash: chainHash(frame.chained) }, frame.bytes, taking);
  return !taking.basket.isFull;
}

/** Copies at the beginning of a segment that replaces a broken one are passed over. */
function take(event: SinkEvent, bytes: number, { place, basket, limits }: Taking): void {
  const { seq, writer } = event.record;
  if (seq <= place.seq) return;
  const isFirst = basket.events.length === 0;
  const isOver =
    basket.events.length >= limits.recordsMax || basket.bytes + bytes > limits.bytesMax;
  if (isOver && !isFirst) {
    basket.isFull = true;
    return;
  }
  if (place.isOwed && seq > place.seq + 1) {
    basket.gaps.push({ writer, from: place.seq + 1, to: seq - 1 });
  }
  place.seq = seq;
  place.isOwed = true;
  basket.events.push(event);
  basket.bytes += bytes;
}
