/**
 * Reads records back: resolved, in order, with the place of each. Reading proves nothing; `verify`
 * does. A broken frame ends its segment here, and the next segment goes on.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { diskFiles, type AuditFiles } from './file-port.ts';
import { resolveFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import type { AuditRecord } from './record.ts';
import { listSegments, type Segment } from './segment.ts';

const POLL_MS = 200;
/** Frames between two yields to the event loop. */
const FRAMES_PER_TURN = 256;

export interface StoredRecord {
  readonly record: AuditRecord;
  /** Personal fields that were erased, by name. */
  readonly erased: readonly string[];
  readonly segment: string;
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

export interface ReadOptions {
  /** Unix milliseconds, inclusive. */
  readonly from?: number;
  /** Unix milliseconds, exclusive. */
  readonly to?: number;
  readonly writer?: string;
  readonly files?: AuditFiles;
}

/** Every record of a folder: writer by writer, each in the order of its chain. */
export async function* readRecords(
  dir: string,
  { from = -Infinity, to = Infinity, writer, files = diskFiles }: ReadOptions = {},
): AsyncGenerator<StoredRecord> {
  const cursor = new Cursor(files);
  for (const segment of listSegments(files, dir)) {
    if (writer !== undefined && segment.writer !== writer) continue;
    for await (const stored of cursor.read(segment)) {
      const atMs = Date.parse(stored.record.at);
      if (atMs >= from && atMs < to) yield stored;
    }
  }
}

/** Records of one writer behind a number, in the order of its chain. */
export async function* recordsAfter(
  dir: string,
  { writer, seq, files = diskFiles }: { writer: string; seq: number; files?: AuditFiles },
): AsyncGenerator<AuditRecord> {
  const cursor = new Cursor(files);
  const segments = listSegments(files, dir).filter((segment) => segment.writer === writer);
  for (const segment of segments.slice(firstAfter(files, segments, seq))) {
    for await (const { record } of cursor.read(segment)) if (record.seq > seq) yield record;
  }
}

/** The last segment that begins at or before `seq`; those before it have nothing behind it. */
export function firstAfter(files: AuditFiles, segments: readonly Segment[], seq: number): number {
  for (let at = segments.length - 1; at > 0; at -= 1) {
    const path = segments[at]?.path;
    const reader = path === undefined ? null : new FrameReader(files, path);
    try {
      const frame = reader?.next();
      const first = frame === undefined ? undefined : resolveFrame(frame.chained, frame.personal);
      if (first !== undefined && first.record.seq <= seq) return at;
    } finally {
      reader?.close();
    }
  }
  return 0;
}

/** Records that are appended after the call, until `signal` aborts. Follows rotation and restarts. */
export async function* tailRecords(
  dir: string,
  signal: AbortSignal,
  files: AuditFiles = diskFiles,
): AsyncGenerator<StoredRecord> {
  const cursor = new Cursor(files);
  for (const segment of listSegments(files, dir)) cursor.skip(segment);
  while (!signal.aborted) {
    for (const segment of listSegments(files, dir)) yield* cursor.read(segment, signal);
    // Aborting is how a tail ends; it is not an error of the reader.
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** Where reading stands. One number a segment, one a writer. */
class Cursor {
  readonly #files: AuditFiles;
  readonly #offsets = new Map<string, number>();
  readonly #lastSeqs = new Map<string, number>();

  constructor(files: AuditFiles) {
    this.#files = files;
  }

  /** The whole frames of a segment that were not read yet. */
  async *read(segment: Segment, signal?: AbortSignal): AsyncGenerator<StoredRecord> {
    const start = this.#offsets.get(segment.fileName) ?? 0;
    const reader = this.#open(segment, start);
    if (reader === undefined) return;
    try {
      let inTurn = 0;
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        this.#offsets.set(segment.fileName, reader.offset);
        const { offset, bytes } = frame;
        const resolved = resolveFrame(frame.chained, frame.personal);
        if (resolved === undefined || !this.#isNew(resolved.record)) continue;
        const { fileName, path } = segment;
        yield { ...resolved, segment: fileName, path, offset, bytes };
        inTurn += 1;
        if (signal?.aborted === true) return;
        if (inTurn % FRAMES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      reader.close();
    }
  }

  /** Passes over what is there already. */
  skip(segment: Segment): void {
    const reader = this.#open(segment, 0);
    if (reader === undefined) return;
    try {
      let last: AuditRecord | undefined;
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        const isLast = reader.offset >= reader.size();
        if (isLast) last = resolveFrame(frame.chained, frame.personal)?.record;
      }
      if (last !== undefined) this.#isNew(last);
      this.#offsets.set(segment.fileName, reader.offset);
    } finally {
      reader.close();
    }
  }

  /** A segment that replaces a broken one begins with copies. */
  #isNew({ writer, seq }: AuditRecord): boolean {
    if (seq <= (this.#lastSeqs.get(writer) ?? 0)) return false;
    this.#lastSeqs.set(writer, seq);
    return true;
  }

  #open(segment: Segment, offset: number): FrameReader | undefined {
    try {
      return new FrameReader(this.#files, segment.path, offset);
    } catch {
      // Retention, or a writer that gave up on a new file, removed it after it was listed.
      return undefined;
    }
  }
}
