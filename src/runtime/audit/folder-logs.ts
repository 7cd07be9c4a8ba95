/** How far the logs of one folder are, whoever writes them: this process, its workers, or nobody any more. */
import type { AuditLog } from '#audit/writer.ts';

import type { WorkerLogs } from '../workers/seat.ts';

export class FolderLogs {
  readonly #writer: string;
  readonly #audit: Pick<AuditLog, 'status'>;
  readonly #workers: WorkerLogs;

  constructor(writer: string, audit: Pick<AuditLog, 'status'>, workers: WorkerLogs) {
    this.#writer = writer;
    this.#audit = audit;
    this.#workers = workers;
  }

  /**
   * The last record that is on the disk: what is behind it may be lost with the power, and its number given
   * again. Of a log that nobody writes all is there.
   */
  syncedSeq(writer: string): number {
    if (writer === this.#writer) return this.#audit.status().syncedSeq;
    return this.#workers.of(writer)?.syncedSeq ?? Number.POSITIVE_INFINITY;
  }

  /** Its last segment may still get records. */
  isOpen(writer: string): boolean {
    if (writer === this.#writer) return this.#audit.status().segment !== null;
    return this.#workers.of(writer) !== undefined;
  }

  /** The last record of each that is written now. */
  *lastSeqs(): Iterable<readonly [writer: string, seq: number]> {
    for (const [writer, { lastSeq }] of this.#workers.all()) yield [writer, lastSeq];
    yield [this.#writer, this.#audit.status().lastSeq];
  }
}
