/**
 * Quotas on their way from a worker to the owner of the counters: whole the first time, and again with a
 * number; from then on the number stands for it. One that was made for a single call gets none. What comes
 * by the channel comes in order, so the owner knows every number that it hears.
 */
import type { Quota } from '#policy/limiters/limiter.ts';
import { assert } from '#stdx/assert.ts';

export type SaidQuota = number | Quota | { readonly number: number; readonly quota: Quota };

/** Those of a configuration, and of the ones before it. Beyond it they are said whole. */
const NUMBERS_MAX = 4_096;

export class QuotaNames {
  /** 0: it was said once. */
  readonly #numbers = new WeakMap<Quota, number>();
  #last = 0;

  said(quota: Quota): SaidQuota {
    const number = this.#numbers.get(quota);
    if (number !== undefined && number > 0) return number;
    if (number === undefined) {
      this.#numbers.set(quota, 0);
      return quota;
    }
    if (this.#last >= NUMBERS_MAX) return quota;
    this.#last += 1;
    this.#numbers.set(quota, this.#last);
    return { number: this.#last, quota };
  }
}

export class Quotas {
  readonly #quotas = new Map<number, Quota>();

  of(said: SaidQuota): Quota {
    if (typeof said === 'number') {
      const quota = this.#quotas.get(said);
      assert(quota !== undefined, 'a number is said with its quota first');
      return quota;
    }
    if (!('number' in said)) return said;
    this.#quotas.set(said.number, said.quota);
    return said.quota;
  }
}
