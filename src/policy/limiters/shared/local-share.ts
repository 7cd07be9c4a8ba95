/**
 * Counters of this instance for the time without the shared store. Each limit is divided by the number
 * of instances that were there last: together they let through no more than the limit.
 */
import type { Amounts } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Closed, Reserved, Seed } from '../counter-store.ts';
import type { Demand, Quota } from '../limiter.ts';
import { MemoryCounters } from '../memory/memory-counters.ts';
import { rateOf } from '../rate.ts';

/** `lease`: what was on loan may be spent, and nothing more. */
export type WhileAway = 'soft' | 'lease' | 'deny';

export interface AwayPolicy {
  readonly limits: WhileAway;
  readonly budgets: WhileAway;
}

export const LOCAL_EPOCH = 'local';
/** Nothing can be said: callers are told that limits are unavailable. */
export const UNAVAILABLE = { kind: 'rebuilding', retryAfterMs: 1_000 } as const;

export class LocalShare {
  readonly #policy: AwayPolicy;
  readonly #counters: MemoryCounters;
  readonly #instances: number;
  readonly #shares = new WeakMap<Quota, Quota | typeof NOTHING>();
  /** What is held here, as it was asked of the whole limit. */
  readonly open = new Map<string, readonly Demand[]>();

  constructor(policy: AwayPolicy, clock: Clock, instances: number) {
    this.#policy = policy;
    this.#instances = Math.max(1, instances);
    this.#counters = new MemoryCounters(clock, { epoch: LOCAL_EPOCH });
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number): Reserved {
    const own = this.#shared(demands);
    if (own === null) return UNAVAILABLE;
    const answer = this.#counters.reserve(id, own, leaseMs);
    if (answer.kind === 'held') this.open.set(id, demands);
    return this.#whole(answer, demands);
  }

  take(demands: readonly Demand[]): Reserved {
    const own = this.#shared(demands);
    return own === null ? UNAVAILABLE : this.#whole(this.#counters.take(own), demands);
  }

  raise(id: string, more: readonly Demand[]): Reserved {
    const own = this.#shared(more);
    return own === null ? UNAVAILABLE : this.#whole(this.#counters.raise(id, own), more);
  }

  settle(id: string, demands: readonly Demand[], used: Amounts): Closed {
    this.open.delete(id);
    return this.#counters.settle(id, demands, used);
  }

  extend(id: string, leaseMs: number): boolean {
    return this.#counters.extend(id, leaseMs);
  }

  /** The ledger speaks of everybody: a share of it is this instance's. */
  seed(seeds: readonly Seed[]): void {
    const own = seeds.flatMap(({ demand, spent, carried }) => {
      const [share] = this.#shared([demand]) ?? [];
      if (share === undefined) return [];
      return [{ demand: share, spent: this.#part(spent, 'up'), carried: this.#part(carried) }];
    });
    this.#counters.seed(own, LOCAL_EPOCH);
  }

  sweep(): void {
    this.#counters.sweep();
  }

  /** Null: something of it may not be counted here. */
  #shared(demands: readonly Demand[]): readonly Demand[] | null {
    const own: Demand[] = [];
    for (const demand of demands) {
      const { quota } = demand;
      const isBudget = quota.algorithm === 'budget';
      // A budget that refuses nobody denies nobody either: the ledger has what it counts.
      const isFree = isBudget && !quota.isHard;
      if (!isFree && this.#policy[isBudget ? 'budgets' : 'limits'] !== 'soft') return null;
      const share = this.#shareOf(quota);
      if (share === NOTHING) return null;
      const scaled = { ...demand, quota: share };
      if (isFree) this.#counters.seed([{ demand: scaled, spent: 0, carried: 0 }], LOCAL_EPOCH);
      own.push(scaled);
    }
    return own;
  }

  #shareOf(quota: Quota): Quota | typeof NOTHING {
    const known = this.#shares.get(quota);
    if (known !== undefined) return known;
    const share = divided(quota, this.#instances);
    this.#shares.set(quota, share);
    return share;
  }

  #part(amount: number, round: 'up' | 'down' = 'down'): number {
    const part = amount / this.#instances;
    return round === 'up' ? Math.ceil(part) : Math.floor(part);
  }

  /** What is said of a share, said of the demand that was asked. */
  #whole(answer: Reserved, demands: readonly Demand[]): Reserved {
    const original = (own: Demand): Demand =>
      demands.find(({ bucket }) => bucket === own.bucket) ?? own;
    if (answer.kind === 'unseeded') {
      return { ...answer, demands: answer.demands.map(original) };
    }
    if (answer.kind !== 'refused') return answer;
    // What does not fit a share may fit the whole, when the store is there again.
    const retryAfterMs = answer.retryAfterMs ?? UNAVAILABLE.retryAfterMs;
    return { ...answer, demand: original(answer.demand), retryAfterMs };
  }
}

const NOTHING = 'nothing';

function divided(quota: Quota, instances: number): Quota | typeof NOTHING {
  const amount = Math.floor(quota.amount / instances);
  if (amount < 1 && quota.algorithm !== 'budget') return NOTHING;
  if (quota.algorithm !== 'token-bucket') return { ...quota, amount };
  const { capacity, unitPoints } = quota.rate;
  const burst = Math.floor(capacity / unitPoints / instances);
  return burst < 1 ? NOTHING : { ...quota, amount, rate: rateOf(amount, quota.windowMs, burst) };
}
