/** Token buckets. One that owes nothing is the same as none. */
import { assert } from '#stdx/assert.ts';
import type { LimitState } from '#domain/limit-state.ts';

import type { Demand, Quota } from '../limiter.ts';
import type { Rate } from '../rate.ts';
import {
  type Bucket,
  draw,
  emptyDebt,
  fits,
  LENT,
  lend,
  owedAt,
  repay,
  resetMs,
  unitsLeft,
  waitMs,
} from '../token-bucket.ts';
import type { Refusal, Shelf, Taken } from './shelf.ts';

type BucketQuota = Extract<Quota, { algorithm: 'token-bucket' }>;

interface Kept extends Bucket {
  /** Of the last call that drew, to know when it owes nothing. */
  rate: Rate;
}

export class BucketShelf implements Shelf {
  readonly #buckets = new Map<string, Kept>();

  has(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  get size(): number {
    return this.#buckets.size;
  }

  names(): Iterable<string> {
    return this.#buckets.keys();
  }

  refusal({ bucket, quota, amount }: Demand, nowMs: number): Refusal | null {
    const { rate } = (isBucket(quota), quota);
    if (amount * rate.unitPoints > rate.capacity) return { retryAfterMs: null, state: null };
    const kept = this.#buckets.get(bucket);
    if (kept === undefined) return null;
    const debt = owedAt(kept, rate, nowMs);
    if (fits(debt, amount, rate)) return null;
    return { retryAfterMs: waitMs(debt, amount, rate), state: stateOf(quota, debt) };
  }

  take(demand: Demand, _id: string, nowMs: number, leaseMs: number): number {
    const { bucket, quota, amount, isLent = false } = demand;
    const { rate } = (isBucket(quota), quota);
    const kept = this.#at(bucket, rate, nowMs);
    if (isLent) lend(kept, amount, nowMs + leaseMs, { rate, nowMs });
    else draw(kept, amount, rate, nowMs);
    return isLent ? LENT : 0;
  }

  lower(demand: Demand, taken: Taken, nowMs: number): void {
    this.close(demand, taken, nowMs);
  }

  stateOf({ bucket, quota }: Demand, nowMs: number): LimitState {
    const { rate } = (isBucket(quota), quota);
    const kept = this.#buckets.get(bucket);
    return stateOf(quota, kept === undefined ? 0 : owedAt(kept, rate, nowMs));
  }

  close({ bucket, quota, amount }: Demand, { mark, used }: Taken, nowMs: number): void {
    const { rate } = (isBucket(quota), quota);
    if (mark === LENT) repay(this.#at(bucket, rate, nowMs), amount, used, { rate, nowMs });
    else if (used !== amount) draw(this.#at(bucket, rate, nowMs), used - amount, rate, nowMs);
  }

  forget(nowMs: number): void {
    for (const [name, kept] of this.#buckets) {
      if (owedAt(kept, kept.rate, nowMs) === 0) this.#buckets.delete(name);
    }
  }

  #at(name: string, rate: Rate, nowMs: number): Kept {
    const known = this.#buckets.get(name);
    if (known !== undefined) {
      known.rate = rate;
      return known;
    }
    const fresh = { ...emptyDebt(rate, nowMs), rate };
    this.#buckets.set(name, fresh);
    return fresh;
  }
}

function isBucket(quota: Quota): asserts quota is BucketQuota {
  assert(quota.algorithm === 'token-bucket', 'a bucket is asked for by a token bucket');
}

function stateOf(quota: BucketQuota, debt: number): LimitState {
  const { limit: name, unit, amount: limit, windowMs, policy, rate } = quota;
  const remaining = unitsLeft(debt, rate);
  return { name, unit, limit, remaining, resetMs: resetMs(debt, rate), windowMs, policy };
}
