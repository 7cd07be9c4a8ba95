/**
 * Refusals that are held back for a while, whole and ready, with a bound on how many: what is beyond it is
 * answered at once, and its connection closed. One timer for all of them.
 */
import type { ServerResponse } from 'node:http';

interface Held {
  readonly dueMs: number;
  /** Null: whoever asked has gone. */
  answer: (() => void) | null;
}

/** Answers that fall due so close together leave together. */
const STEP_MS = 10;
/** Those who have left are forgotten with the time that they were held for; so many at most meanwhile. */
const QUEUE_PART = 4;

export class HeldAnswers {
  readonly #max: number;
  /** In the order that they came in, which is that of their times as long as all are held for as long. */
  #queue: Held[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many wait for their answer. */
  get size(): number {
    return this.#waiting;
  }

  /** False: there is no room, and it has to be answered now. */
  hold(response: ServerResponse, ms: number, answer: () => void): boolean {
    if (this.#isClosed) return false;
    if (this.#waiting >= this.#max || this.#queue.length >= this.#max * QUEUE_PART) return false;
    const held: Held = { dueMs: performance.now() + ms, answer };
    this.#queue.push(held);
    this.#waiting += 1;
    response.once('close', () => {
      if (held.answer !== null) this.#waiting -= 1;
      held.answer = null;
    });
    if (this.#timer === null) this.#wake(ms);
    return true;
  }

  /** Nobody is kept waiting any more: those who do are answered. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#answer(Number.POSITIVE_INFINITY);
  }

  #wake(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const nowMs = performance.now();
      this.#answer(nowMs + STEP_MS);
      const next = this.#queue[0];
      if (next !== undefined) this.#wake(Math.max(STEP_MS, next.dueMs - nowMs));
    }, ms);
    this.#timer.unref();
  }

  #answer(untilMs: number): void {
    let count = 0;
    for (const held of this.#queue) {
      if (held.dueMs > untilMs) break;
      count += 1;
      const { answer } = held;
      if (answer === null) continue;
      held.answer = null;
      this.#waiting -= 1;
      answer();
    }
    this.#queue = this.#queue.slice(count);
  }
}
