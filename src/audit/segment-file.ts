/**
 * One segment that is being written. Every write leaves the file at a whole frame or says that it
 * did not; a sync that failed or is late poisons the file for ever, because the next sync of the same
 * file reports success for pages that the kernel has dropped (measured).
 */
import { join } from 'node:path';

import { type AuditFiles, codeOf } from './file-port.ts';
import { type Segment, type SegmentName, segmentFileName } from './segment.ts';
import { endsWithin, type Timers } from './timers.ts';

const INTERRUPTS_MAX = 8;

export class SegmentFile {
  readonly segment: Segment;
  readonly #files: AuditFiles;
  readonly #file: number;
  #bytes = 0;
  #syncedBytes = 0;
  /** A sync that has not come back; its descriptor must not be closed under it. */
  #running: Promise<void> | null = null;
  #isWhole = true;

  /** Throws when the file cannot be created. */
  constructor(files: AuditFiles, dir: string, name: SegmentName) {
    const fileName = segmentFileName(name);
    this.segment = { ...name, fileName, path: join(dir, fileName) };
    this.#files = files;
    this.#file = files.open(this.segment.path, 'create');
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False: broken bytes lie behind the last whole frame, and could not be cut off. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** `null`, or the code of the failure; then nothing of `frames` is in the file. */
  write(frames: Uint8Array): string | null {
    let done = 0;
    let interrupts = 0;
    while (done < frames.length) {
      const rest = done === 0 ? frames : frames.subarray(done);
      const outcome = this.#writeOnce(rest, this.#bytes + done);
      if (typeof outcome === 'number') done += outcome;
      else if (outcome === 'EINTR' && interrupts < INTERRUPTS_MAX) interrupts += 1;
      else return this.#cut(outcome);
    }
    this.#bytes += done;
    return null;
  }

  #writeOnce(bytes: Uint8Array, position: number): number | string {
    try {
      const written = this.#files.write(this.#file, bytes, position);
      return written === 0 ? 'SHORT' : written;
    } catch (thrown) {
      return codeOf(thrown);
    }
  }

  /** ENOSPC comes after a short write (883 of 1,001 bytes, measured): the torn frame goes at once. */
  #cut(code: string): string {
    try {
      this.#files.truncate(this.#file, this.#bytes);
    } catch {
      // The caller sees `isWhole` and leaves this file; its code says why the write failed.
      this.#isWhole = false;
    }
    return code;
  }

  /** `null` when everything written before the call is on the disk. */
  async sync(deadlineMs: number, timers: Timers): Promise<string | null> {
    const bytes = this.#bytes;
    const work = this.#files.datasync(this.#file);
    this.#running = work;
    const code = await endsWithin(work, deadlineMs, { timers, codeOf });
    if (code !== 'late') this.#running = null;
    if (code === null) this.#syncedBytes = bytes;
    return code;
  }

  /**
   * Leaves a poisoned file whose unsynced frames are already written, and synced, elsewhere. Cutting
   * them off here is tidiness: readers take the later copy, which must be equal.
   */
  abandon(): void {
    try {
      // A device that hangs would hang us here too.
      if (this.#running === null) this.#files.truncate(this.#file, this.#syncedBytes);
    } catch {
      // See above: an equal copy is allowed.
    }
    this.close();
  }

  /** For a new file that never became the segment. */
  discard(): void {
    try {
      this.#files.unlink(this.segment.path);
    } catch {
      // An unused file holds at most copies of frames that are in the segment before it.
    }
    this.close();
  }

  close(): void {
    const running = this.#running;
    this.#running = null;
    if (running === null) this.#closeNow();
    // A closed number is given to the next file, and the sync would then be that file's.
    else
      running.then(
        () => this.#closeNow(),
        () => this.#closeNow(),
      );
  }

  #closeNow(): void {
    try {
      this.#files.close(this.#file);
    } catch {
      // Everything that must be on the disk was synced before; a close has nothing left to lose.
    }
  }
}
