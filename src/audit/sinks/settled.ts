/**
 * What a receiver has certainly kept. One that cannot say that it has written may hold what it took in
 * its memory for a while; only what it took longer ago than that counts as kept.
 */
import type { Cursor } from './cursor-file.ts';

/** Steps that are remembered; beyond them the newest moves on, which only makes it later. */
const STEPS_MAX = 1_024;

interface Step {
  cursor: Cursor;
  atMs: number;
}

export class Settled {
  readonly #settleMs: number;
  #cursor: Cursor;
  #steps: Step[] = [];

  constructor(cursor: Cursor, settleMs: number) {
    this.#cursor = cursor;
    this.#settleMs = settleMs;
  }

  add(cursor: Cursor, nowMs: number): void {
    const last = this.#steps.at(-1);
    if (last !== undefined && this.#steps.length >= STEPS_MAX)
      Object.assign(last, { cursor, atMs: nowMs });
    else this.#steps.push({ cursor, atMs: nowMs });
  }

  at(nowMs: number): Cursor {
    let settled = 0;
    for (const { cursor, atMs } of this.#steps) {
      if (nowMs - atMs < this.#settleMs) break;
      this.#cursor = cursor;
      settled += 1;
    }
    if (settled > 0) this.#steps.splice(0, settled);
    return this.#cursor;
  }

  /** What was not settled is not there any more. */
  reset(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#steps = [];
  }
}
