/**
 * Reads the frames of one segment in order, through one window of memory (1 MiB). Never trusts a
 * length before its CRC: a frame is whole when both its parts are, or its personal part is erased.
 */
import { crc32 } from 'node:zlib';

import type { AuditFiles } from './file-port.ts';
import { CHAINED_BYTES_MAX, FRAME_BYTES_MAX, HEADER_BYTES, PERSONAL_BYTES_MAX } from './frame.ts';

const WINDOW_BYTES = 1_024 * 1_024;
const OPEN_BRACE = 0x7b;

/** `chained` and `personal` are views of the window: they are valid until the next `next()`. */
export interface Frame {
  readonly offset: number;
  readonly bytes: number;
  readonly chained: Buffer;
  /** `null` when it was erased. */
  readonly personal: Buffer | null;
}

/**
 * What lies behind the last whole frame. `torn`: what a crash leaves, a frame that is cut short or
 * zeros that were never written. `damaged`: a frame of full length that is not what was written, or
 * whole frames after a broken one; no crash of a process does that.
 */
export type Tail = 'whole' | 'torn' | 'damaged';

export class FrameReader {
  readonly #files: AuditFiles;
  readonly #file: number;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #windowStart = 0;
  #windowBytes = 0;
  /** End of the last whole frame: where the next one begins. */
  offset: number;

  constructor(files: AuditFiles, path: string, offset = 0) {
    this.#files = files;
    this.#file = files.open(path, 'read');
    this.offset = offset;
  }

  /** The next whole frame, or `undefined` at the end or at a broken one (see `tail`). */
  next(): Frame | undefined {
    const frame = this.#frameAt(this.offset);
    if (frame !== undefined) this.offset += frame.bytes;
    return frame;
  }

  /** The bytes of the file now. A file that is being written grows. */
  size(): number {
    return this.#files.size(this.#file);
  }

  tail(): Tail {
    const size = this.size();
    if (this.offset >= size) return 'whole';
    if (this.#nextWholeAfter(this.offset, size) !== undefined) return 'damaged';
    const header = this.#at(this.offset, HEADER_BYTES);
    if (header === undefined) return 'torn';
    const end = this.offset + HEADER_BYTES + header.readUInt32LE(0) + header.readUInt32LE(8);
    if (end > size) return 'torn';
    // Every whole frame ends in a brace or is marked as erased: NUL is a page that was never written.
    return this.#at(size - 1, 1)?.[0] === 0 ? 'torn' : 'damaged';
  }

  /** Moves behind a broken frame to the next whole one, where there is one. */
  skipDamage(): boolean {
    const found = this.#nextWholeAfter(this.offset, this.size());
    if (found !== undefined) this.offset = found;
    return found !== undefined;
  }

  close(): void {
    this.#files.close(this.#file);
  }

  /** Bounded by the segment's size; runs only for a segment that is broken. */
  #nextWholeAfter(offset: number, size: number): number | undefined {
    for (let at = offset + 1; at + HEADER_BYTES < size; at += 1) {
      const head = this.#at(at, HEADER_BYTES + 1);
      if (head?.[HEADER_BYTES] === OPEN_BRACE && this.#frameAt(at) !== undefined) return at;
    }
    return undefined;
  }

  #frameAt(offset: number): Frame | undefined {
    const header = this.#at(offset, HEADER_BYTES);
    if (header === undefined) return undefined;
    const chainedBytes = header.readUInt32LE(0);
    const chainedCrc = header.readUInt32LE(4);
    const personalBytes = header.readUInt32LE(8);
    const personalCrc = header.readUInt32LE(12);
    if (chainedBytes === 0 || chainedBytes > CHAINED_BYTES_MAX) return undefined;
    if (personalBytes > PERSONAL_BYTES_MAX) return undefined;
    const bytes = HEADER_BYTES + chainedBytes + personalBytes;
    const whole = this.#at(offset, bytes);
    if (whole === undefined) return undefined;
    const chained = whole.subarray(HEADER_BYTES, HEADER_BYTES + chainedBytes);
    if (crc32(chained) !== chainedCrc) return undefined;
    const personal = whole.subarray(HEADER_BYTES + chainedBytes);
    if (personalBytes === 0) {
      return personalCrc === 0 ? { offset, bytes, chained, personal } : undefined;
    }
    if (crc32(personal) === personalCrc) return { offset, bytes, chained, personal };
    return personalCrc === 0 ? { offset, bytes, chained, personal: null } : undefined;
  }

  /** A view of `bytes` bytes at `offset`, or `undefined` where the file ends before. */
  #at(offset: number, bytes: number): Buffer | undefined {
    if (offset < this.#windowStart || offset + bytes > this.#windowStart + this.#windowBytes) {
      this.#fill(offset);
      if (bytes > this.#windowBytes) return undefined;
    }
    const start = offset - this.#windowStart;
    return this.#window.subarray(start, start + bytes);
  }

  #fill(offset: number): void {
    this.#windowStart = offset;
    this.#windowBytes = 0;
    while (this.#windowBytes < FRAME_BYTES_MAX) {
      const into = this.#window.subarray(this.#windowBytes);
      const read = this.#files.read(this.#file, into, offset + this.#windowBytes);
      if (read === 0) return;
      this.#windowBytes += read;
    }
  }
}
