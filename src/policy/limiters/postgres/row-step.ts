/**
 * One step on counters that were read under a lock. What it decides is what the store in memory decides,
 * with the same functions; it changes copies, and says at the end what has to be written.
 */
import { assert } from '#stdx/assert.ts';
import { type Amounts, amountOf, type LimitState } from '#domain/limit-state.ts';

import { affords, lineCrossed, moneyLeft, openScope, seed } from '../budget-scope.ts';
import type { Crossing, Reserved, Seed } from '../counter-store.ts';
import type { BudgetQuota, Demand } from '../limiter.ts';
import { slotName } from '../memory/slot-shelf.ts';
import {
  count,
  countBack,
  openWindow,
  slide,
  type SlicedWindow,
  slideMs,
} from '../sliding-window.ts';
import {
  type Bucket,
  draw,
  emptyDebt,
  fits,
  lend,
  type Moment,
  owedAt,
  repay,
  resetMs,
  unitsLeft,
  waitMs,
} from '../token-bucket.ts';
import type { Change, CounterState, MoneyRow, Rows, SlotRow } from './counter-rows.ts';

/** Longer than anything that may still ask for it; what is gone is the same as empty. */
const MARGIN_MS = 60_000;
const MONEY_KEPT_MS = 172_800_000;
const SLOTS_KEPT_MS = 259_200_000;
const SLOT_RETRY_MS = 1_000;
const ENDING_RETRY_MS = 50;

/** The mark of a loan from a bucket. */
const LENT = 1;

interface Refusal {
  readonly retryAfterMs: number | null;
  readonly state: LimitState | null;
}

export const keyOf = ({ bucket, quota: { algorithm } }: Demand, epoch: string): string => {
  const isOfEpoch = algorithm === 'budget' || algorithm === 'concurrency';
  return `${isOfEpoch ? `${epoch}:` : ''}${algorithm}:${bucket}`;
};

export class RowStep {
  readonly #rows: Rows;
  readonly #epoch: string;
  readonly #states: Map<string, CounterState>;
  readonly #changed = new Map<string, number>();

  private constructor(rows: Rows, states: ReadonlyMap<string, CounterState | null>) {
    this.#rows = rows;
    this.#epoch = rows.epoch?.epoch ?? '0';
    this.#states = new Map();
    for (const [key, state] of states) if (state !== null) this.#states.set(key, state);
  }

  static async of(rows: Rows, demands: readonly Demand[], more: readonly string[] = []) {
    const epoch = rows.epoch?.epoch ?? '0';
    const keys = new Set([...more, ...demands.map((demand) => keyOf(demand, epoch))]);
    return new RowStep(rows, await rows.lock([...keys].sort()));
  }

  state(key: string): CounterState | undefined {
    return this.#states.get(key);
  }

  put(key: string, state: CounterState, keepMs: number): void {
    this.#states.set(key, state);
    this.#changed.set(key, keepMs);
  }

