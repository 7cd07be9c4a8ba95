/**
 * Mints the `Reservation`: every limit and budget of a call is held, or none. A reservation ends once,
 * by `settle` or `release`; until then its lease is renewed, and when its process is gone the store ends
 * it by itself.
 */
import type { Denial } from '#domain/denial.ts';
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import { mintReservation, type Reservation } from '#domain/proofs.ts';
import type { Clock } from '#stdx/clock.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Closed, CounterStore, Crossing, Reserved, Seed } from './counter-store.ts';
import type { Demand, LimitStore } from './limiter.ts';
import { moneyFor, moreFor, raised } from './raise.ts';

export interface ReservationPorts {
  readonly counters: CounterStore;
  /** What the ledger says of budgets that the store does not know yet. */
  readonly seedsOf: (demands: readonly Demand[]) => MaybePromise<readonly Seed[]>;
  readonly clock: Clock;
  readonly onCrossing: (crossing: Crossing) => void;
  /** A settlement that the store did not take: the lease ends it, and the ledger has it. */
  readonly onFault: (thrown: unknown) => void;
}

/** Renewed three times in its length: a store that misses two renewals still has it. */
export const LEASE_MS = 90_000;
export const RENEW_EVERY_MS = 30_000;
/** Settlements that the store did not take, told again. Beyond that the lease and the ledger have them. */
const UNTOLD_MAX = 100_000;
/** Questions to a store at once: ten thousand calls are renewed well within a third of a lease. */
const RENEWED_AT_ONCE = 256;
/** A call that runs longer was forgotten by us: its lease is renewed no more. */
const CALL_MS_MAX = 25 * 3_600_000;
/** Asked, seeded, asked again; once more where another instance was faster. */
const TRIES_MAX = 3;

/** It was never made: nothing of it counts, not even as a request. */
const UNDONE: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };
const RELEASED: Amounts = { requests: 1, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };

export class Reservations implements LimitStore {
  readonly #ports: ReservationPorts;
  readonly #open = new Set<Hold>();
  readonly #untold = new Map<string, Untold>();

  constructor(ports: ReservationPorts) {
    this.#ports = ports;
  }

  get openCount(): number {
    return this.#open.size;
  }

