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
  bytesMax = Number.POSITIVE_INFINITY;
  onFilling: (percent: number) => void = () => {};

  constructor(timers: Timers, bytes: () => number) {
    this.#timers = timers;
    this.#bytes = bytes;
    this.#later();
  }

  /** Now. */
  look(): void {
    const share = this.#bytes() / this.bytesMax;
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
