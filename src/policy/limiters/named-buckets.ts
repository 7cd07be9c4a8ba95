/** Token buckets by name, all of one rate. A name that is forgotten begins anew, with a full bucket. */
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';

import type { Rate } from './rate.ts';
import { type Bucket, debtAt, draw, emptyDebt, fits, waitMs } from './token-bucket.ts';

export class NamedBuckets {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #buckets: Lru<string, Bucket>;

  constructor(rate: Rate, clock: Pick<Clock, 'monotonicMs'>, namesMax: number) {
    this.#rate = rate;
    this.#clock = clock;
    this.#buckets = new Lru(namesMax);
  }

  /** How long until one more fits; 0: now. Takes nothing, and remembers no name. */
  waitMs(name: string): number {
    const known = this.#buckets.get(name);
    if (known === undefined) return 0;
    const debt = debtAt(known, this.#rate, this.#clock.monotonicMs());
    return fits(debt, 1, this.#rate) ? 0 : waitMs(debt, 1, this.#rate);
  }

  /** One, whether or not it fits: more than is there makes no wait longer than that for one. */
  take(name: string): void {
    this.#draw(name, 1);
  }

  giveBack(name: string): void {
    this.#draw(name, -1);
  }

  #draw(name: string, cost: number): void {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(name) ?? emptyDebt(this.#rate, nowMs);
    draw(bucket, cost, this.#rate, nowMs);
    bucket.debt = Math.min(bucket.debt, this.#rate.capacity);
    this.#buckets.set(name, bucket);
  }
}
