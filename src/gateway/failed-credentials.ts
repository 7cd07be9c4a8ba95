/**
 * Strangers who try credentials. Each address prefix may fail so often; beyond that, credentials that
 * cost something to prove (a signature, a question to a server) are not proven for it any more.
 *
 * It locks nobody out who is known: keys of this gateway and tokens that were proven before go on to
 * work from the same address, so that a stranger behind somebody's proxy cannot shut them out.
 */
import { prefixOf } from '#domain/address-prefix.ts';
import { type BucketRate, covers, levelAt, waitMs } from '#policy/limiters/bucket.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';

/** Prefixes that have failed lately. One that is forgotten begins anew. */
const PREFIXES_MAX = 50_000;

interface Failures {
  level: number;
  updatedMs: number;
}

export class FailedCredentials {
  readonly #rate: BucketRate;
  readonly #clock: Clock;
  readonly #failures = new Lru<string, Failures>(PREFIXES_MAX);
  #isEmpty = true;

  constructor(rate: BucketRate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** How long until this address may try again; null: now. */
  waitMs(ip: string): number | null {
    // Where nobody has failed yet, a call costs nothing here.
    if (this.#isEmpty) return null;
    const failures = this.#failures.get(prefixOf(ip));
    if (failures === undefined) return null;
    const level = this.#levelOf(failures);
    return covers(level, 1) ? null : waitMs(level, 1, this.#rate);
  }

  failed(ip: string): void {
    this.#isEmpty = false;
    const prefix = prefixOf(ip);
    const nowMs = this.#clock.monotonicMs();
    const known = this.#failures.get(prefix) ?? { level: this.#rate.capacity, updatedMs: nowMs };
    // Never below zero: a flood does not lengthen the wait beyond that for one try.
    known.level = Math.max(0, this.#levelOf(known) - 1);
    known.updatedMs = nowMs;
    this.#failures.set(prefix, known);
  }

  #levelOf({ level, updatedMs }: Failures): number {
    return levelAt(level, updatedMs, this.#rate, this.#clock.monotonicMs());
  }
}
