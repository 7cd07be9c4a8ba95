/** Budgets: what is held and spent, by scope. */
import { assert } from '#stdx/assert.ts';
import type { LimitState } from '#domain/limit-state.ts';

import {
  affords,
  carriedOf,
  linesCrossed,
  type MoneyScope,
  moneyLeft,
  openScope,
  seed,
} from '../budget-scope.ts';
import type { Crossing, Seed } from '../counter-store.ts';
import type { BudgetQuota, Demand, Quota } from '../limiter.ts';
import type { Refusal, Shelf, Taken } from './shelf.ts';

/**
 * A scope that holds nothing is kept this long after its period. Should a call of it be corrected later,
 * the ledger has it: the scope would begin with the ledger's word.
 */
const KEPT_MS = 600_000;

const NONE: readonly Crossing[] = [];

export class MoneyShelf implements Shelf {
  readonly #scopes = new Map<string, MoneyScope>();
  readonly #epoch: string;
  /** Wall time: periods are of the calendar. */
  readonly #nowMs: () => number;

  constructor(epoch: string, nowMs: () => number) {
    this.#epoch = epoch;
    this.#nowMs = nowMs;
  }

  has(bucket: string): boolean {
    return this.#scopes.has(bucket);
  }

  get size(): number {
    return this.#scopes.size;
  }

  names(): Iterable<string> {
    return this.#scopes.keys();
  }

  isSeeded({ bucket }: Demand): boolean {
    return this.#scopes.get(bucket)?.epoch === this.#epoch;
  }

  seed({ demand, spent, carried, before, untold }: Seed): void {
    const { bucket, quota } = demand;
    isBudget(quota);
    const scope = this.#at(demand);
    if (this.isSeeded(demand)) return;
    assert(bucket !== '', 'a scope has a name');
    const last = before === undefined ? undefined : this.#scopes.get(before.bucket);
    const left = last === undefined ? carried : carriedOf(carried, last, quota);
    seed(scope, { spent, carried: left, epoch: this.#epoch, untold }, quota.lines);
  }

  refusal(demand: Demand): Refusal | null {
    const { quota, amount } = demand;
    isBudget(quota);
    const scope = this.#at(demand);
    if (affords(scope, quota, amount)) return null;
    const isEver = amount <= quota.amount + scope.carried;
    return { retryAfterMs: isEver ? this.#untilEnd(demand) : null, state: this.stateOf(demand) };
  }

  take(demand: Demand): number {
    this.#at(demand).held += demand.amount;
    return 0;
  }

  lower(demand: Demand, { used }: Taken): void {
    this.#at(demand).held -= demand.amount - used;
  }

  /** Between the two: the hold goes, and what was used is spent. */
  close(demand: Demand, { used }: Taken): void {
    const scope = this.#at(demand);
    scope.held -= demand.amount;
    assert(scope.held >= 0, 'what is given back was held');
    scope.spent += used;
  }

  /** What came after the end of a lease has charged something else. */
  correct(demand: Demand, difference: number): void {
    const scope = this.#at(demand);
    scope.spent = Math.max(0, scope.spent + difference);
  }

  crossings(demand: Demand): readonly Crossing[] {
    const { quota } = demand;
    isBudget(quota);
    const scope = this.#at(demand);
    const lines = linesCrossed(scope, quota.lines);
    return lines.length === 0 ? NONE : lines.map((line) => ({ demand, line, spent: scope.spent }));
  }

  stateOf(demand: Demand): LimitState {
    const { quota } = demand;
    isBudget(quota);
    const { limit: name, unit, amount: limit, windowMs, policy } = quota;
    const remaining = moneyLeft(this.#at(demand), quota);
    return { name, unit, limit, remaining, resetMs: this.#untilEnd(demand), windowMs, policy };
  }

  forget(): void {
    const goneMs = this.#nowMs() - KEPT_MS;
    for (const [name, { held, toMs }] of this.#scopes) {
      if (held === 0 && toMs < goneMs) this.#scopes.delete(name);
    }
  }

  /** For reports and for tests of what must hold. */
  entries(): IterableIterator<[string, Readonly<MoneyScope>]> {
    return this.#scopes.entries();
  }

  #untilEnd({ scope }: Demand): number {
    return Math.max(1, (scope?.toMs ?? 0) - this.#nowMs());
  }

  #at({ bucket, scope }: Demand): MoneyScope {
    const known = this.#scopes.get(bucket);
    if (known !== undefined) return known;
    assert(scope !== null, 'a budget says what it counts');
    const fresh = openScope(scope.toMs);
    this.#scopes.set(bucket, fresh);
    return fresh;
  }
}

function isBudget(quota: Quota): asserts quota is BudgetQuota {
  assert(quota.algorithm === 'budget', 'money is asked for by a budget');
}
