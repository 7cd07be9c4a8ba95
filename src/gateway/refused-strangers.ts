/**
 * Strangers whose requests are refused. Each is counted for the log; and an address prefix that is
 * refused again and again gets its further refusals late, so that a flood of made-up requests runs at the
 * pace that we set: who waits for an answer sends no other request on that connection, and a refusal that
 * waits costs a timer. HAProxy calls this a tarpit.
 *
 * Only answers to people who are nobody wait. Whoever proves to be known is served at once, also from the
 * same address.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import { NamedBuckets } from '#policy/limiters/named-buckets.ts';
import type { Rate } from '#policy/limiters/rate.ts';
import type { Clock } from '#stdx/clock.ts';

/** Addresses that were refused lately. One that is forgotten begins anew. */
const NAMES_MAX = 50_000;

export interface StrangerBounds {
  /** How many refusals of one address are answered at once. */
  readonly prompt: Rate;
  /** How long each further one waits; 0: not at all. */
  readonly holdMs: number;
}

export class RefusedStrangers {
  readonly #holdMs: number;
  readonly #buckets: NamedBuckets;

  constructor({ prompt, holdMs }: StrangerBounds, clock: Clock) {
    this.#holdMs = holdMs;
    this.#buckets = new NamedBuckets(prompt, clock, NAMES_MAX);
  }

  /** One more of this address; how long its answer is held back, in milliseconds. */
  refused(ip: string): number {
    if (this.#holdMs === 0) return 0;
    const name = prefixOf(ip);
    const isOften = this.#buckets.waitMs(name) > 0;
    this.#buckets.take(name);
    return isOften ? this.#holdMs : 0;
  }
}
