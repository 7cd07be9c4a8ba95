/**
 * How fast passwords can be tried. Whoever guesses is slowed down by account and address, by address
 * over all accounts (spraying), and by account over all addresses (a botnet).
 *
 * It cannot be used to lock somebody out: a device that has signed in before, and a session, have
 * buckets of their own, which no stranger can empty. The level never goes below zero, so a flood
 * makes no wait longer than that for one more try.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import { type BucketRate, covers, giveBack, levelAt, waitMs } from '#policy/limiters/bucket.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';

const MINUTE_MS = 60_000;
const PAIR: BucketRate = { capacity: 5, refillPerMs: 1 / MINUTE_MS };
const ADDRESS: BucketRate = { capacity: 30, refillPerMs: 3 / MINUTE_MS };
const ACCOUNT: BucketRate = { capacity: 60, refillPerMs: 6 / MINUTE_MS };
const DEVICE: BucketRate = { capacity: 10, refillPerMs: 2 / MINUTE_MS };

/** Entries of each kind; one that is forgotten begins anew. Accounts have room of their own. */
const ENTRIES_MAX = 20_000;

export interface Attempt {
  readonly account: string;
  readonly ip: string;
  /** The device or session that the account knows; null: a stranger. */
  readonly device: string | null;
}

interface Bucket {
  level: number;
  updatedMs: number;
}

export class LoginThrottle {
  readonly #clock: Clock;
  readonly #kinds = [PAIR, ADDRESS, ACCOUNT, DEVICE].map((rate) => ({
    rate,
    buckets: new Lru<string, Bucket>(ENTRIES_MAX),
  }));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one try, before it is made: tries at the same time count too. Not null: how long to wait. */
  take(attempt: Attempt): number | null {
    const asked = this.#bucketsOf(attempt);
    let wait = 0;
    for (const { bucket, rate } of asked) {
      if (!covers(bucket.level, 1)) wait = Math.max(wait, waitMs(bucket.level, 1, rate));
    }
    if (wait > 0) return wait;
    for (const { bucket } of asked) bucket.level -= 1;
    return null;
  }

  /** It was no guess: the try is given back. */
  forgive(attempt: Attempt): void {
    for (const { bucket, rate } of this.#bucketsOf(attempt)) {
      bucket.level = giveBack(bucket.level, 1, rate);
    }
  }

  #bucketsOf({ account, ip, device }: Attempt) {
    const prefix = prefixOf(ip);
    const keys =
      device === null
        ? [`${account} ${prefix}`, prefix, account, null]
        : [null, null, null, `${account} ${device}`];
    return this.#kinds.flatMap(({ rate, buckets }, kind) => {
      const key = keys[kind] ?? null;
      return key === null ? [] : [{ rate, bucket: this.#bucketAt(buckets, key, rate) }];
    });
  }

  #bucketAt(buckets: Lru<string, Bucket>, key: string, rate: BucketRate): Bucket {
    const nowMs = this.#clock.monotonicMs();
    const known = buckets.get(key);
    if (known === undefined) {
      const fresh = { level: rate.capacity, updatedMs: nowMs };
      buckets.set(key, fresh);
      return fresh;
    }
    known.level = levelAt(known.level, known.updatedMs, rate, nowMs);
    known.updatedMs = nowMs;
    return known;
  }
}
