/**
 * Lines in a file, for an agent that ships files, or a mounted archive. Acknowledged when they are on
 * the disk (`fdatasync`). At `fileBytesMax` the file becomes `.1`, what was `.1` becomes `.2`, and the
 * oldest beyond `filesMax` goes. After a crash the last line may be half written: the next write ends
 * it first, and its record comes again.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';

import { codeOf } from '../file-port.ts';
import { inTurns } from './in-turns.ts';
import { type Parcel, type Render, type Sink, SinkFault } from './sink.ts';

export interface FileSinkSettings {
  readonly path: string;
  readonly fileBytesMax: number;
  /** With the one that is written; at least 2. */
  readonly filesMax: number;
  readonly render: Render;
}

const NEWLINE = 0x0a;

export class FileSink implements Sink {
  readonly type = 'file';
  readonly takes = 'records';
  readonly recordsMax = 1_000;
  readonly bytesMax = 1_024 * 1_024;
  readonly lingerMs = 0;
  readonly settleMs = 0;
  readonly #settings: FileSinkSettings;
  #file: FileHandle | null = null;
  #bytes = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(settings: FileSinkSettings) {
    this.#settings = settings;
  }

  /** One after another: a test event must not stand in the middle of a line. */
  send(parcel: Parcel): Promise<void> {
    const written = this.#tail.then(() => this.#write(parcel));
    this.#tail = written.catch(() => {});
    return written;
  }

  async #write(parcel: Parcel): Promise<void> {
    if (parcel.kind === 'file') throw new SinkFault('refused');
    const made = await inTurns(parcel.events, (event) => `${this.#settings.render(event)}\n`);
    const lines = made.join('');
    try {
      const file = await this.#opened();
      await file.appendFile(lines);
      await file.datasync();
      this.#bytes += Buffer.byteLength(lines);
      if (this.#bytes >= this.#settings.fileBytesMax) await this.#rotate();
    } catch (thrown) {
      // Whatever broke: the file is opened again, and half a line ended, before the next write.
      await this.#shut();
      const isDenied = codeOf(thrown) === 'EACCES' || codeOf(thrown) === 'EPERM';
      throw new SinkFault(isDenied ? 'unauthorized' : 'broken');
    }
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file !== null) return this.#file;
    const file = await open(this.#settings.path, 'a+', 0o600);
    this.#file = file;
    this.#bytes = (await file.stat()).size;
    if (this.#bytes > 0) {
      const last = Buffer.alloc(1);
      await file.read(last, 0, 1, this.#bytes - 1);
      if (last[0] !== NEWLINE) await file.appendFile('\n');
    }
    return file;
  }

  async #rotate(): Promise<void> {
    const { path, filesMax } = this.#settings;
    await this.#shut();
    await rm(`${path}.${filesMax - 1}`, { force: true });
    for (let n = filesMax - 2; n >= 0; n -= 1) {
      const from = n === 0 ? path : `${path}.${n}`;
      await rename(from, `${path}.${n + 1}`).catch(ignoreAbsent);
    }
  }

  async #shut(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    // Everything that was acknowledged was synced before.
    await file?.close().catch(() => {});
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#shut();
  }
}

/** Fewer files than the limit: there is nothing under that name yet. */
const ignoreAbsent = (thrown: unknown): void => {
  if (codeOf(thrown) !== 'ENOENT') throw thrown;
};
