/**
 * How fast passwords can be tried. Whoever guesses is slowed down by account and address, by address
 * over all accounts (spraying), and by account over all addresses (a botnet).
 *
 * It cannot be used to lock somebody out: a device that has signed in before, and a session, have
 * buckets of their own, which no stranger can empty. The level never goes below zero, so a flood
 * makes no wait longer than that for one more try.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import { NamedBuckets } from '#policy/limiters/named-buckets.ts';
import { rateOf } from '#policy/limiters/rate.ts';
import type { Clock } from '#stdx/clock.ts';

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
  readonly #kinds: readonly NamedBuckets[];

  constructor(clock: Clock) {
    this.#kinds = [PAIR, ADDRESS, ACCOUNT, DEVICE].map(
      (rate) => new NamedBuckets(rate, clock, ENTRIES_MAX),
    );
  }

  /** Takes one try, before it is made: tries at the same time count too. Not null: how long to wait. */
  take(attempt: Attempt): number | null {
    const asked = this.#bucketsOf(attempt);
    const wait = Math.max(...asked.map(({ buckets, name }) => buckets.waitMs(name)));
    if (wait > 0) return wait;
    for (const { buckets, name } of asked) buckets.take(name);
    return null;
  }

  /** It was no guess: the try is given back. */
  forgive(attempt: Attempt): void {
    for (const { buckets, name } of this.#bucketsOf(attempt)) buckets.giveBack(name);
  }

  #bucketsOf({ account, ip, device }: Attempt) {
    const prefix = prefixOf(ip);
    const names =
      device === null
        ? [`${account} ${prefix}`, prefix, account, null]
        : [null, null, null, `${account} ${device}`];
    return this.#kinds.flatMap((buckets, kind) => {
      const name = names[kind] ?? null;
      return name === null ? [] : [{ buckets, name }];
    });
  }
}
