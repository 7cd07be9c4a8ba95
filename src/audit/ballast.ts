/**
 * A file that takes up space so that it can be given back: on a full disk the log can still say that
 * auditing stopped, and calls in flight can still be completed.
 */
import { randomBytes } from 'node:crypto';

import type { AuditFiles } from './file-port.ts';

const CHUNK_BYTES = 1_024 * 1_024;

export class Ballast {
  readonly #files: AuditFiles;
  readonly #dir: string;
  readonly #path: string;
  readonly #bytes: number;
  #isHeld = false;

  constructor(files: AuditFiles, dir: string, { path, bytes }: { path: string; bytes: number }) {
    this.#files = files;
    this.#dir = dir;
    this.#path = path;
    this.#bytes = bytes;
  }

  /** True when space was given back. */
  release(): boolean {
    if (!this.#isHeld) return false;
    this.#isHeld = false;
    return this.#remove();
  }

  /** True when the space is held. Asks first: filling the last bytes would break what it is for. */
  restore(): boolean {
    if (this.#isHeld) return true;
    try {
      this.#remove();
      if (this.#files.freeBytes(this.#dir) < this.#bytes * 1.25) return false;
      this.#fill();
      this.#isHeld = true;
    } catch {
      // No space, or no way to ask: not held. The writer stays degraded and tries again.
      this.#remove();
    }
    return this.#isHeld;
  }

  #fill(): void {
    const file = this.#files.open(this.#path, 'create');
    try {
      // Random bytes: a file system that compresses would give zeros no space.
      const chunk = randomBytes(Math.min(CHUNK_BYTES, this.#bytes));
      for (let at = 0; at < this.#bytes;) {
        const part = chunk.subarray(0, Math.min(chunk.length, this.#bytes - at));
        at += this.#files.write(file, part, at);
      }
    } finally {
      this.#files.close(file);
    }
  }

  #remove(): boolean {
    try {
      this.#files.unlink(this.#path);
      return true;
    } catch {
      // Not there, or not ours to remove: in both cases no space came free.
      return false;
    }
  }
}
