/**
 * Buckets in this process. Exact, because a JavaScript thread is never interrupted.
 *
 * A bucket is forgotten only when it is full again, which changes nothing. Evicting one earlier
 * would refill it: a caller could then buy capacity with names. The number of buckets that are not
 * full is bounded by what callers spent in one window; beyond `bucketsMax` new ones are refused.
 */
import type { Denial } from '#domain/denial.ts';
import type { Usage } from '#domain/money.ts';
import { type LimitState, mintReservation, type Reservation } from '#domain/proofs.ts';
import type { Clock } from '#stdx/clock.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type Bucket, type BucketRate, draw, fullBucket, giveBack, refill } from './bucket.ts';
import type { Demand, LimitStore } from './limiter.ts';

interface Held {
  bucket: Bucket;
  rate: BucketRate;
}

const SWEEP_EVERY = 4_096;
const BUCKETS_MAX = 1_000_000;

export class MemoryLimitStore implements LimitStore {
  readonly #buckets = new Map<string, Held>();
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

  // Promises are the interface: a store may be elsewhere. This one has its answer at once.
  // oxlint-disable-next-line require-await
  async reserve(id: string, demands: readonly Demand[]): Promise<Result<Reservation, Denial>> {
    const nowMs = this.#clock.monotonicMs();
    this.#sweepNowAndThen(nowMs);
    const drawn: Bucket[] = [];
    for (const demand of demands) {
      const refused = this.#draw(demand, nowMs, drawn);
      if (refused !== null) return err(refused);
    }
    // Nothing was taken before this line, so there is nothing to give back on a refusal.
    for (const [index, { bucket, rate }] of demands.entries()) {
      const next = drawn[index];
      if (next !== undefined) this.#buckets.set(bucket, { bucket: next, rate });
    }
    this.#open += 1;
    return ok(this.#reservation(id, demands, drawn));
  }

  #draw({ bucket, amount, rate, limit }: Demand, nowMs: number, drawn: Bucket[]): Denial | null {
    // It would never fit, however long the caller waited.
    if (amount > rate.capacity) return { reason: 'limit-exceeded', limit };
    const held = this.#buckets.get(bucket);
    if (held === undefined && this.#buckets.size >= this.#bucketsMax) {
      return { reason: 'limit-reached', limit, retryAfterMs: 1_000 };
    }
    const result = draw(held?.bucket ?? fullBucket(rate, nowMs), amount, rate, nowMs);
    if (!result.taken) return { reason: 'limit-reached', limit, retryAfterMs: result.retryAfterMs };
    drawn.push(result.bucket);
    return null;
  }

  #reservation(id: string, demands: readonly Demand[], drawn: readonly Bucket[]): Reservation {
    let isOpen = true;
    /** The one transition out of `open`; what comes later finds it closed and moves nothing. */
    const close = (usedTokens: number): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#open -= 1;
      for (const { bucket, rate, unit, amount } of demands) {
        if (unit === 'tokens') this.#giveBack(bucket, rate, amount - usedTokens);
      }
    };
    const fields = {
      id,
      remaining: demands.map((demand, index) => stateOf(demand, drawn[index])),
      settle: ({ inputTokens, outputTokens }: Usage) => close(inputTokens + outputTokens),
      release: () => close(0),
      get isOpen() {
        return isOpen;
      },
    };
    return mintReservation(fields);
  }

  #giveBack(name: string, rate: BucketRate, amount: number): void {
    const nowMs = this.#clock.monotonicMs();
    const held = this.#buckets.get(name);
    const bucket = giveBack(held?.bucket ?? fullBucket(rate, nowMs), amount, rate, nowMs);
    this.#buckets.set(name, { bucket, rate });
  }

  #sweepNowAndThen(nowMs: number): void {
    this.#untilSweep -= 1;
    if (this.#untilSweep > 0) return;
    this.#untilSweep = Math.max(SWEEP_EVERY, this.#buckets.size);
    for (const [name, { bucket, rate }] of this.#buckets) {
      if (refill(bucket, rate, nowMs).level >= rate.capacity) this.#buckets.delete(name);
    }
  }
}

function stateOf({ limit, unit, rate, quota, windowMs }: Demand, bucket?: Bucket): LimitState {
  const level = Math.max(0, bucket?.level ?? 0);
  return {
    name: limit,
    unit,
    limit: quota,
    remaining: Math.floor(level + 1e-9),
    resetMs: Math.ceil((rate.capacity - level) / rate.refillPerMs),
    windowMs,
  };
}
