/**
 * Strangers who try credentials. Each address prefix may fail so often; beyond that, credentials that
 * cost something to prove (a signature, a question to a server) are not proven for it any more. So may
 * the secrets that are tried for one key, from wherever.
 *
 * It locks nobody out who is known: keys of this gateway and tokens that were proven before go on to
 * work from the same address, so that a stranger behind somebody's proxy cannot shut them out; and the
 * right secret of a key works however many wrong ones were tried.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import { NamedBuckets } from '#policy/limiters/named-buckets.ts';
import { type Rate, rateOf } from '#policy/limiters/rate.ts';
import type { Clock } from '#stdx/clock.ts';

/** Addresses and keys that have failed lately. One that is forgotten begins anew. */
const NAMES_MAX = 50_000;
/**
 * Of one honey key from one address: enough to see what is done with it, and nobody who has one can
 * fill the disk. What is beyond it is counted with the refusals of the address.
 */
const HONEY_RECORDS = rateOf(10, 3_600_000, 10);

class Failures {
  readonly #buckets: NamedBuckets;
  #isEmpty = true;

  constructor(rate: Rate, clock: Clock) {
    this.#buckets = new NamedBuckets(rate, clock, NAMES_MAX);
  }

  /** Null: now. */
  waitMs(name: string): number | null {
    return this.#buckets.waitMs(name) || null;
  }

  /** Where nobody has failed yet, not even a name has to be made. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  add(name: string): void {
    this.#isEmpty = false;
    this.#buckets.take(name);
  }
}

export interface FailureRates {
  readonly perAddress: Rate;
  readonly perKey: Rate;
}

/** A try that failed, for those who count with others. */
export interface FailedTry {
  readonly of: 'address' | 'key' | 'honey';
  readonly name: string;
}

export class FailedCredentials {
  /** Told of each try that was counted here. */
  onFailed: (failed: FailedTry) => void = () => {};
  readonly #addresses: Failures;
  readonly #keys: Failures;
  readonly #honey: Failures;

  constructor({ perAddress, perKey }: FailureRates, clock: Clock) {
    this.#addresses = new Failures(perAddress, clock);
    this.#keys = new Failures(perKey, clock);
    this.#honey = new Failures(HONEY_RECORDS, clock);
  }

  /** How long until this address may try again; null: now. */
  waitMs(ip: string): number | null {
    return this.#addresses.isEmpty ? null : this.#addresses.waitMs(prefixOf(ip));
  }

  failed(ip: string): void {
    this.#note({ of: 'address', name: prefixOf(ip) });
  }

  /** What another process of this gateway has counted. */
  heard({ of, name }: FailedTry): void {
    this.#of(of).add(name);
  }

  /** A wrong secret of a key, whether there is one of that id or not; how long it was too many for. */
  failedKey(keyId: string): number | null {
    const waits = this.#keys.waitMs(keyId);
    this.#note({ of: 'key', name: keyId });
    return waits;
  }

  /** A use of a honey key; whether it is worth a record of its own. */
  noteHoney(keyId: string, ip: string): boolean {
    const name = `${keyId} ${prefixOf(ip)}`;
    if (this.#honey.waitMs(name) !== null) return false;
    this.#note({ of: 'honey', name });
    return true;
  }

  #note(failed: FailedTry): void {
    this.heard(failed);
    this.onFailed(failed);
  }

  #of(of: FailedTry['of']): Failures {
    if (of === 'address') return this.#addresses;
    return of === 'key' ? this.#keys : this.#honey;
  }
}
