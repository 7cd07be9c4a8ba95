/**
 * Deadlines of many short waits under one coarse timer.
 *
 * A request has several waits (its body, the provider's first byte, the silence between two events),
 * and nearly all of them end in time. A timer for each costs more than the wait; a number that one
 * sweep compares costs nothing until it is due. A deadline is met at most `SWEEP_MS` late.
 */
import { Bag, type Slotted } from '#stdx/bag.ts';
import { systemClock } from '#stdx/clock.ts';

export const SWEEP_MS = 100;

/** One wait. Mutable on purpose: moving a deadline is one store. */
export class Deadline implements Slotted {
  slot = -1;
  /** Monotonic milliseconds; infinity while nothing is waited for. */
  atMs = Number.POSITIVE_INFINITY;
  readonly late: () => void;

  constructor(late: () => void) {
    this.late = late;
  }

  /** Waits `ms` from now, and not beyond `limitMs`; replaces what was waited for. Returns the time. */
  within(ms: number, limitMs: number = Number.POSITIVE_INFINITY): number {
    this.atMs = Math.min(systemClock.monotonicMs() + ms, limitMs);
    return this.atMs;
  }

  rest(): void {
    this.atMs = Number.POSITIVE_INFINITY;
  }
}

/** Bounded by what opens deadlines: requests in flight, each with a constant number of them. */
export class Deadlines {
  readonly #open = new Bag<Deadline>();
  #timer: NodeJS.Timeout | null = null;

  get count(): number {
    return this.#open.size;
  }

  open(late: () => void): Deadline {
    const deadline = new Deadline(late);
    this.#open.add(deadline);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    return deadline;
  }

  close(deadline: Deadline): void {
    deadline.rest();
    this.#open.remove(deadline);
  }

  #sweep(): void {
    if (this.#open.size === 0) {
      // An idle process has no timers. The next deadline starts it again.
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#timer = null;
      return;
    }
    const nowMs = systemClock.monotonicMs();
    for (const deadline of this.#open.all()) {
      if (deadline.atMs > nowMs) continue;
      deadline.rest();
      deadline.late();
    }
  }
}

/** Of the whole process: waits of requests and of their providers. */
export const deadlines = new Deadlines();
