/**
 * Counters in this process. Exact, because a JavaScript thread is never interrupted.
 *
 * A counter is forgotten only when it holds nothing, which changes nothing. Evicting one earlier would
 * refill it: a caller could then buy capacity with names. How many there are is bounded by what callers
 * used in one window; beyond `countersMax` calls are refused until some are empty.
 */
import { amountOf, type Amounts, type LimitState } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Closed, CounterStore, Crossing, Reserved, Seed } from '../counter-store.ts';
import type { CounterState, CounterStates, Demand, Quota } from '../limiter.ts';
import { lowered, loweredMarks, raised } from '../raise.ts';
import { BucketShelf } from './bucket-shelf.ts';
import { MoneyShelf } from './money-shelf.ts';
import type { Shelf } from './shelf.ts';
import { SlotShelf } from './slot-shelf.ts';
import { WindowShelf } from './window-shelf.ts';

interface Held {
  demands: readonly Demand[];
  /** What each shelf has to know at the end; null where that is 0 for all of them. */
  marks: readonly number[] | null;
  endsMs: number;
}

/** What has ended, and what that has charged. What ended before it began is not begun any more. */
interface Late {
  /** Null: nothing that a later word would change. */
  readonly amounts: readonly number[] | null;
  readonly atMs: number;
}

const SWEEP_EVERY = 4_096;
const COUNTERS_MAX = 1_000_000;
/** How long after its lease a settlement may come, and how many such are remembered. */
const LATE_MS = 3_600_000;
const LATE_MAX = 100_000;
const LATE_FORGOTTEN = 1_000;
const NOTHING: Closed = { isMoved: false, crossings: [] };
const MOVED: Closed = { isMoved: true, crossings: [] };

export class MemoryCounters implements CounterStore, CounterStates {
  readonly money: MoneyShelf;
  readonly #shelves: Readonly<Record<Quota['algorithm'], Shelf>>;
  readonly #held = new Map<string, Held>();
  readonly #late = new Map<string, Late>();
  readonly #clock: Clock;
  readonly #epoch: string;
  readonly #countersMax: number;
  #untilSweep = SWEEP_EVERY;

