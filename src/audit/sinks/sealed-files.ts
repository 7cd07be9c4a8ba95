/**
 * The files of a log that are never written again, for an archive: segments that are sealed, then the
 * tiles of the Merkle log, and its checkpoint last, under a name with its size. What an archive has
 * under a name is never replaced there. One file a parcel; a file of a segment has at most 64 MiB and
 * a frame.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf, diskFiles } from '../file-port.ts';
import { resolveFrame } from '../frame.ts';
import { FrameReader } from '../frame-reader.ts';
import { listSegments, type Segment } from '../segment.ts';
import type { Cursor } from './cursor-file.ts';
import type { FileParcel } from './sink.ts';
import type { Load, Source } from './source.ts';
import { fullForm, tilePaths, treeSizeOf } from './tlog-paths.ts';

const TLOG = 'log';
const FIRST_KEY = 'key';
const HANDOVERS = 'handover';

interface Ends {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastAt: string;
  readonly isClosed: boolean;
}

export class SealedFiles implements Source {
  readonly #dir: string;
  /** Whether a process is known to write as this writer: its last segment is not sealed then. */
  readonly #isWriting: (writer: string) => boolean;
  readonly #ends = new SegmentEnds();
  #cursor: Cursor;
  /** What a checkpoint that is on its way still needs, the checkpoint itself at the end. */
  #tree: { readonly size: number; readonly left: Iterator<FileParcel | string> } | null = null;

  constructor(dir: string, cursor: Cursor, isWriting: (writer: string) => boolean) {
    this.#dir = dir;
    this.#cursor = cursor;
    this.#isWriting = isWriting;
  }

  rewind(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#tree = null;
  }

  async next(): Promise<Load | null> {
    return (await this.#segment()) ?? (await this.#treeFile());
  }

  behindBytes(): number {
    let bytes = 0;
    for (const { segment, isOpen } of this.#segments()) {
      const isBehind = isOpen || (this.#ends.of(segment)?.lastSeq ?? 0) > this.#has(segment);
      if (isBehind) bytes += sizeOf(segment);
    }
    return bytes;
  }

  /** `isOpen`: it grows. Its end would have to be looked for again at each turn. */
  #segments() {
    const segments = listSegments(diskFiles, this.#dir);
    return segments.map((segment, at) => {
      const isLast = segments[at + 1]?.writer !== segment.writer;
      return { segment, isLast, isOpen: isLast && this.#isWriting(segment.writer) };
    });
  }

  #has({ writer }: Segment): number {
    return this.#cursor.positions.get(writer) ?? 0;
  }

  async #segment(): Promise<Load | null> {
    for (const { segment, isLast, isOpen } of this.#segments()) {
      const ends = isOpen ? null : this.#ends.of(segment);
      if (ends === null || ends.lastSeq <= this.#has(segment)) continue;
      // The last segment of a writer is still written, unless its writer has closed it.
      if (!isLast || ends.isClosed) return await this.#loadOf(segment, ends);
    }
    return null;
  }

  async #loadOf(segment: Segment, ends: Ends): Promise<Load | null> {
    const { writer, fileName } = segment;
    const bytes = await bytesOf(segment.path);
    if (bytes === null) return null;
    const owed = this.#cursor.positions.get(writer);
    const positions = new Map(this.#cursor.positions).set(writer, ends.lastSeq);
    const isGap = owed !== undefined && ends.firstSeq > owed + 1;
    this.#cursor = { ...this.#cursor, positions };
    return {
      parcel: { kind: 'file', name: `segments/${writer}/${fileName}`, bytes },
      gaps: isGap ? [{ writer, from: owed + 1, to: ends.firstSeq - 1 }] : [],
      after: this.#cursor,
      oldestMs: Date.parse(ends.lastAt),
      bytes: bytes.length,
      isFull: true,
    };
  }

  async #treeFile(): Promise<Load | null> {
    this.#tree ??= await this.#newTree();
    if (this.#tree === null) return null;
    for (let next = this.#tree.left.next(); next.done !== true; next = this.#tree.left.next()) {
      const parcel = typeof next.value === 'string' ? await this.#tile(next.value) : next.value;
      // A kind of tile that the log does not keep (entries may be elsewhere).
      if (parcel === null) continue;
      const isLast = typeof next.value !== 'string';
      if (isLast) this.#cursor = { ...this.#cursor, treeSize: this.#tree.size };
      if (isLast) this.#tree = null;
      return {
        parcel,
        gaps: [],
        after: this.#cursor,
        oldestMs: Number.POSITIVE_INFINITY,
        bytes: 0,
        isFull: true,
      };
    }
    this.#tree = null;
    return null;
  }

  async #newTree() {
    const bytes = await bytesOf(join(this.#dir, TLOG, 'checkpoint'));
    const size = bytes === null ? null : treeSizeOf(bytes.toString('utf8'));
    if (bytes === null || size === null || size <= this.#cursor.treeSize) return null;
    // Read once and before the tiles: what it promises is there already.
    const name = `${TLOG}/checkpoint-${String(size).padStart(16, '0')}`;
    const files = [...tilePaths(this.#cursor.treeSize, size), ...this.#keys()];
    return { size, left: inOrder(files, { kind: 'file', name, bytes }) };
  }

  /** The first key of the log, and how each key handed over to the next: few, and they do not change. */
  #keys(): readonly string[] {
    const handovers = diskFiles.list(join(this.#dir, TLOG, HANDOVERS));
    const written = handovers.filter((name) => /^\d+$/u.test(name));
    return [FIRST_KEY, ...written.map((name) => `${HANDOVERS}/${name}`)];
  }

  async #tile(path: string): Promise<FileParcel | null> {
    const bytes = await bytesOf(join(this.#dir, TLOG, path));
    if (bytes !== null) return { kind: 'file', name: `${TLOG}/${path}`, bytes };
    // It became full after the checkpoint was read: readers of a smaller tree take the full one.
    const full = fullForm(path);
    return full === undefined ? null : await this.#tile(full);
  }
}

function* inOrder(
  files: readonly string[],
  checkpoint: FileParcel,
): Generator<FileParcel | string> {
  yield* files;
  yield checkpoint;
}

/** Null: it is not there (any more). */
async function bytesOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

const ENDS_MAX = 4_096;

/** Remembered by path and size: a sealed file does not change. */
class SegmentEnds {
  readonly #known = new Map<string, { readonly bytes: number; readonly ends: Ends | null }>();

  /** Null: it has no record yet. */
  of(segment: Segment): Ends | null {
    const bytes = sizeOf(segment);
    const known = this.#known.get(segment.path);
    if (known !== undefined && known.bytes === bytes) return known.ends;
    const ends = readEnds(segment);
    if (this.#known.size >= ENDS_MAX) this.#known.clear();
    this.#known.set(segment.path, { bytes, ends });
    return ends;
  }
}

function readEnds({ path }: Segment): Ends | null {
  const reader = open(path);
  if (reader === null) return null;
  try {
    let firstSeq: number | null = null;
    let last: Ends | null = null;
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      if (firstSeq !== null && reader.offset < reader.size()) continue;
      const record = resolveFrame(frame.chained, frame.personal)?.record;
      if (record === undefined) continue;
      const { seq, at, kind, action } = record;
      firstSeq ??= seq;
      const isClosed = kind === 'system' && action === 'close';
      last = { firstSeq, lastSeq: seq, lastAt: at, isClosed };
    }
    return last;
  } finally {
    reader.close();
  }
}

function open(path: string): FrameReader | null {
  try {
    return new FrameReader(diskFiles, path);
  } catch {
    // Retention took it after it was listed.
    return null;
  }
}

function sizeOf({ path }: Segment): number {
  try {
    const file = diskFiles.open(path, 'read');
    const size = diskFiles.size(file);
    diskFiles.close(file);
    return size;
  } catch {
    // As above.
    return 0;
  }
}
