/**
 * Fills the index from the files of the log. The index knows how far it has read and takes nothing twice;
 * what a crash kept from it, and what another process forgot in it, is read again from there.
 */
import { LogFollower } from '#audit/follow.ts';
import type { AuditIndex, IndexRow } from '#storage/audit-index.ts';

import { indexRow } from './index-rows.ts';
import { recordSamples } from './record-samples.ts';

/** Records of one transaction: a few milliseconds. */
const BATCH_MAX = 500;

export interface IndexFeedParts {
  /** The folder of the segments. */
  readonly dir: string;
  readonly index: Pick<AuditIndex, 'add' | 'position'>;
  readonly nameOf: (writer: string) => string;
  readonly nowMs: () => number;
  readonly onRows?: (rows: readonly IndexRow[]) => void;
}

export class IndexFeed {
  readonly #parts: IndexFeedParts;
  readonly #follower: LogFollower;
  readonly #placed = new Set<string>();

  constructor(parts: IndexFeedParts) {
    this.#parts = parts;
    this.#follower = new LogFollower(parts.dir);
  }

  /** Brings at most one batch of each writer; how many records it read. 0: it is where the log is. */
  async step(): Promise<number> {
    let count = 0;
    for (const writer of this.#follower.writers()) count += await this.#stepOf(writer);
    return count;
  }

  async #stepOf(writer: string): Promise<number> {
    const { index, nameOf, nowMs, onRows } = this.#parts;
    const name = nameOf(writer);
    if (!this.#placed.has(writer)) {
      this.#follower.seek(writer, await index.position(name));
      this.#placed.add(writer);
    }
    const batch = this.#follower.next(writer, BATCH_MAX);
    if (batch === null) return 0;
    const rows = batch.records.map((stored) => indexRow(stored, name));
    const samples = batch.records.flatMap(({ record }) => recordSamples(record));
    const { after, through } = batch;
    try {
      const known = await index.add(
        rows,
        { writer: name, after, through },
        { samples, nowMs: nowMs() },
      );
      if (known !== through) this.#follower.seek(writer, known);
    } catch (thrown) {
      // Nothing of it was added: where to go on is asked for again.
      this.#placed.delete(writer);
      throw thrown;
    }
    onRows?.(rows);
    return rows.length;
  }
}
