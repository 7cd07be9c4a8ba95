/** Sliding windows. One in which nothing is counted is the same as none. */
import { assert } from '#stdx/assert.ts';
import type { LimitState } from '#domain/limit-state.ts';

import type { Demand, Quota } from '../limiter.ts';
import {
  count,
  countBack,
  openWindow,
  slide,
  type SlicedWindow,
  slideMs,
} from '../sliding-window.ts';
import type { Refusal, Shelf, Taken } from './shelf.ts';

type WindowQuota = Extract<Quota, { algorithm: 'sliding-window' }>;

export class WindowShelf implements Shelf {
  readonly #windows = new Map<string, SlicedWindow>();

  has(bucket: string): boolean {
    return this.#windows.has(bucket);
  }

  get size(): number {
    return this.#windows.size;
  }

  names(): Iterable<string> {
    return this.#windows.keys();
  }

  refusal({ bucket, quota, amount }: Demand, nowMs: number): Refusal | null {
    isWindow(quota);
    if (amount > quota.amount) return { retryAfterMs: null, state: null };
    const window = this.#windows.get(bucket);
    if (window === undefined) return null;
    slide(window, nowMs);
    if (window.used + amount <= quota.amount) return null;
    const retryAfterMs = slideMs(window, amount, quota.amount, nowMs);
    return { retryAfterMs, state: stateOf(quota, window, nowMs) };
  }

  take({ bucket, quota, amount }: Demand, _id: string, nowMs: number): number {
    isWindow(quota);
    const window = this.#at(bucket, quota.sliceMs, nowMs);
    count(window, amount);
    return window.slice;
  }

  stateOf({ bucket, quota }: Demand, nowMs: number): LimitState {
    isWindow(quota);
    return stateOf(quota, this.#windows.get(bucket) ?? openWindow(quota.sliceMs, nowMs), nowMs);
  }

  close({ bucket, quota, amount }: Demand, { mark, used }: Taken, nowMs: number): void {
    isWindow(quota);
    const window = this.#at(bucket, quota.sliceMs, nowMs);
    if (used > amount) count(window, used - amount);
    else countBack(window, amount - used, mark);
  }

  lower(demand: Demand, taken: Taken, nowMs: number): void {
    this.close(demand, taken, nowMs);
  }

  forget(nowMs: number): void {
    for (const [name, window] of this.#windows) {
      slide(window, nowMs);
      if (window.used === 0) this.#windows.delete(name);
    }
  }

  #at(name: string, sliceMs: number, nowMs: number): SlicedWindow {
    const known = this.#windows.get(name);
    if (known?.sliceMs === sliceMs) {
      slide(known, nowMs);
      return known;
    }
    const fresh = openWindow(sliceMs, nowMs);
    // A reload has changed the window: what was used counts as if it were used now.
    if (known !== undefined) count(fresh, known.used);
    this.#windows.set(name, fresh);
    return fresh;
  }
}

function isWindow(quota: Quota): asserts quota is WindowQuota {
  assert(quota.algorithm === 'sliding-window', 'a window is asked for by a sliding window');
}

function stateOf(quota: WindowQuota, window: SlicedWindow, nowMs: number): LimitState {
  const { limit: name, unit, amount: limit, windowMs, policy } = quota;
  const remaining = Math.max(0, limit - window.used);
  const resetMs = window.used === 0 ? 0 : slideMs(window, limit, limit, nowMs);
  return { name, unit, limit, remaining, resetMs, windowMs, policy };
}
