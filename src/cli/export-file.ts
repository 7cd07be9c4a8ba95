/**
 * A file that is written in pieces and may be cut off: beside it stands how far it is whole
 * (`FILE.progress.json`), and at the end its SHA-256 (`FILE.sha256`, as `sha256sum -c` reads it). Going on
 * takes back what was written behind the last whole piece, so that no line is there twice or half.
 */
import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { basename } from 'node:path';

import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { CliExit, EXIT } from './context.ts';

const FLUSH_BYTES = 1_024 * 1_024;
const READ_BYTES = 1_024 * 1_024;
const PROGRESS_BYTES_MAX = 65_536;

/** Where the source of the lines stands. */
export type Mark = JsonObject;

interface Found {
  readonly bytes: number;
  readonly mark: Mark;
}

export class ExportFile {
  readonly #path: string;
  /** What was asked for: another question does not go on in this file. */
  readonly #asked: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  #waiting: string[] = [];
  #waitingBytes = 0;
  #bytes = 0;
  readonly mark: Mark | null;

  /** Throws `CliExit` where the file is there already, or cannot be gone on with. */
  constructor(path: string, asked: string, isResumed: boolean) {
    this.#path = path;
    this.#asked = asked;
    const found = isResumed ? this.#found() : null;
    if (found === null && fs.existsSync(path))
      throw new CliExit(EXIT.problem, `${path} is there already: remove it, or add --resume`);
    this.mark = found?.mark ?? null;
    this.#file = fs.openSync(path, found === null ? 'wx+' : 'r+', 0o600);
    if (found !== null) this.#readAgain(found.bytes);
    else fs.rmSync(`${path}.sha256`, { force: true });
  }

  /** `mark`: where the source stands behind this line. */
  add(line: string, mark: Mark): void {
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush(mark);
  }

  flush(mark: Mark): void {
    const bytes = Buffer.from(this.#waiting.join(''), 'utf8');
    this.#waiting = [];
    this.#waitingBytes = 0;
    let done = 0;
    while (done < bytes.length)
      done += fs.writeSync(this.#file, bytes, done, bytes.length - done, this.#bytes + done);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    const progress = { asked: this.#asked, bytes: this.#bytes, mark };
    // Renamed into place: it is the old one or the new one, never half of one.
    fs.writeFileSync(`${this.#progressPath}.new`, JSON.stringify(progress), { mode: 0o600 });
    fs.renameSync(`${this.#progressPath}.new`, this.#progressPath);
  }

  /** The SHA-256 of the whole file (hex), which stands beside it from now on. */
  end(mark: Mark): string {
    this.flush(mark);
    fs.fsyncSync(this.#file);
    fs.closeSync(this.#file);
    const digest = this.#hash.digest('hex');
    fs.writeFileSync(`${this.#path}.sha256`, `${digest}  ${basename(this.#path)}\n`, {
      mode: 0o600,
    });
    fs.rmSync(this.#progressPath, { force: true });
    return digest;
  }

  get #progressPath(): string {
    return `${this.#path}.progress.json`;
  }

  /** Null: there is nothing to go on with. */
  #found(): Found | null {
    if (fs.existsSync(`${this.#path}.sha256`))
      throw new CliExit(EXIT.problem, `${this.#path} is whole: there is nothing left to write`);
    if (!fs.existsSync(this.#progressPath)) return null;
    const { size } = fs.statSync(this.#progressPath);
    const text = size > PROGRESS_BYTES_MAX ? '' : fs.readFileSync(this.#progressPath, 'utf8');
    const parsed = parseJson(text);
    const { asked, bytes, mark } = isJsonObject(parsed) ? parsed : {};
    if (typeof bytes !== 'number' || !isJsonObject(mark))
      throw new CliExit(EXIT.problem, `${this.#progressPath} cannot be read: begin again`);
    if (asked !== this.#asked)
      throw new CliExit(EXIT.problem, `${this.#path} was begun with other filters: begin again`);
    const isThere = fs.existsSync(this.#path) && fs.statSync(this.#path).size >= bytes;
    if (isThere) return { bytes, mark };
    throw new CliExit(EXIT.problem, `${this.#path} is shorter than it was: begin again`);
  }

  /** What is whole counts into the sum; what is behind it goes. */
  #readAgain(bytes: number): void {
    const piece = Buffer.allocUnsafe(READ_BYTES);
    while (this.#bytes < bytes) {
      const wanted = Math.min(piece.length, bytes - this.#bytes);
      const read = fs.readSync(this.#file, piece, 0, wanted, this.#bytes);
      if (read === 0) throw new CliExit(EXIT.problem, `${this.#path} cannot be read`);
      this.#hash.update(piece.subarray(0, read));
      this.#bytes += read;
    }
    fs.ftruncateSync(this.#file, bytes);
  }
}
