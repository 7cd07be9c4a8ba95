/**
 * Limits and budgets of several workers, exact: one process has the counters, the workers ask it. A call
 * waits for one answer, before it; its end is told and not waited for (decision 0057 has what that costs,
 * and what was weighed against it).
 */
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type {
  Closed,
  CounterStore,
  Crossing,
  Reserved,
  Seed,
} from '#policy/limiters/counter-store.ts';
import type { BudgetScope, Demand } from '#policy/limiters/limiter.ts';
import { raised } from '#policy/limiters/raise.ts';
import { assert } from '#stdx/assert.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { Channel } from './channel.ts';
import { QuotaNames, Quotas, type SaidQuota } from './quota-names.ts';

/** A demand on its way: what is the same for every call is said once. */
export type SaidDemand = readonly [
  quota: SaidQuota,
  bucket: string,
  amount: number,
  scope: BudgetScope | null,
  isLent: true | undefined,
];
/** What of a state is not in the quota. */
type SaidState = readonly [limit: number, remaining: number, resetMs: number];
/** Demands by their place among those that were asked. */
export type SaidAnswer =
  | { readonly held: readonly SaidState[] }
  | {
      readonly refused: number;
      readonly retryAfterMs: number | null;
      readonly state: SaidState | null;
    }
  | { readonly unseeded: readonly number[]; readonly epoch: string }
  | { readonly rebuildingMs: number };
interface SaidHold {
  readonly id: string;
  readonly demands: readonly SaidDemand[];
}

/** What the owner of the counters answers to one worker. */
export type CounterAnswerers = {
  readonly reserve: (asked: SaidHold & { readonly leaseMs: number }) => MaybePromise<SaidAnswer>;
  readonly take: (demands: readonly SaidDemand[]) => MaybePromise<SaidAnswer>;
  readonly settle: (asked: { readonly id: string; readonly used: Amounts }) => MaybePromise<Closed>;
  readonly extend: (asked: {
    readonly id: string;
    readonly leaseMs: number;
  }) => MaybePromise<boolean>;
  readonly raise: (asked: SaidHold) => MaybePromise<SaidAnswer>;
  readonly lower: (asked: SaidHold) => MaybePromise<boolean>;
  readonly seed: (asked: {
    readonly seeds: readonly Seed[];
    readonly epoch: string;
  }) => MaybePromise<void>;
};

/** One worker's part in the counters of the owner. */
export class CounterSeat {
  readonly #counters: CounterStore;
  readonly #onCrossing: (crossing: Crossing) => void;
  readonly #quotas = new Quotas();
  #isOver = false;
  /** What the worker holds: its own end, should it come before theirs. */
  readonly #open = new Map<string, readonly Demand[]>();

  constructor(counters: CounterStore, onCrossing: (crossing: Crossing) => void) {
    this.#counters = counters;
    this.#onCrossing = onCrossing;
  }

  readonly answerers: CounterAnswerers = {
    reserve: ({ id, demands: said, leaseMs }) => {
      const demands = this.#demands(said);
      return andThen(this.#counters.reserve(id, demands, leaseMs), (answer) => {
        const told = saidAnswer(answer, demands);
        if (answer.kind !== 'held') return told;
        // What a store grants to a worker that has ended meanwhile is nobody's.
        if (this.#isOver) return andThen(this.#counters.extend(id, 0), () => told);
        this.#open.set(id, demands);
        return told;
      });
    },
    take: (said) => {
      const demands = this.#demands(said);
      return andThen(this.#counters.take(demands), (answer) => saidAnswer(answer, demands));
    },
    settle: ({ id, used }) => {
      const demands = this.#open.get(id) ?? [];
      this.#open.delete(id);
      return andThen(this.#counters.settle(id, demands, used), (closed) => {
        for (const crossing of closed.crossings) this.#onCrossing(crossing);
        return closed;
      });
    },
    extend: ({ id, leaseMs }) => this.#counters.extend(id, leaseMs),
    raise: ({ id, demands: said }) => {
      const more = this.#demands(said);
      return andThen(this.#counters.raise(id, more), (answer) => {
        const held = this.#open.get(id);
        if (answer.kind === 'held' && held !== undefined) this.#open.set(id, raised(held, more));
        return saidAnswer(answer, more);
      });
    },
    lower: ({ id, demands: said }) => {
      const demands = this.#demands(said);
      if (this.#open.has(id)) this.#open.set(id, demands);
      return this.#counters.lower(id, demands);
    },
    seed: ({ seeds, epoch }) => this.#counters.seed(seeds, epoch),
  };