  reserve(
    id: string,
    demands: readonly Demand[],
    atMs: number,
  ): MaybePromise<Result<Reservation, Denial>> {
    const asked = this.#asked(() => this.#ports.counters.reserve(id, demands, LEASE_MS));
    // Whether it is held nobody knows: it is over, whatever it is.
    if (asked instanceof Promise) asked.catch(() => this.#tell(id, { demands, used: UNDONE }));
    return andThen(asked, (answer) => {
      if (!answer.ok) return answer;
      const hold = new Hold(id, { demands, remaining: answer.value, atMs }, this.#way);
      this.#open.add(hold);
      return ok(mintReservation(hold));
    });
  }

  take(demands: readonly Demand[]): MaybePromise<Denial | null> {
    const asked = this.#asked(() => this.#ports.counters.take(demands));
    return andThen(asked, (answer) => (answer.ok ? null : answer.error));
  }

  /** Tells again what the store has not heard. */
  retell(): void {
    const untold = [...this.#untold];
    this.#untold.clear();
    for (const [id, one] of untold) this.#tell(id, one);
  }

  get untoldCount(): number {
    return this.#untold.size;
  }

  /**
   * New leases for what runs, without a word of what it has used: should its process never come back,
   * all that it held is charged. Less would be given to others, and could be spent twice.
   * Called every `RENEW_EVERY_MS`. */
  async renew(): Promise<void> {
    const oldestMs = this.#ports.clock.monotonicMs() - CALL_MS_MAX;
    // Those that are open now: what begins meanwhile has a fresh lease.
    const held = [...this.#open].filter(({ beganMs }) => beganMs >= oldestMs);
    for (let from = 0; from < held.length; from += RENEWED_AT_ONCE) {
      await Promise.all(held.slice(from, from + RENEWED_AT_ONCE).map((hold) => this.#renew(hold)));
    }
  }

  async #renew({ id, isOpen }: Hold): Promise<void> {
    if (!isOpen) return;
    try {
      await this.#ports.counters.extend(id, LEASE_MS);
    } catch (thrown) {
      this.#ports.onFault(thrown);
    }
  }

  /** Everything that is held now, for a store that has lost it. */
  held(): readonly { readonly id: string; readonly demands: readonly Demand[] }[] {
    return [...this.#open];
  }

  readonly #way: HoldWay = {
    nowMs: () => this.#ports.clock.monotonicMs(),
    ended: (hold, used) => {
      this.#open.delete(hold);
      this.#tell(hold.id, { demands: hold.demands, used });
    },
    raise: (id, more) => this.#asked(() => this.#ports.counters.raise(id, more)),
  };

  /** Told again until the store has heard it: an end moves once, however often it is told. */
  #tell(id: string, untold: Untold): void {
    const { counters, onFault } = this.#ports;
    const failed = (thrown: unknown): void => {
      if (this.#untold.size < UNTOLD_MAX) this.#untold.set(id, untold);
      onFault(thrown);
    };
    try {
      const closing = counters.settle(id, untold.demands, untold.used);
      if (closing instanceof Promise) closing.then(this.#told, failed);
      else this.#told(closing);
    } catch (thrown) {
      failed(thrown);
    }
  }

  readonly #told = ({ crossings }: Closed): void => {
    for (const crossing of crossings) this.#ports.onCrossing(crossing);
  };

  #asked(
    ask: () => MaybePromise<Reserved>,
    tries = 1,
  ): MaybePromise<Result<readonly LimitState[], Denial>> {
    return andThen(ask(), (answer): MaybePromise<Result<readonly LimitState[], Denial>> => {
      if (answer.kind === 'held') return ok(answer.states);
      if (answer.kind === 'refused') return err(denialOf(answer));
      if (answer.kind === 'rebuilding' || tries >= TRIES_MAX) {
        return err({ reason: 'limits-unavailable' });
      }
      const { counters, seedsOf } = this.#ports;
      return andThen(seedsOf(answer.demands), (seeds) =>
        andThen(counters.seed(seeds, answer.epoch), () => this.#asked(ask, tries + 1)),
      );
    });
  }
}

function denialOf({ demand, retryAfterMs, state }: Reserved & { kind: 'refused' }): Denial {
  const { limit, algorithm } = demand.quota;
  if (algorithm === 'budget') return { reason: 'budget-exhausted', limit, state };
  return retryAfterMs === null
    ? { reason: 'limit-exceeded', limit }
    : { reason: 'limit-reached', limit, retryAfterMs, state };
}

interface Untold {
  readonly demands: readonly Demand[];
  readonly used: Amounts;
}

interface HoldWay {
  readonly nowMs: () => number;
  readonly ended: (hold: Hold, used: Amounts) => void;
  readonly raise: (
    id: string,
    more: readonly Demand[],
  ) => MaybePromise<Result<readonly LimitState[], Denial>>;
}

/** One reservation. The first ending counts; what comes later finds it closed and moves nothing. */
class Hold {
  readonly id: string;
  readonly atMs: number;
  readonly beganMs: number;
  readonly remaining: readonly LimitState[];
  demands: readonly Demand[];
  #way: HoldWay | null;

  constructor(
    id: string,
    { demands, remaining, atMs }: Pick<Hold, 'demands' | 'remaining' | 'atMs'>,
    way: HoldWay,
  ) {
    this.id = id;
    this.atMs = atMs;
    this.beganMs = way.nowMs();
    this.remaining = remaining;
    this.demands = demands;
    this.#way = way;
  }

  get isOpen(): boolean {
    return this.#way !== null;
  }

  raise(estimate: Amounts): MaybePromise<Denial | null> {
    return this.#raise(moreFor(this.demands, estimate));
  }

  add(nanoUsd: number): MaybePromise<Denial | null> {
    return this.#raise(moneyFor(this.demands, nanoUsd));
  }

  #raise(more: readonly Demand[]): MaybePromise<Denial | null> {
    if (more.length === 0 || this.#way === null) return null;
    return andThen(this.#way.raise(this.id, more), (answer) => {
      if (!answer.ok) return answer.error;
      this.demands = raised(this.demands, more);
      return null;
    });
  }

  settle(used: Amounts): void {
    const way = this.#way;
    this.#way = null;
    way?.ended(this, used);
  }

  release(): void {
    this.settle(RELEASED);
  }
}
