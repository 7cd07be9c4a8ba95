/**
 * How fast passwords can be tried. Whoever guesses is slowed down by account and address, by address
 * over all accounts (spraying), and by account over all addresses (a botnet).
 *
 * It cannot be used to lock somebody out: a device that has signed in before, and a session, have
 * buckets of their own, which no stranger can empty. The level never goes below zero, so a flood
 * makes no wait longer than that for one more try.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import { type Rate, rateOf } from '#policy/limiters/rate.ts';
import {
  type Bucket,
  debtAt,
  draw,
  emptyDebt,
  fits,
  waitMs,
} from '#policy/limiters/token-bucket.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';

const MINUTE_MS = 60_000;
/** So many a minute, and so many at once. */
const PAIR = rateOf(1, MINUTE_MS, 5);
const ADDRESS = rateOf(3, MINUTE_MS, 30);
const ACCOUNT = rateOf(6, MINUTE_MS, 60);
const DEVICE = rateOf(2, MINUTE_MS, 10);

/** Entries of each kind; one that is forgotten begins anew. Accounts have room of their own. */
const ENTRIES_MAX = 20_000;

export interface Attempt {
  readonly account: string;
  readonly ip: string;
  /** The device or session that the account knows; null: a stranger. */
  readonly device: string | null;
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
    const nowMs = this.#clock.monotonicMs();
    const asked = this.#bucketsOf(attempt, nowMs);
    let wait = 0;
    for (const { bucket, rate } of asked) {
      const debt = debtAt(bucket, rate, nowMs);
      if (!fits(debt, 1, rate)) wait = Math.max(wait, waitMs(debt, 1, rate));
    }
    if (wait > 0) return wait;
    for (const { bucket, rate } of asked) draw(bucket, 1, rate, nowMs);
    return null;
  }

  /** It was no guess: the try is given back. */
  forgive(attempt: Attempt): void {
    const nowMs = this.#clock.monotonicMs();
    for (const { bucket, rate } of this.#bucketsOf(attempt, nowMs)) draw(bucket, -1, rate, nowMs);
  }

  #bucketsOf({ account, ip, device }: Attempt, nowMs: number) {
    const prefix = prefixOf(ip);
    const keys =
      device === null
        ? [`${account} ${prefix}`, prefix, account, null]
        : [null, null, null, `${account} ${device}`];
    return this.#kinds.flatMap(({ rate, buckets }, kind) => {
      const key = keys[kind] ?? null;
      return key === null ? [] : [{ rate, bucket: bucketAt(buckets, { key, rate, nowMs }) }];
    });
  }
}

function bucketAt(
  buckets: Lru<string, Bucket>,
  { key, rate, nowMs }: { readonly key: string; readonly rate: Rate; readonly nowMs: number },
): Bucket {
  const known = buckets.get(key);
  if (known !== undefined) return known;
  const fresh = emptyDebt(rate, nowMs);
  buckets.set(key, fresh);
  return fresh;
}