  /** Everything that the worker holds now. */
  held(): readonly Demand[] {
    return [...this.#open.values()].flat();
  }

  get openCount(): number {
    return this.#open.size;
  }

  /**
   * The worker is gone: what it held ends now and is charged whole, as at the end of a lease. A slot of a
   * call that nobody runs any more keeps nobody out.
   */
  async end(): Promise<void> {
    this.#isOver = true;
    const ids = [...this.#open.keys()];
    this.#open.clear();
    for (const id of ids) await this.#counters.extend(id, 0);
  }

  #demands(said: readonly SaidDemand[]): readonly Demand[] {
    return said.map(([quota, bucket, amount, scope, isLent]) => ({
      quota: this.#quotas.of(quota),
      bucket,
      amount,
      scope,
      ...(isLent !== undefined && { isLent }),
    }));
  }
}

function saidAnswer(answer: Reserved, demands: readonly Demand[]): SaidAnswer {
  switch (answer.kind) {
    case 'held':
      return { held: answer.states.map(saidState) };
    case 'refused': {
      const { demand, retryAfterMs, state } = answer;
      const refused = demands.indexOf(demand);
      return { refused, retryAfterMs, state: state === null ? null : saidState(state) };
    }
    case 'unseeded':
      return {
        unseeded: answer.demands.map((demand) => demands.indexOf(demand)),
        epoch: answer.epoch,
      };
    case 'rebuilding':
      return { rebuildingMs: answer.retryAfterMs };
  }
}

const saidState = ({ limit, remaining, resetMs }: LimitState): SaidState => [
  limit,
  remaining,
  resetMs,
];

const MOVED: Closed = { isMoved: true, crossings: [] };
const NOTHING_HELD: Reserved = { kind: 'held', states: [] };

/** The counters as a worker sees them. What is counted by nobody is not asked for. */
export class OwnersCounters implements CounterStore {
  protected readonly owner: Channel<CounterAnswerers>;
  readonly #names = new QuotaNames();

  constructor(owner: Channel<CounterAnswerers>) {
    this.owner = owner;
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<Reserved> {
    if (demands.length === 0) return NOTHING_HELD;
    const asked = { id, demands: this.#said(demands), leaseMs };
    return this.owner.ask('reserve', asked).then((answer) => reservedOf(answer, demands));
  }

  take(demands: readonly Demand[]): MaybePromise<Reserved> {
    if (demands.length === 0) return NOTHING_HELD;
    return this.owner
      .ask('take', this.#said(demands))
      .then((answer) => reservedOf(answer, demands));
  }

  /**
   * The owner tells of lines that are crossed, and has heard every end before whatever is asked next here.
   * Another worker may ask a millisecond before it has: what is not given back by then is still held. A
   * place among calls at once is given back with no such delay, as it is what the next call waits for.
   */
  settle(id: string, demands: readonly Demand[], used: Amounts): MaybePromise<Closed> {
    if (demands.length === 0) return MOVED;
    const isPlace = demands.some(({ quota }) => quota.algorithm === 'concurrency');
    if (isPlace) this.owner.tell('settle', { id, used });
    else this.owner.tellSoon('settle', { id, used });
    return MOVED;
  }

  extend(id: string, leaseMs: number): Promise<boolean> {
    return this.owner.ask('extend', { id, leaseMs });
  }

  raise(id: string, more: readonly Demand[]): Promise<Reserved> {
    return this.owner
      .ask('raise', { id, demands: this.#said(more) })
      .then((answer) => reservedOf(answer, more));
  }

  lower(id: string, demands: readonly Demand[]): Promise<boolean> {
    return this.owner.ask('lower', { id, demands: this.#said(demands) });
  }

  seed(seeds: readonly Seed[], epoch: string): Promise<void> {
    return this.owner.ask('seed', { seeds, epoch });
  }

  /** The owner's counters outlive a worker, and lose nothing while one is there. */
  restore(): void {}

  /** The owner's own task. */
  sweep(): MaybePromise<number> {
    return 0;
  }

  #said(demands: readonly Demand[]): readonly SaidDemand[] {
    return demands.map(({ quota, bucket, amount, scope, isLent }) => [
      this.#names.said(quota),
      bucket,
      amount,
      scope,
      isLent,
    ]);
  }
}

function reservedOf(answer: SaidAnswer, demands: readonly Demand[]): Reserved {
  if ('held' in answer) {
    const states = answer.held.map((state, at) => stateOf(state, demandAt(demands, at)));
    return { kind: 'held', states };
  }
  if ('refused' in answer) {
    const { refused, retryAfterMs, state } = answer;
    const demand = demandAt(demands, refused);
    return {
      kind: 'refused',
      demand,
      retryAfterMs,
      state: state === null ? null : stateOf(state, demand),
    };
  }
  if ('unseeded' in answer) {
    const { unseeded, epoch } = answer;
    return { kind: 'unseeded', demands: unseeded.map((at) => demandAt(demands, at)), epoch };
  }
  return { kind: 'rebuilding', retryAfterMs: answer.rebuildingMs };
}

function demandAt(demands: readonly Demand[], at: number): Demand {
  const demand = demands[at];
  assert(demand !== undefined, 'an answer is about what was asked');
  return demand;
}

const stateOf = (
  [limit, remaining, resetMs]: SaidState,
  { quota: { limit: name, unit, windowMs, policy } }: Demand,
): LimitState => ({ name, unit, limit, remaining, resetMs, windowMs, policy });
