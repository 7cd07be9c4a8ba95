/**
 * What a store that several gateways share has said of counters with each answer: there is no list of
 * them there that could be read without going through all of it. So whoever looks sees what this
 * gateway was told in the last minutes; what was taken or given back since is not in it.
 *
 * Bounded: `HEARD_MAX` counters; those that were heard of longest ago go first.
 */
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { Closed, CounterStore, Reserved, Seed } from '../counter-store.ts';
import type { CounterState, CounterStates, Demand, Quota } from '../limiter.ts';

const HEARD_MAX = 10_000;
/** What is older tells nothing of now. */
const HEARD_MS = 600_000;
/**
 * Answers to several processes overtake each other on their way by no more than this: which of two is the
 * later one at the store nobody here can tell, and of what was taken at nearly one moment less is left.
 */
const OVERTAKEN_MS = 1_000;

interface Heard {
  readonly state: LimitState;
  readonly atMs: number;
}

/** A counter as it is told to another process: by times from now on, and not by a clock of this one. */
export interface HeardState extends CounterState {
  readonly bucket: string;
}

/** The counters of a quota among those, by the rest of their names. */
export function* statesIn(
  heard: Iterable<HeardState>,
  { limit, unit }: Quota,
): Iterable<readonly [name: string, state: CounterState]> {
  const prefix = `${limit}|${unit}|`;
  for (const { bucket, ...state } of heard) {
    if (bucket.startsWith(prefix)) yield [bucket.slice(prefix.length), state];
  }
}

/** What several processes have heard: of each counter what was heard last, and at about one time the least. */
export function lastHeard(lists: Iterable<readonly HeardState[]>): CounterStates {
  const last = new Map<string, HeardState>();
  for (const list of lists) {
    for (const one of list) {
      const other = last.get(one.bucket);
      if (other === undefined || isLater(one, other)) last.set(one.bucket, one);
    }
  }
  return { states: (quota) => statesIn(last.values(), quota) };
}

function isLater(one: HeardState, other: HeardState): boolean {
  return Math.abs(one.heardMs - other.heardMs) <= OVERTAKEN_MS
    ? one.remaining < other.remaining
    : one.heardMs < other.heardMs;
}

export class HeardStates implements CounterStore, CounterStates {
  readonly #counters: CounterStore;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** In the order in which they were heard of. */
  readonly #heard = new Map<string, Heard>();

  constructor(counters: CounterStore, clock: Pick<Clock, 'monotonicMs'>) {
    this.#counters = counters;
    this.#clock = clock;
  }

  states(quota: Quota): Iterable<readonly [name: string, state: CounterState]> {
    return statesIn(this.heard(), quota);
  }

  /** One that time has filled again is like one that nobody has used. */
  *heard(): Iterable<HeardState> {
    const nowMs = this.#clock.monotonicMs();
    for (const [bucket, { state, atMs }] of this.#heard) {
      const heardMs = nowMs - atMs;
      const resetMs = state.resetMs - heardMs;
      if (heardMs > HEARD_MS || (state.windowMs > 0 && resetMs <= 0)) continue;
      const { remaining } = state;
      yield { bucket, remaining, resetMs: Math.max(0, resetMs), heardMs };
    }
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<Reserved> {
    return this.#noted(demands, this.#counters.reserve(id, demands, leaseMs));
  }

  take(demands: readonly Demand[]): MaybePromise<Reserved> {
    return this.#noted(demands, this.#counters.take(demands));
  }

  raise(id: string, more: readonly Demand[]): MaybePromise<Reserved> {
    return this.#noted(more, this.#counters.raise(id, more));
  }

  settle(id: string, demands: readonly Demand[], used: Amounts): MaybePromise<Closed> {
    return this.#counters.settle(id, demands, used);
  }

  extend(id: string, leaseMs: number): MaybePromise<boolean> {
    return this.#counters.extend(id, leaseMs);
  }

  lower(id: string, demands: readonly Demand[]): MaybePromise<boolean> {
    return this.#counters.lower(id, demands);
  }

  seed(seeds: readonly Seed[], epoch: string): MaybePromise<void> {
    return this.#counters.seed(seeds, epoch);
  }

  restore(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<void> {
    return this.#counters.restore(id, demands, leaseMs);
  }

  sweep(): MaybePromise<number> {
    return this.#counters.sweep();
  }

  #noted(demands: readonly Demand[], asked: MaybePromise<Reserved>): MaybePromise<Reserved> {
    return andThen(asked, (answer) => {
      if (answer.kind === 'held') this.#note(demands, answer.states);
      else if (answer.kind === 'refused' && answer.state !== null)
        this.#note([answer.demand], [answer.state]);
      return answer;
    });
  }

  /** A state for each demand, in their order. */
  #note(demands: readonly Demand[], states: readonly LimitState[]): void {
    const atMs = this.#clock.monotonicMs();
    for (const [index, { bucket, quota }] of demands.entries()) {
      const state = states[index];
      // Budgets are told out of the ledger, whoever counts.
      if (state === undefined || quota.algorithm === 'budget') continue;
      this.#heard.delete(bucket);
      this.#heard.set(bucket, { state, atMs });
    }
    for (const bucket of this.#heard.keys()) {
      if (this.#heard.size <= HEARD_MAX) break;
      this.#heard.delete(bucket);
    }
  }
}
