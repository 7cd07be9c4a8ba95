/**
 * What waits to be exported: a bounded queue of small values, sent in batches when enough of them wait
 * or when their time has come. What does not fit is dropped and counted: the newest, as what began a
 * trouble says more than its thousandth repetition.
 */
import type { ExportPorts, Shipper } from './shipper.ts';

/** As many as a collector takes in one request, and as we write between two turns of the event loop. */
const BATCH_MAX = 256;

export interface BatchSettings {
  readonly queueMax: number;
  readonly intervalMs: number;
}

export class Batches<Item> {
  readonly #shipper: Shipper;
  readonly #after: ExportPorts['after'];
  readonly #write: (items: readonly Item[]) => string;
  readonly #settings: BatchSettings;
  #items: Item[] = [];
  #stopTimer: (() => void) | null = null;
  #sending: Promise<void> | null = null;
  #isDraining = false;

  constructor(
    shipper: Shipper,
    after: ExportPorts['after'],
    write: (items: readonly Item[]) => string,
    settings: BatchSettings,
  ) {
    this.#shipper = shipper;
    this.#after = after;
    this.#write = write;
    this.#settings = settings;
  }

  get queued(): number {
    return this.#items.length;
  }

  take(items: readonly Item[]): void {
    if (this.#isDraining) return;
    const room = this.#settings.queueMax - this.#items.length;
    const taken = room >= items.length ? items : items.slice(0, Math.max(0, room));
    for (const item of taken) this.#items.push(item);
    const lost = items.length - taken.length;
    if (lost > 0) this.#shipper.lost('dropped', 'the queue is full', lost);
    if (this.#items.length >= BATCH_MAX) this.#send();
    else this.#later();
  }

  /** Sends what is there, once; what is not taken then is lost. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#stopTimer?.();
    this.#shipper.hurry();
    await this.#sending;
    this.#send();
    await this.#sending;
  }

  /** Without waiting: what is left is lost, and said to be. */
  drop(reason: string): void {
    this.#isDraining = true;
    this.#stopTimer?.();
    const left = this.#items.length;
    this.#items = [];
    if (left > 0) this.#shipper.lost('dropped', reason, left);
  }

  #later(): void {
    if (this.#items.length === 0 || this.#sending !== null) return;
    this.#stopTimer ??= this.#after(this.#settings.intervalMs, () => this.#send());
  }

  #send(): void {
    if (this.#sending !== null) return;
    this.#stopTimer?.();
    this.#stopTimer = null;
    // A parcel that cannot be written is a bug of ours, and no reason for a gateway to end.
    const failed = (): void => this.#shipper.lost('failed', 'it could not be written', 1);
    this.#sending = this.#sendAll()
      .catch(failed)
      .finally(() => {
        this.#sending = null;
        if (!this.#isDraining) this.#later();
      });
  }

  async #sendAll(): Promise<void> {
    while (this.#items.length > 0) {
      const batch = this.#items.splice(0, BATCH_MAX);
      const parcel = { body: this.#write(batch), count: batch.length };
      await this.#shipper.ship(parcel, () => this.#isDraining);
      // A few that came meanwhile wait for their time.
      if (this.#items.length < BATCH_MAX && !this.#isDraining) return;
    }
  }
}
