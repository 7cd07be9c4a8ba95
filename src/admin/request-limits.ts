/**
 * How many requests the admin API takes, by who sends them. What proves nobody is counted by its address:
 * it costs a look-up of a credential each. Whoever is proven is counted by name, so that a script
 * that has run wild keeps nobody else waiting.
 *
 * Strangers lock nobody out of an address that they share: a credential that has proven somebody here
 * is looked at also where strangers have used the address up. Signing in is not (it has proven nobody yet),
 * and a credential that proves nobody any more, as it was revoked or has ended, is a stranger's again.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { prefixOf } from '#domain/address-prefix.ts';
import type { Config } from '#config/config.ts';
import { NamedBuckets } from '#policy/limiters/named-buckets.ts';
import { rateOf } from '#policy/limiters/rate.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';

type Quota = Config['admin']['requests']['perCaller'];

/** Of each kind. One that is forgotten begins anew, which a botnet can bring about and gains little by. */
const ENTRIES_MAX = 20_000;
const PROVEN_MAX = 10_000;

export class RequestLimits {
  readonly #strangers: NamedBuckets;
  readonly #callers: NamedBuckets;
  /** By SHA-256: credentials that have proven somebody. What they are worth now is looked up each time. */
  readonly #proven = new Lru<string, true>(PROVEN_MAX);

  constructor(clock: Clock, { unproven, perCaller }: Config['admin']['requests']) {
    const bucketsOf = ({ amount, windowMs }: Quota): NamedBuckets =>
      new NamedBuckets(rateOf(amount, windowMs, amount), clock, ENTRIES_MAX);
    this.#strangers = bucketsOf(unproven);
    this.#callers = bucketsOf(perCaller);
  }

  /** Before anything of it is looked at. Not null: it is not, and so long there is to wait. */
  arrived(ip: string, request: Pick<IncomingMessage, 'headers'>): number | null {
    const credential = digestOf(request);
    if (credential !== null && this.#proven.get(credential) === true) return null;
    return this.arrivedOpen(ip);
  }

  /** The same where no credential is looked at: whatever it brings, nobody is counted by name for it. */
  arrivedOpen(ip: string): number | null {
    return takeOne(this.#strangers, prefixOf(ip));
  }

  /** It was looked at and proves nobody: one that did so once has not been counted for that yet. */
  refused(ip: string, request: Pick<IncomingMessage, 'headers'>): void {
    const credential = digestOf(request);
    if (credential === null || this.#proven.get(credential) !== true) return;
    this.#proven.delete(credential);
    this.#strangers.take(prefixOf(ip));
  }

  /** It has proven who it is. Not null: whoever that is has sent too many. */
  proven(ip: string, name: string, request: Pick<IncomingMessage, 'headers'>): number | null {
    const credential = digestOf(request);
    if (credential !== null && this.#proven.get(credential) !== true) {
      this.#proven.set(credential, true);
      this.#strangers.giveBack(prefixOf(ip));
    }
    return takeOne(this.#callers, name);
  }
}

function takeOne(buckets: NamedBuckets, name: string): number | null {
  const waitMs = buckets.waitMs(name);
  if (waitMs > 0) return waitMs;
  buckets.take(name);
  return null;
}

/** Null: it brings none. */
function digestOf({ headers: { authorization, cookie } }: Pick<IncomingMessage, 'headers'>) {
  if (authorization === undefined && cookie === undefined) return null;
  return hash('sha256', JSON.stringify([authorization ?? null, cookie ?? null]), 'base64');
}
