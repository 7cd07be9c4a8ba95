/**
 * An append-only file on another volume or machine: each checkpoint is added behind the last, with an
 * empty line between. The file is opened for appending only, so that a file system may forbid all else
 * (`chattr +a`).
 */
import { Fault } from '#domain/fault.ts';

import { type AuditFiles, codeOf } from '../file-port.ts';
import type { Anchor, Anchored } from './anchor.ts';

export class FileAnchor implements Anchor {
  readonly name: string;
  readonly type = 'file';
  readonly isOutside = true;
  readonly everyMs = 0;
  readonly #files: AuditFiles;
  readonly #path: string;

  constructor(files: AuditFiles, name: string, path: string) {
    this.#files = files;
    this.name = name;
    this.#path = path;
  }

  async keep({ note }: Anchored): Promise<void> {
    let file: number;
    try {
      file = this.#files.open(this.#path, 'append');
    } catch (thrown) {
      throw new Fault('audit-failed', `the anchor file cannot be opened: ${codeOf(thrown)}`);
    }
    try {
      const bytes = Buffer.from(`${note}\n`);
      // Half a checkpoint would be read as a damaged one for ever; the file system writes it whole.
      if (this.#files.write(file, bytes, 0) !== bytes.length)
        throw new Fault('audit-failed', 'the anchor file took half a checkpoint');
      await this.#files.datasync(file);
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      throw new Fault('audit-failed', `the anchor file: ${codeOf(thrown)}`);
    } finally {
      this.#files.close(file);
    }
  }

  async close(): Promise<void> {}
}
