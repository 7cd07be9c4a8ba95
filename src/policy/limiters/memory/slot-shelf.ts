/** Calls at once, as leased slots. */
import { assert } from '#stdx/assert.ts';
import type { LimitState } from '#domain/limit-state.ts';

import type { Demand } from '../limiter.ts';
import type { Refusal, Shelf, Taken } from './shelf.ts';
import { Slots } from './slots.ts';

/** When a call will end nobody knows: a second is soon enough to ask again. */
export const SLOT_RETRY_MS = 1_000;

/** Of a loan of several slots each has a name of its own. */
export const slotName = (id: string, slot: number): string => (slot === 0 ? id : `${id}#${slot}`);

export class SlotShelf implements Shelf {
  readonly #slots = new Slots();

  has(bucket: string): boolean {
    return this.#slots.count(bucket) > 0;
  }

  get size(): number {
    return this.#slots.bucketCount;
  }

  names(): Iterable<string> {
    return this.#slots.buckets();
  }

  refusal({ bucket, quota, amount }: Demand, _nowMs: number): Refusal | null {
    if (this.#slots.count(bucket) + amount <= quota.amount) return null;
    return { retryAfterMs: SLOT_RETRY_MS, state: null };
  }

  take({ bucket, amount }: Demand, id: string, _nowMs: number): number {
    for (let slot = 0; slot < amount; slot += 1) this.#slots.take(bucket, slotName(id, slot));
    return 0;
  }

  stateOf({ bucket, quota }: Demand, _nowMs: number): LimitState {
    assert(quota.algorithm === 'concurrency', 'a slot is asked for by a limit on calls at once');
    const { limit: name, unit, amount: limit, policy } = quota;
    const remaining = Math.max(0, limit - this.#slots.count(bucket));
    return { name, unit, limit, remaining, resetMs: 0, windowMs: 0, policy };
  }

  /** Also at the end of a lease: a call that is forgotten frees its slot. */
  close(demand: Demand, { id, mark }: Taken): void {
    this.lower(demand, { id, mark, used: 0 });
  }

  lower({ bucket, amount }: Demand, { id, used }: Taken): void {
    for (let slot = used; slot < amount; slot += 1) this.#slots.free(bucket, slotName(id, slot));
  }

  forget(): void {
    // A slot that is free is gone already.
  }
}
