/**
 * How many requests the admin API takes, by who sends them. What proves nobody is counted by its address:
 * it costs a look-up of a credential each. Whoever is proven is counted by name, so that a script
 * that has run wild keeps nobody else waiting.
 *
 * Strangers lock nobody out of an address that they share: a credential that has proven somebody here
 * is looked at also where strangers have used the address up. Signing in is not (it has proven nobody yet).
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { prefixOf } from '#domain/address-prefix.ts';
import type { Config } from '#config/config.ts';
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

type Quota = Config['admin']['requests']['perCaller'];

/** Of each kind. One that is forgotten begins anew, which a botnet can bring about and gains little by. */
const ENTRIES_MAX = 20_000;
const PROVEN_MAX = 10_000;

export class RequestLimits {
  readonly #clock: Clock;
  readonly #strangers: Buckets;
  readonly #callers: Buckets;
  /** By SHA-256: credentials that have proven somebody. What they are worth now is looked up each time. */
  readonly #proven = new Lru<string, true>(PROVEN_MAX);

  constructor(clock: Clock, { unproven, perCaller }: Config['admin']['requests']) {
    this.#clock = clock;
    this.#strangers = new Buckets(unproven);
    this.#callers = new Buckets(perCaller);
  }

  /** Before anything of it is looked at. Not null: it is not, and so long there is to wait. */
  arrived(ip: string, request: Pick<IncomingMessage, 'headers'>): number | null {
    const credential = digestOf(request);
    if (credential !== null && this.#proven.get(credential) === true) return null;
    return this.#strangers.take(prefixOf(ip), this.#clock.monotonicMs());
  }

  /** It has proven who it is. Not null: whoever that is has sent too many. */
  proven(ip: string, name: string, request: Pick<IncomingMessage, 'headers'>): number | null {
    const nowMs = this.#clock.monotonicMs();
    const credential = digestOf(request);
    if (credential !== null && this.#proven.get(credential) !== true) {
      this.#proven.set(credential, true);
      this.#strangers.giveBack(prefixOf(ip), nowMs);
    }
    return this.#callers.take(name, nowMs);
  }
}

class Buckets {
  readonly #rate: Rate;
  readonly #buckets = new Lru<string, Bucket>(ENTRIES_MAX);

  constructor({ amount, windowMs }: Quota) {
    this.#rate = rateOf(amount, windowMs, amount);
  }

  take(name: string, nowMs: number): number | null {
    const bucket = this.#at(name, nowMs);
    const debt = debtAt(bucket, this.#rate, nowMs);
    if (!fits(debt, 1, this.#rate)) return waitMs(debt, 1, this.#rate);
    draw(bucket, 1, this.#rate, nowMs);
    return null;
  }

  giveBack(name: string, nowMs: number): void {
    draw(this.#at(name, nowMs), -1, this.#rate, nowMs);
  }

  #at(name: string, nowMs: number): Bucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const fresh = emptyDebt(this.#rate, nowMs);
    this.#buckets.set(name, fresh);
    return fresh;
  }
}

/** Null: it brings none. */
function digestOf({ headers: { authorization, cookie } }: Pick<IncomingMessage, 'headers'>) {
  if (authorization === undefined && cookie === undefined) return null;
  return hash('sha256', JSON.stringify([authorization ?? null, cookie ?? null]), 'base64');
}
