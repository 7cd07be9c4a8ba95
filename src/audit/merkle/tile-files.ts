/** Reads and writes the files of a tiled log. A file is whole or not there: written aside, then renamed. */
import { dirname, join } from 'node:path';

import { Fault } from '#domain/fault.ts';

import { type AuditFiles, codeOf } from '../file-port.ts';
import { DIGEST_BYTES } from './digest.ts';
import { partialsPath, type Tile, TILE_WIDTH, tilePath } from './tile.ts';

/** An entry of a log is below a hundred bytes; of a fleet's it is a checkpoint, a few hundred. */
export const ENTRY_BYTES_MAX = 2_046;
/** The longest bundle: 256 entries, two bytes of length each. */
const FILE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX);

export class TileFiles {
  readonly #files: AuditFiles;
  readonly #dir: string;

  constructor(files: AuditFiles, dir: string) {
    this.#files = files;
    this.#dir = dir;
  }

  /** The first `width` digests of a tile, from its full form or from a partial one that is as wide. */
  digests(level: number, index: number, width: number): Buffer {
    const bytes = this.#either({ level, index, width });
    if (bytes !== undefined && bytes.length >= width * DIGEST_BYTES)
      return bytes.subarray(0, width * DIGEST_BYTES);
    throw missing(tilePath({ level, index, width }));
  }

  /** The first `width` entries of a bundle, in their order. */
  entries(index: number, width: number): readonly string[] {
    const tile: Tile = { level: 'entries', index, width };
    const bytes = this.#either(tile);
    const found = bytes === undefined ? undefined : entriesOf(bytes);
    if (found === undefined || found.length < width) throw missing(tilePath(tile));
    return found.slice(0, width);
  }

  async write(tile: Tile, bytes: Uint8Array): Promise<void> {
    await this.put(tilePath(tile), bytes);
  }

  /** Durable when it resolves. */
  async put(path: string, bytes: Uint8Array): Promise<void> {
    const to = join(this.#dir, path);
    this.#files.makeFolder(dirname(to));
    const aside = `${to}.writing`;
    try {
      this.#files.unlink(aside);
    } catch {
      // Nothing was left there by a crash.
    }
    const file = this.#files.open(aside, 'create');
    try {
      for (let done = 0; done < bytes.length;) {
        const written = this.#files.write(file, bytes.subarray(done), done);
        if (written === 0) throw new Fault('audit-failed', 'a tile was not written');
        done += written;
      }
      await this.#files.datasync(file);
    } finally {
      this.#files.close(file);
    }
    this.#files.rename(aside, to);
    await this.#files.syncFolder(dirname(to));
  }

  /** Undefined: there is no such file, or it is longer than any of ours. */
  read(path: string): Buffer | undefined {
    let file: number;
    try {
      file = this.#files.open(join(this.#dir, path), 'read');
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(thrown))) return undefined;
      throw thrown;
    }
    try {
      const size = this.#files.size(file);
      if (size > FILE_BYTES_MAX) return undefined;
      const bytes = Buffer.alloc(size);
      for (let done = 0; done < size;) {
        const read = this.#files.read(file, bytes.subarray(done), done);
        if (read === 0) return undefined;
        done += read;
      }
      return bytes;
    } finally {
      this.#files.close(file);
    }
  }

  /** Partial forms of a tile that is full now. What stays behind costs space and nothing else. */
  dropPartials(level: Tile['level'], index: number): void {
    const dir = join(this.#dir, partialsPath(level, index));
    for (const name of this.#files.list(dir)) {
      try {
        this.#files.unlink(join(dir, name));
      } catch {
        // See above.
      }
    }
  }

  #either(tile: Tile): Buffer | undefined {
    const own = this.read(tilePath(tile));
    if (own !== undefined || tile.width === TILE_WIDTH) return own;
    const full = this.read(tilePath({ ...tile, width: TILE_WIDTH }));
    return full ?? this.#wider(tile);
  }

  /** A partial form that a later checkpoint left, where the one that was asked for is gone. */
  #wider({ level, index, width }: Tile): Buffer | undefined {
    const widths = this.#files.list(join(this.#dir, partialsPath(level, index))).map(Number);
    const wider = Math.min(...widths.filter((found) => found > width));
    return wider < TILE_WIDTH ? this.read(tilePath({ level, index, width: wider })) : undefined;
  }
}

const missing = (path: string): Fault =>
  new Fault('audit-failed', `${path} is missing or too short: run \`llmproxy audit verify\``);

/** Undefined: lengths and bytes do not fit. */
function entriesOf(bytes: Buffer): string[] | undefined {
  const entries: string[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    entries.push(bytes.toString('latin1', at + 2, end));
    at = end;
  }
  return at === bytes.length ? entries : undefined;
}
