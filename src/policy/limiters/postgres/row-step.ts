/**
 * One step on counters that were read under a lock. What it decides is what the store in memory decides,
 * with the same functions; it changes copies, and says at the end what has to be written.
 */
import { type Amounts, amountOf, type LimitState } from '#domain/limit-state.ts';

import { affords, carriedOf, linesCrossed, moneyLeft, seed } from '../budget-scope.ts';
import type { Crossing, Reserved, Seed } from '../counter-store.ts';
import type { BudgetQuota, Demand } from '../limiter.ts';
import { SLOT_RETRY_MS } from '../memory/slot-shelf.ts';
import { count, countBack, slideMs } from '../sliding-window.ts';
import {
  draw,
  fits,
  LENT,
  lend,
  owedAt,
  repay,
  resetMs,
  unitsLeft,
  waitMs,
} from '../token-bucket.ts';
import type { Rows } from './counter-rows.ts';
import { keyOf, RowStates } from './row-states.ts';

const ENDING_RETRY_MS = 50;

interface Refusal {
  readonly retryAfterMs: number | null;
  readonly state: LimitState | null;
}

export class RowStep extends RowStates {
  static async of(rows: Rows, demands: readonly Demand[], more: readonly string[] = []) {
    const epoch = rows.epoch?.epoch ?? '0';
    const keys = new Set([...more, ...demands.map((demand) => keyOf(demand, epoch))]);
    return new RowStep(rows, await rows.lock([...keys].sort()));
  }

  refusal(demands: readonly Demand[]): Reserved | null {
    const { epoch, nowMs } = this.rows;
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
    return { kind: 'unseeded', demands: unseeded, epoch: this.epoch };
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
    switch (quota.algorithm) {
      case 'token-bucket':
        if (mark === LENT)
          this.changeBucket(demand, (bucket, at) => repay(bucket, amount, used, at));
        else if (used !== amount) this.#draw(demand, used - amount);
        return;
      case 'sliding-window': {
        const window = this.changedWindow(demand);
        if (used > amount) count(window, used - amount);
        else countBack(window, amount - used, mark);
        return;
      }
      case 'concurrency':
        return this.freeSlots(demand, id, 0);
      case 'budget': {
        const money = this.changedMoney(demand);
        money.held = Math.max(0, money.held - amount);
        money.spent += used;
        if (mark === 1) money.ending = Math.max(0, money.ending - 1);
      }
    }
  }

  /** Of the hold `used` stays: what it holds of a bucket is drawn now. */
  lower(demand: Demand, taken: { id: string; mark: number; used: number }): void {
    const { quota, amount } = demand;
    if (quota.algorithm === 'concurrency') this.freeSlots(demand, taken.id, taken.used);
    else if (quota.algorithm === 'budget') {
      const money = this.changedMoney(demand);
      money.held = Math.max(0, money.held - amount + taken.used);
    } else this.close(demand, taken);
  }

  crossings(demand: Demand): readonly Crossing[] {
    if (demand.quota.algorithm !== 'budget') return [];
    const money = this.changedMoney(demand);
    const lines = linesCrossed(money, demand.quota.lines);
    return lines.map((line) => ({ demand, line, spent: money.spent }));
  }

  seed({ demand, spent, carried, before }: Seed, fence: number): void {
    const money = this.money(demand);
    if (money.epoch !== null || money.ending > 0 || fence < money.fence) return;
    if (demand.quota.algorithm !== 'budget') return;
    const changed = this.changedMoney(demand);
    const charged = changed.spent;
    const last = before === undefined ? null : this.money(before);
    const left = last === null ? carried : carriedOf(carried, last, demand.quota);
    seed(changed, { spent, carried: left, epoch: this.epoch }, demand.quota.lines);
    changed.spent += charged;
  }

  #taken(demand: Demand, id: string, endsMs: number): number {
    switch (demand.quota.algorithm) {
      case 'token-bucket':
        if (demand.isLent !== true) this.#draw(demand, demand.amount);
        else this.changeBucket(demand, (bucket, at) => lend(bucket, demand.amount, endsMs, at));
        return demand.isLent === true ? LENT : 0;
      case 'sliding-window': {
        const window = this.changedWindow(demand);
        count(window, demand.amount);
        return window.slice;
      }
      case 'concurrency':
        return this.takeSlots(demand, id, endsMs);
      case 'budget':
        this.changedMoney(demand).held += demand.amount;
        return 0;
    }
  }

  #refused(demand: Demand): Refusal | null {
    const { quota, amount } = demand;
    const { nowMs } = this;
    switch (quota.algorithm) {
      case 'token-bucket': {
        if (amount * quota.rate.unitPoints > quota.rate.capacity) return NEVER;
        const debt = owedAt(this.bucket(demand), quota.rate, nowMs);
        if (fits(debt, amount, quota.rate)) return null;
        return { retryAfterMs: waitMs(debt, amount, quota.rate), state: this.#left(demand) };
      }
      case 'sliding-window': {
        if (amount > quota.amount) return NEVER;
        const window = this.window(demand);
        if (window.used + amount <= quota.amount) return null;
        const retryAfterMs = slideMs(window, amount, quota.amount, nowMs);
        return { retryAfterMs, state: this.#left(demand) };
      }
      case 'concurrency':
        if (Object.keys(this.slots(demand)).length + amount <= quota.amount) return null;
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
    const { nowMs } = this;
    switch (quota.algorithm) {
      case 'token-bucket': {
        const debt = owedAt(this.bucket(demand), quota.rate, nowMs);
        return { remaining: unitsLeft(debt, quota.rate), resetMs: resetMs(debt, quota.rate) };
      }
      case 'sliding-window': {
        const window = this.window(demand);
        const { amount } = quota;
        const reset = window.used === 0 ? 0 : slideMs(window, amount, amount, nowMs);
        return { remaining: Math.max(0, amount - window.used), resetMs: reset };
      }
      case 'concurrency': {
        const taken = Object.keys(this.slots(demand)).length;
        return { remaining: Math.max(0, quota.amount - taken), resetMs: 0 };
      }
      case 'budget':
        return { remaining: moneyLeft(this.money(demand), quota), resetMs: this.#untilEnd(demand) };
    }
  }

  #untilEnd({ scope }: Demand): number {
    return Math.max(1, (scope?.toMs ?? 0) - this.nowMs);
  }

  #draw(demand: Demand, amount: number): void {
    this.changeBucket(demand, (bucket, { rate, nowMs }) => draw(bucket, amount, rate, nowMs));
  }
}

const NEVER: Refusal = { retryAfterMs: null, state: null };

export const usedOf = (demand: Demand, used: Amounts): number => amountOf(demand.quota.unit, used);