  get changes(): Change[] {
    return [...this.#changed].map(([key, keepMs]) => ({
      key,
      state: this.#states.get(key) ?? null,
      keepMs,
    }));
  }

  refusal(demands: readonly Demand[]): Reserved | null {
    const { epoch, nowMs } = this.#rows;
    const unseeded: Demand[] = [];
    for (const demand of demands) {
      if (demand.quota.algorithm === 'budget') {
        const pauseMs = epoch === null ? 1 : epoch.pausedMs - nowMs;
        if (pauseMs > 0) return { kind: 'rebuilding', retryAfterMs: pauseMs };
        const money = this.money(demand);
        if (money.ending > 0) return { kind: 'rebuilding', retryAfterMs: ENDING_RETRY_MS };
        if (money.epoch === null) {
          unseeded.push(demand);
          continue;
        }
      }
      const refused = this.#refused(demand);
      if (refused !== null) return { kind: 'refused', demand, ...refused };
    }
    if (unseeded.length === 0) return null;
    return { kind: 'unseeded', demands: unseeded, epoch: this.#epoch };
  }

  /** Only after `refusal` said that it fits. */
  take(demands: readonly Demand[], id: string, endsMs: number) {
    const states: LimitState[] = [];
    const marks: number[] = [];
    for (const demand of demands) {
      marks.push(this.#taken(demand, id, endsMs));
      states.push(this.#left(demand));
    }
    return { states, marks };
  }

  close(demand: Demand, { id, mark, used }: { id: string; mark: number; used: number }): void {
    const { quota, amount } = demand;
    const { nowMs } = this.#rows;
    switch (quota.algorithm) {
      case 'token-bucket':
        if (mark === LENT)
          this.#changeBucket(demand, (bucket, at) => repay(bucket, amount, used, at));
        else if (used !== amount) this.#draw(demand, used - amount);
        return;
      case 'sliding-window': {
        const window = this.#changedWindow(demand);
        if (used > amount) count(window, used - amount);
        else countBack(window, amount - used, mark);
        return;
      }
      case 'concurrency':
        return this.#freeSlots(demand, id, 0);
      case 'budget': {
        const money = this.changedMoney(demand);
        money.held = Math.max(0, money.held - amount);
        money.spent += used;
        if (mark === 1) money.ending = Math.max(0, money.ending - 1);
        assert(nowMs >= 0, 'time has begun');
      }
    }
  }

  /** Of the hold `used` stays: what it holds of a bucket is drawn now. */
  lower(demand: Demand, taken: { id: string; mark: number; used: number }): void {
    const { quota, amount } = demand;
    if (quota.algorithm === 'concurrency') this.#freeSlots(demand, taken.id, taken.used);
    else if (quota.algorithm === 'budget') {
      const money = this.changedMoney(demand);
      money.held = Math.max(0, money.held - amount + taken.used);
    } else this.close(demand, taken);
  }

  money(demand: Demand): MoneyRow {
    const known = this.#states.get(keyOf(demand, this.#epoch));
    // What stands under the name of a budget was written by these functions.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (known !== undefined) return known as MoneyRow;
    return { ...openScope(demand.scope?.toMs ?? 0), fence: 0, ending: 0 };
  }

  changedMoney(demand: Demand): MoneyRow {
    const money = this.money(demand);
    this.put(keyOf(demand, this.#epoch), money, MONEY_KEPT_MS);
    return money;
  }

  crossing(demand: Demand): Crossing | null {
    if (demand.quota.algorithm !== 'budget') return null;
    const money = this.changedMoney(demand);
    const line = lineCrossed(money, demand.quota.lines);
    return line === null ? null : { demand, line, spent: money.spent };
  }

  seed({ demand, spent, carried }: Seed, fence: number): void {
    const money = this.money(demand);
    if (money.epoch !== null || money.ending > 0 || fence < money.fence) return;
    if (demand.quota.algorithm !== 'budget') return;
    const changed = this.changedMoney(demand);
    const charged = changed.spent;
    seed(changed, { spent, carried, epoch: this.#epoch }, demand.quota.lines);
    changed.spent += charged;
  }

  #taken(demand: Demand, id: string, endsMs: number): number {
    switch (demand.quota.algorithm) {
      case 'token-bucket':
        if (demand.isLent !== true) this.#draw(demand, demand.amount);
        else this.#changeBucket(demand, (bucket, at) => lend(bucket, demand.amount, endsMs, at));
        return demand.isLent === true ? LENT : 0;
      case 'sliding-window': {
        const window = this.#changedWindow(demand);
        count(window, demand.amount);
        return window.slice;
      }
      case 'concurrency':
        return this.#takeSlots(demand, id, endsMs);
      case 'budget':
        this.changedMoney(demand).held += demand.amount;
        return 0;
    }
  }

  #refused(demand: Demand): Refusal | null {
    const { quota, amount } = demand;
    const { nowMs } = this.#rows;
    switch (quota.algorithm) {
      case 'token-bucket': {
        if (amount * quota.rate.unitPoints > quota.rate.capacity) return NEVER;
        const debt = owedAt(this.#bucket(demand), quota.rate, nowMs);
        if (fits(debt, amount, quota.rate)) return null;
        return { retryAfterMs: waitMs(debt, amount, quota.rate), state: this.#left(demand) };
      }
      case 'sliding-window': {
        if (amount > quota.amount) return NEVER;
        const window = this.#window(demand);
        if (window.used + amount <= quota.amount) return null;
        const retryAfterMs = slideMs(window, amount, quota.amount, nowMs);
        return { retryAfterMs, state: this.#left(demand) };
      }
      case 'concurrency':
        if (Object.keys(this.#slots(demand)).length + amount <= quota.amount) return null;
        return { retryAfterMs: SLOT_RETRY_MS, state: null };
      case 'budget':
        return this.#refusedMoney(demand, quota);
    }
  }

  #refusedMoney(demand: Demand, quota: BudgetQuota): Refusal | null {
    const money = this.money(demand);
    if (affords(money, quota, demand.amount)) return null;
    const fitsEver = demand.amount <= quota.amount + money.carried;
    return { retryAfterMs: fitsEver ? this.#untilEnd(demand) : null, state: this.#left(demand) };
  }

  #left(demand: Demand): LimitState {
    const { limit: name, unit, amount: limit, windowMs, policy } = demand.quota;
    return { name, unit, limit, windowMs, policy, ...this.#remains(demand) };
  }

  #remains(demand: Demand): { remaining: number; resetMs: number } {
    const { quota } = demand;
    const { nowMs } = this.#rows;
    switch (quota.algorithm) {
      case 'token-bucket': {
        const debt = owedAt(this.#bucket(demand), quota.rate, nowMs);
        return { remaining: unitsLeft(debt, quota.rate), resetMs: resetMs(debt, quota.rate) };
      }
      case 'sliding-window': {
        const window = this.#window(demand);
        const { amount } = quota;
        const reset = window.used === 0 ? 0 : slideMs(window, amount, amount, nowMs);
        return { remaining: Math.max(0, amount - window.used), resetMs: reset };
      }
      case 'concurrency': {
        const taken = Object.keys(this.#slots(demand)).length;
        return { remaining: Math.max(0, quota.amount - taken), resetMs: 0 };
      }
      case 'budget':
        return { remaining: moneyLeft(this.money(demand), quota), resetMs: this.#untilEnd(demand) };
    }
  }

  #untilEnd({ scope }: Demand): number {
    return Math.max(1, (scope?.toMs ?? 0) - this.#rows.nowMs);
  }

  #bucket(demand: Demand): Bucket {
    assert(demand.quota.algorithm === 'token-bucket', 'a bucket is of a token bucket');
    const known = this.#states.get(keyOf(demand, this.#epoch));
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const bucket = known as Bucket | undefined;
    // What a row lacks was written before there were loans.
    return { ...emptyDebt(demand.quota.rate, this.#rows.nowMs), ...bucket };
  }

  #changeBucket(demand: Demand, change: (bucket: Bucket, at: Moment) => void): void {
    const { quota } = demand;
    if (quota.algorithm !== 'token-bucket') return;
    const { nowMs } = this.#rows;
    const bucket = this.#bucket(demand);
    change(bucket, { rate: quota.rate, nowMs });
    const loanMs = bucket.lent > 0 ? bucket.lentEndsMs - nowMs : 0;
    const keptMs = Math.max(resetMs(bucket.debt, quota.rate), loanMs) + MARGIN_MS;
    this.put(keyOf(demand, this.#epoch), bucket, keptMs);
  }

  #takeSlots(demand: Demand, id: string, endsMs: number): number {
    const slots = { ...this.#slots(demand) };
    for (let slot = 0; slot < demand.amount; slot += 1) slots[slotName(id, slot)] = endsMs;
    this.put(keyOf(demand, this.#epoch), slots, SLOTS_KEPT_MS);
    return 0;
  }

  #freeSlots(demand: Demand, id: string, from: number): void {
    const gone = new Set<string>();
    for (let slot = from; slot < demand.amount; slot += 1) gone.add(slotName(id, slot));
    const left = Object.entries(this.#slots(demand)).filter(([name]) => !gone.has(name));
    this.put(keyOf(demand, this.#epoch), Object.fromEntries(left), SLOTS_KEPT_MS);
  }

  #draw(demand: Demand, amount: number): void {
    this.#changeBucket(demand, (bucket, { rate, nowMs }) => draw(bucket, amount, rate, nowMs));
  }

  #window(demand: Demand): SlicedWindow {
    assert(demand.quota.algorithm === 'sliding-window', 'a window is of a sliding window');
    const known = this.#states.get(keyOf(demand, this.#epoch));
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const window = known as SlicedWindow | undefined;
    if (window === undefined) return openWindow(demand.quota.sliceMs, this.#rows.nowMs);
    slide(window, this.#rows.nowMs);
    return window;
  }

  #changedWindow(demand: Demand): SlicedWindow {
    const { quota } = demand;
    assert(quota.algorithm === 'sliding-window', 'a window is of a sliding window');
    let window = this.#window(demand);
    if (window.sliceMs !== quota.sliceMs) {
      const fresh = openWindow(quota.sliceMs, this.#rows.nowMs);
      // A reload has changed the window: what was used counts as if it were used now.
      count(fresh, window.used);
      window = fresh;
    }
    this.put(keyOf(demand, this.#epoch), window, 17 * quota.sliceMs + MARGIN_MS);
    return window;
  }

  #slots(demand: Demand): SlotRow {
    const known = this.#states.get(keyOf(demand, this.#epoch));
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (known as SlotRow | undefined) ?? {};
  }
}

const NEVER: Refusal = { retryAfterMs: null, state: null };

export const usedOf = (demand: Demand, used: Amounts): number => amountOf(demand.quota.unit, used);
