/** Says once when what waits for required sinks fills most of its quota, and again after it went back. */
import type { Timers } from '#audit/timers.ts';

const EVERY_MS = 5_000;
const FILLING = 0.7;
const EASED = 0.6;

export class SpoolWatch {
  readonly #timers: Timers;
  readonly #bytes: () => number;
  #cancel: () => void = () => {};
  #isFilling = false;
  #isFull = false;
  bytesMax = Number.POSITIVE_INFINITY;
  onFilling: (percent: number) => void = () => {};

  constructor(timers: Timers, bytes: () => number) {
    this.#timers = timers;
    this.#bytes = bytes;
    this.#later();
  }

  /** As of the last look: more waits than may. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Now. */
  look(): void {
    const share = this.#bytes() / this.bytesMax;
    this.#isFull = share >= 1;
    if (share >= FILLING && !this.#isFilling) {
      this.#isFilling = true;
      this.onFilling(Math.round(share * 100));
    } else if (share < EASED) this.#isFilling = false;
  }

  stop(): void {
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.#timers.after(EVERY_MS, () => {
      this.look();
      this.#later();
    });
  }
}