  constructor(clock: Clock, { countersMax = COUNTERS_MAX, epoch = 'process' } = {}) {
    this.#clock = clock;
    this.#epoch = epoch;
    this.#countersMax = countersMax;
    this.money = new MoneyShelf(epoch, () => clock.nowMs());
    this.#shelves = {
      'token-bucket': new BucketShelf(),
      'sliding-window': new WindowShelf(),
      concurrency: new SlotShelf(),
      budget: this.money,
    };
  }

  get openCount(): number {
    return this.#held.size;
  }

  get counterCount(): number {
    const {
      'token-bucket': buckets,
      'sliding-window': windows,
      concurrency,
      budget,
    } = this.#shelves;
    return buckets.size + windows.size + concurrency.size + budget.size;
  }

  /** Reads each of its shelf. */
  *states(quota: Quota): Iterable<readonly [name: string, state: CounterState]> {
    const shelf = this.#shelves[quota.algorithm];
    const nowMs = this.#now();
    const prefix = `${quota.limit}|${quota.unit}|`;
    for (const bucket of shelf.names()) {
      if (!bucket.startsWith(prefix)) continue;
      const demand = { quota, bucket, amount: 0, scope: null };
      const { remaining, resetMs } = shelf.stateOf(demand, nowMs);
      yield [bucket.slice(prefix.length), { remaining, resetMs, heardMs: 0 }];
    }
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number): Reserved {
    const nowMs = this.#now();
    // A command that was late: whoever sent it has given up, and said so, or it was sent twice.
    if (this.#late.has(id) || this.#held.has(id))
      return { kind: 'rebuilding', retryAfterMs: 1_000 };
    const refused = this.#refusal(demands, nowMs);
    if (refused !== null) return refused;
    // Nothing was taken before this line, so there is nothing to give back on a refusal.
    const { states, marks } = this.#take(id, demands, nowMs, leaseMs);
    this.#held.set(id, { demands, marks, endsMs: nowMs + leaseMs });
    return { kind: 'held', states };
  }

  take(demands: readonly Demand[]): Reserved {
    const nowMs = this.#now();
    const refused = this.#refusal(demands, nowMs);
    if (refused !== null) return refused;
    return { kind: 'held', states: this.#take('', demands, nowMs, 0).states };
  }

  settle(id: string, demands: readonly Demand[], used: Amounts): Closed {
    const held = this.#held.get(id);
    if (held === undefined) return this.#settleLate(id, demands, used);
    this.#held.delete(id);
    return this.#close(id, held, used);
  }

  extend(id: string, leaseMs: number): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    // Behind those whose leases end earlier, so that the sweep may stop at the first that runs.
    this.#held.delete(id);
    const nowMs = this.#now();
    // The holder is gone. Behind the others the sweep would find it when the last of them is over.
    if (leaseMs <= 0) {
      this.#expire(id, held, nowMs);
      return true;
    }
    held.endsMs = nowMs + leaseMs;
    this.#held.set(id, held);
    return true;
  }

  raise(id: string, more: readonly Demand[]): Reserved {
    const nowMs = this.#now();
    const held = this.#held.get(id);
    // Its lease is over and it is charged: there is nothing to raise.
    if (held === undefined) return { kind: 'rebuilding', retryAfterMs: 1_000 };
    const refused = this.#refusal(more, nowMs);
    if (refused !== null) return refused;
    const { states } = this.#take(id, more, nowMs, 0);
    held.demands = raised(held.demands, more);
    return { kind: 'held', states };
  }

  lower(id: string, demands: readonly Demand[]): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    const nowMs = this.#now();
    const less = lowered(held.demands, demands);
    for (const [index, demand] of held.demands.entries()) {
      const taken = { id, mark: held.marks?.[index] ?? 0, used: less[index]?.amount ?? 0 };
      this.#shelves[demand.quota.algorithm].lower(demand, taken, nowMs);
    }
    if (held.marks !== null) held.marks = loweredMarks(held.demands, held.marks);
    held.demands = less;
    return true;
  }

  seed(seeds: readonly Seed[], epoch: string): void {
    if (epoch !== this.#epoch) return;
    for (const seed of seeds) this.money.seed(seed);
  }

  /** A process that has its counters has its holds. */
  restore(): void {}

  sweep(): number {
    const nowMs = this.#now();
    let count = 0;
    for (const [id, held] of this.#held) {
      if (held.endsMs > nowMs) break;
      this.#held.delete(id);
      this.#expire(id, held, nowMs);
      count += 1;
    }
    return count;
  }

  #now(): number {
    const nowMs = Math.floor(this.#clock.monotonicMs());
    this.#untilSweep -= 1;
    if (this.#untilSweep <= 0) this.#forget(nowMs);
    return nowMs;
  }

  #refusal(demands: readonly Demand[], nowMs: number): Reserved | null {
    let unseeded: Demand[] | null = null;
    for (const demand of demands) {
      if (demand.quota.algorithm === 'budget' && !this.money.isSeeded(demand)) {
        (unseeded ??= []).push(demand);
        continue;
      }
      const refusal = this.#shelves[demand.quota.algorithm].refusal(demand, nowMs);
      if (refusal !== null) return { kind: 'refused', demand, ...refusal };
    }
    if (unseeded !== null) return { kind: 'unseeded', demands: unseeded, epoch: this.#epoch };
    if (this.counterCount < this.#countersMax) return null;
    // Who has its counters goes on: one who makes up names must not stop everybody.
    const demand = demands.find(({ quota, bucket }) => !this.#shelves[quota.algorithm].has(bucket));
    if (demand === undefined) return null;
    return { kind: 'refused', demand, retryAfterMs: 1_000, state: null };
  }

  #take(
    id: string,
    demands: readonly Demand[],
    nowMs: number,
    leaseMs: number,
  ): { states: LimitState[]; marks: number[] | null } {
    const states: LimitState[] = [];
    let marks: number[] | null = null;
    // By index: an iterator for each call would be most of the cost of this loop.
    for (let index = 0; index < demands.length; index += 1) {
      const demand = demands[index];
      if (demand === undefined) continue;
      const shelf = this.#shelves[demand.quota.algorithm];
      const mark = shelf.take(demand, id, nowMs, leaseMs);
      if (mark !== 0) (marks ??= demands.map(() => 0))[index] = mark;
      states.push(shelf.stateOf(demand, nowMs));
    }
    return { states, marks };
  }

  #close(id: string, { demands, marks }: Held, used: Amounts): Closed {
    const nowMs = this.#now();
    let crossings: Crossing[] | null = null;
    for (let index = 0; index < demands.length; index += 1) {
      const demand = demands[index];
      if (demand === undefined) continue;
      const { algorithm, unit } = demand.quota;
      const taken = { id, mark: marks?.[index] ?? 0, used: amountOf(unit, used) };
      this.#shelves[algorithm].close(demand, taken, nowMs);
      if (algorithm !== 'budget') continue;
      for (const crossing of this.money.crossings(demand)) (crossings ??= []).push(crossing);
    }
    return crossings === null ? MOVED : { isMoved: true, crossings };
  }

  /** Whoever holds it is gone, or cut off: charged is all that it held (decision 0040). */
  #expire(id: string, held: Held, nowMs: number): void {
    const { demands, marks } = held;
    const amounts: number[] = [];
    for (const [index, demand] of demands.entries()) {
      const { algorithm } = demand.quota;
      const used = demand.amount;
      const mark = marks?.[index] ?? 0;
      this.#shelves[algorithm].close(demand, { id, mark, used }, nowMs);
      amounts.push(used);
    }
    this.#remember(id, amounts);
  }

  #remember(id: string, amounts: readonly number[] | null): void {
    if (this.#late.size >= LATE_MAX) this.#forgetLate();
    this.#late.set(id, { amounts, atMs: this.#now() });
  }

  /** Many at once: whoever looks for the oldest walks past all that were deleted before it (20 µs here). */
  #forgetLate(): void {
    let left = LATE_FORGOTTEN;
    for (const oldest of this.#late.keys()) {
      this.#late.delete(oldest);
      left -= 1;
      if (left === 0) break;
    }
  }

  #settleLate(id: string, demands: readonly Demand[], used: Amounts): Closed {
    const late = this.#late.get(id);
    this.#remember(id, null);
    if (late === undefined || late.amounts === null) return NOTHING;
    const { amounts } = late;
    const crossings: Crossing[] = [];
    for (const [index, demand] of demands.entries()) {
      if (demand.quota.algorithm !== 'budget') continue;
      const charged = amounts[index] ?? 0;
      this.money.correct(demand, amountOf(demand.quota.unit, used) - charged);
      crossings.push(...this.money.crossings(demand));
    }
    return { isMoved: false, crossings };
  }

  #forget(nowMs: number): void {
    for (const shelf of Object.values(this.#shelves)) shelf.forget(nowMs);
    for (const [id, { atMs }] of this.#late) {
      if (atMs > nowMs - LATE_MS) break;
      this.#late.delete(id);
    }
    this.#untilSweep = Math.max(SWEEP_EVERY, this.counterCount);
  }
}
