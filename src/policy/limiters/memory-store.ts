/**
 * Buckets in this process. Exact, because a JavaScript thread is never interrupted.
 *
 * A bucket is forgotten only when it is full again, which changes nothing. Evicting one earlier
 * would refill it: a caller could then buy capacity with names. The number of buckets that are not
 * full is bounded by what callers spent in one window; beyond `bucketsMax` new ones are refused.
 */
import type { Denial } from '#domain/denial.ts';
import type { Usage } from '#domain/money.ts';
import type { LimitState } from '#domain/limit-state.ts';
import { mintReservation, type Reservation } from '#domain/proofs.ts';
import type { Clock } from '#stdx/clock.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type BucketRate, covers, giveBack, levelAt, unitsLeft, waitMs } from './bucket.ts';
import type { Demand, LimitStore, Quota } from './limiter.ts';
import { Slots } from './slots.ts';

/** Changed in place: a bucket is drawn from for every call, and new ones would be garbage. */
interface Bucket {
  level: number;
  updatedMs: number;
  rate: BucketRate;
}

const SLOT_RETRY_MS = 1_000;
const SWEEP_EVERY = 4_096;
const BUCKETS_MAX = 1_000_000;

export class MemoryLimitStore implements LimitStore {
  readonly #buckets = new Map<string, Bucket>();
  readonly #slots = new Slots();
  readonly #clock: Clock;
  readonly #bucketsMax: number;
  #open = 0;
  #untilSweep = SWEEP_EVERY;

  constructor(clock: Clock, bucketsMax: number = BUCKETS_MAX) {
    this.#clock = clock;
    this.#bucketsMax = bucketsMax;
  }

  get openCount(): number {
    return this.#open;
  }

  get bucketCount(): number {
    return this.#buckets.size;
  }

  reserve(id: string, demands: readonly Demand[]): Result<Reservation, Denial> {
    const nowMs = this.#clock.monotonicMs();
    this.#sweepNowAndThen(nowMs);
    for (const demand of demands) {
      const refused = this.#refusal(demand, nowMs);
      if (refused !== null) return err(refused);
    }
    // Nothing was taken before this line, so there is nothing to give back on a refusal.
    const remaining: LimitState[] = [];
    for (const demand of demands) remaining.push(this.#take(demand, id, nowMs));
    this.#open += 1;
    return ok(mintReservation(new Hold(id, demands, remaining, this.#close)));
  }

  #refusal({ bucket, amount, quota }: Demand, nowMs: number): Denial | null {
    const { rate, limit } = quota;
    // It would never fit, however long the caller waited.
    if (amount > rate.capacity) return { reason: 'limit-exceeded', limit };
    if (quota.unit === 'concurrency') return this.#slotRefusal(bucket, quota, nowMs);
    const held = this.#buckets.get(bucket);
    if (held === undefined) {
      if (this.#buckets.size < this.#bucketsMax) return null;
      return { reason: 'limit-reached', limit, retryAfterMs: 1_000, state: null };
    }
    const level = levelAt(held.level, held.updatedMs, rate, nowMs);
    if (covers(level, amount)) return null;
    const state = stateOf(quota, level);
    return { reason: 'limit-reached', limit, retryAfterMs: waitMs(level, amount, rate), state };
  }

  /** When a call will end nobody knows: a second is soon enough to ask again. */
  #slotRefusal(bucket: string, quota: Quota, nowMs: number): Denial | null {
    const { limit, amount } = quota;
    if (this.#slots.count(bucket, nowMs) < amount) return null;
    return { reason: 'limit-reached', limit, retryAfterMs: SLOT_RETRY_MS, state: null };
  }

  /** Limits have names of their own, so no two demands of a call are on one bucket. */
  #take({ bucket, amount, quota }: Demand, id: string, nowMs: number): LimitState {
    if (quota.unit === 'concurrency') {
      this.#slots.take(bucket, id, nowMs);
      const { limit: name, unit, policy } = quota;
      const remaining = quota.amount - this.#slots.count(bucket, nowMs);
      return { name, unit, limit: quota.amount, remaining, resetMs: 0, windowMs: 0, policy };
    }
    const held = this.#at(bucket, quota.rate, nowMs);
    held.level -= amount;
    return stateOf(quota, held.level);
  }

  /** The bucket as it is now; a new one is full. */
  #at(name: string, rate: BucketRate, nowMs: number): Bucket {
    const held = this.#buckets.get(name);
    if (held === undefined) {
      const fresh = { level: rate.capacity, updatedMs: nowMs, rate };
      this.#buckets.set(name, fresh);
      return fresh;
    }
    held.level = levelAt(held.level, held.updatedMs, rate, nowMs);
    held.updatedMs = Math.max(held.updatedMs, nowMs);
    held.rate = rate;
    return held;
  }

  /** Gives back what a call did not use, or takes what it used beyond what was held. */
  readonly #close = (id: string, demands: readonly Demand[], usedTokens: number): void => {
    this.#open -= 1;
    const nowMs = this.#clock.monotonicMs();
    for (const { bucket, quota, amount } of demands) {
      if (quota.unit === 'concurrency') this.#slots.free(bucket, id);
      if (quota.unit !== 'tokens') continue;
      const held = this.#at(bucket, quota.rate, nowMs);
      held.level = giveBack(held.level, amount - usedTokens, quota.rate);
    }
  };

  #sweepNowAndThen(nowMs: number): void {
    this.#untilSweep -= 1;
    if (this.#untilSweep > 0) return;
    this.#untilSweep = Math.max(SWEEP_EVERY, this.#buckets.size);
    for (const [name, { level, updatedMs, rate }] of this.#buckets) {
      if (levelAt(level, updatedMs, rate, nowMs) >= rate.capacity) this.#buckets.delete(name);
    }
  }
}

function stateOf(quota: Quota, level: number): LimitState {
  const { limit: name, unit, rate, amount: limit, windowMs, policy } = quota;
  const left = Math.max(0, level);
  return {
    name,
    unit,
    limit,
    remaining: unitsLeft(left),
    resetMs: Math.ceil((rate.capacity - left) / rate.refillPerMs),
    windowMs,
    policy,
  };
}

type Close = (id: string, demands: readonly Demand[], usedTokens: number) => void;

/** One reservation. The first ending counts; what comes later finds it closed and moves nothing. */
class Hold {
  readonly id: string;
  readonly remaining: readonly LimitState[];
  readonly #demands: readonly Demand[];
  #close: Close | null;

  // Four parts of one thing, made in one place.
  constructor(
    id: string,
    demands: readonly Demand[],
    remaining: readonly LimitState[],
    close: Close,
  ) {
    this.id = id;
    this.remaining = remaining;
    this.#demands = demands;
    this.#close = close;
  }

  get isOpen(): boolean {
    return this.#close !== null;
  }

  settle({ inputTokens, outputTokens }: Usage): void {
    this.#end(inputTokens + outputTokens);
  }

  release(): void {
    this.#end(0);
  }

  #end(usedTokens: number): void {
    const close = this.#close;
    this.#close = null;
    close?.(this.id, this.#demands, usedTokens);
  }
}
