/**
 * Limits and budgets of several workers, exact: one process has the counters, the workers ask it. A step
 * is one message there and one back (decision 0057 has what that costs, and what was weighed against it).
 */
import type { Amounts } from '#domain/limit-state.ts';
import type { Closed, CounterStore, Reserved, Seed } from '#policy/limiters/counter-store.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import type { Channel } from './channel.ts';

interface Held {
  readonly id: string;
  readonly demands: readonly Demand[];
}

/** What the owner of the counters answers to one worker. */
export type CounterAnswerers = {
  readonly reserve: (asked: Held & { readonly leaseMs: number }) => MaybePromise<Reserved>;
  readonly take: (demands: readonly Demand[]) => MaybePromise<Reserved>;
  readonly settle: (asked: Held & { readonly used: Amounts }) => MaybePromise<Closed>;
  readonly extend: (asked: {
    readonly id: string;
    readonly leaseMs: number;
  }) => MaybePromise<boolean>;
  readonly raise: (asked: Held) => MaybePromise<Reserved>;
  readonly seed: (asked: {
    readonly seeds: readonly Seed[];
    readonly epoch: string;
  }) => MaybePromise<void>;
};

/** One worker's part in the counters of the owner. */
export class CounterSeat {
  readonly #counters: CounterStore;
  /** What the worker holds: its own end, should it come before theirs. */
  readonly #open = new Set<string>();

  constructor(counters: CounterStore) {
    this.#counters = counters;
  }

  readonly answerers: CounterAnswerers = {
    reserve: ({ id, demands, leaseMs }) => {
      // Before it is known whether it is held: what does not exist ends without a trace.
      this.#open.add(id);
      return this.#counters.reserve(id, demands, leaseMs);
    },
    take: (demands) => this.#counters.take(demands),
    settle: ({ id, demands, used }) => {
      this.#open.delete(id);
      return this.#counters.settle(id, demands, used);
    },
    extend: ({ id, leaseMs }) => this.#counters.extend(id, leaseMs),
    raise: ({ id, demands }) => this.#counters.raise(id, demands),
    seed: ({ seeds, epoch }) => this.#counters.seed(seeds, epoch),
  };

  get openCount(): number {
    return this.#open.size;
  }

  /**
   * The worker is gone: what it held ends now and is charged whole, as at the end of a lease. A slot of a
   * call that nobody runs any more keeps nobody out.
   */
  async end(): Promise<void> {
    const ids = [...this.#open];
    this.#open.clear();
    for (const id of ids) await this.#counters.extend(id, 0);
  }
}

const MOVED: Closed = { isMoved: true, crossings: [] };
const NOTHING_HELD: Reserved = { kind: 'held', states: [] };

/** The counters as a worker sees them. What is counted by nobody is not asked for. */
export class OwnersCounters implements CounterStore {
  readonly #owner: Channel<CounterAnswerers>;

  constructor(owner: Channel<CounterAnswerers>) {
    this.#owner = owner;
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number) {
    if (demands.length === 0) return NOTHING_HELD;
    return this.#owner.ask('reserve', { id, demands, leaseMs });
  }

  take(demands: readonly Demand[]) {
    return demands.length === 0 ? NOTHING_HELD : this.#owner.ask('take', demands);
  }

  settle(id: string, demands: readonly Demand[], used: Amounts) {
    return demands.length === 0 ? MOVED : this.#owner.ask('settle', { id, demands, used });
  }

  extend(id: string, leaseMs: number): Promise<boolean> {
    return this.#owner.ask('extend', { id, leaseMs });
  }

  raise(id: string, more: readonly Demand[]): Promise<Reserved> {
    return this.#owner.ask('raise', { id, demands: more });
  }

  seed(seeds: readonly Seed[], epoch: string): Promise<void> {
    return this.#owner.ask('seed', { seeds, epoch });
  }

  /** The owner's counters outlive a worker, and lose nothing while one is there. */
  restore(): void {}

  /** The owner's own task. */
  sweep(): number {
    return 0;
  }
}
