/**
 * Frames that were acknowledged and are not known to be on the disk. They are kept in memory until a
 * sync succeeds, so that they can be written again when one fails. Bounded by both limits below: the
 * writer stops writing when `isFull`, and its queue then refuses.
 */
export const UNSYNCED_BYTES_MAX = 32 * 1_024 * 1_024;
export const UNSYNCED_RECORDS_MAX = 16_384;

interface Batch {
  readonly lastSeq: number;
  readonly records: number;
  readonly frames: Buffer;
}

export class Unsynced {
  #batches: Batch[] = [];
  #bytes = 0;
  #records = 0;

  get records(): number {
    return this.#records;
  }

  get isFull(): boolean {
    return this.#bytes >= UNSYNCED_BYTES_MAX || this.#records >= UNSYNCED_RECORDS_MAX;
  }

  get frames(): Buffer {
    return Buffer.concat(this.#batches.map(({ frames }) => frames));
  }

  add(batch: Batch): void {
    this.#batches.push(batch);
    this.#bytes += batch.frames.length;
    this.#records += batch.records;
  }

  /** Forgets what a sync has made durable. */
  dropThrough(seq: number): void {
    let dropped = 0;
    for (const { lastSeq, records, frames } of this.#batches) {
      if (lastSeq > seq) break;
      this.#bytes -= frames.length;
      this.#records -= records;
      dropped += 1;
    }
    this.#batches.splice(0, dropped);
  }
}
