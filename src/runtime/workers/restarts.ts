/**
 * When a worker that ended is begun again: at once the first time, then after 1 s, 2 s and so on up to
 * half a minute, and never more than ten times in five minutes, so that one that ends at its start does
 * not keep the machine busy. One that has run for long waits for nothing. Each wait is a little longer by
 * chance: workers that ended together do not come together.
 */
const FIRST_MS = 1_000;
const WAIT_MS_MAX = 30_000;
const TIMES_MAX = 10;
const TIMES_WINDOW_MS = 300_000;
/** One that ran so long did not end because of its start. */
const STEADY_MS = 60_000;
/** From so many ends in a row on, something is wrong that starting again does not mend. */
const LOOP_MIN = 3;
const JITTER = 0.2;

export class Restarts {
  readonly #random: () => number;
  #inARow = 0;
  #count = 0;
  /** When the last of them were begun again, the oldest first. */
  #begunMs: number[] = [];

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** How often it was begun again. */
  get count(): number {
    return this.#count;
  }

  /** It ends again and again. */
  get isLooping(): boolean {
    return this.#inARow >= LOOP_MIN;
  }

  /** How long to wait, for one that has ended now after so long. */
  ended(ranMs: number, nowMs: number): number {
    this.steady(ranMs);
    this.#inARow += 1;
    const waitMs = Math.max(this.#backOffMs(), this.#windowMs(nowMs));
    this.#count += 1;
    this.#begunMs = [...this.#begunMs, nowMs + waitMs].slice(-TIMES_MAX);
    return waitMs;
  }

  /** It runs, and has for long enough. */
  steady(ranMs: number): void {
    if (ranMs >= STEADY_MS) this.#inARow = 0;
  }

  #backOffMs(): number {
    if (this.#inARow === 1) return 0;
    const waitMs = Math.min(WAIT_MS_MAX, FIRST_MS * 2 ** (this.#inARow - 2));
    return Math.round(waitMs * (1 + JITTER * this.#random()));
  }

  #windowMs(nowMs: number): number {
    const [oldestMs] = this.#begunMs;
    if (oldestMs === undefined || this.#begunMs.length < TIMES_MAX) return 0;
    return Math.max(0, oldestMs + TIMES_WINDOW_MS - nowMs);
  }
}
