/**
 * What a gateway has on loan for calls of one kind: taken from the store in one step, spent here. What is
 * free, what calls hold and what they have used are together what the store holds, always.
 */
import { amountOf, type Amounts } from '#domain/limit-state.ts';

import type { Demand } from '../limiter.ts';

export interface LoanTerms {
  readonly id: string;
  readonly demands: readonly Demand[];
  /** Calls may begin on it until then. */
  readonly spendUntilMs: number;
  /** The same, while the store is away and the operator has said so. */
  readonly awayUntilMs: number;
}

export interface Raise {
  readonly id: string;
  readonly demands: readonly Demand[];
}

const NOTHING: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };

export class Loan {
  readonly terms: LoanTerms;
  /** By the place of the demand. Below nothing where a call used more than it held. */
  readonly #free: number[];
  /** What calls that run hold, by id. */
  readonly #open = new Map<string, number[]>();
  /** Beside it: what calls were raised by that no longer fitted. */
  readonly raises: Raise[] = [];
  #used = NOTHING;
  #isSpending = true;
  usedAtMs: number;
  renewedAtMs: number;
  /** What the store was told last that is held; null: nothing since it was taken. */
  told: readonly number[] | null = null;

  constructor(terms: LoanTerms, nowMs: number) {
    this.terms = terms;
    this.#free = terms.demands.map(({ amount }) => amount);
    this.usedAtMs = nowMs;
    this.renewedAtMs = nowMs;
  }

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  get used(): Amounts {
    return this.#used;
  }

  /** No call begins on it any more. */
  stop(): void {
    this.#isSpending = false;
  }

  free(at: number): number {
    return this.#free[at] ?? 0;
  }

  /** How much of it is left, of what is scarcest: 1 is all of it. */
  get partLeft(): number {
    let least = 1;
    for (const [at, { amount }] of this.terms.demands.entries()) {
      if (amount > 0) least = Math.min(least, this.free(at) / amount);
    }
    return least;
  }

  /** All that the call asks for, or nothing of it. */
  begin(id: string, demands: readonly Demand[], nowMs: number): boolean {
    if (!this.#isSpending || this.#open.has(id)) return false;
    for (let at = 0; at < demands.length; at += 1) {
      if (this.free(at) < (demands[at]?.amount ?? 0)) return false;
    }
    const held = demands.map(({ amount }) => amount);
    for (const [at, amount] of held.entries()) this.#free[at] = this.free(at) - amount;
    this.#open.set(id, held);
    this.usedAtMs = nowMs;
    return true;
  }

  /** More for a call that runs, all or nothing. */
  raise(id: string, more: readonly Demand[]): boolean {
    const held = this.#open.get(id);
    if (!this.#isSpending || held === undefined) return false;
    const { demands } = this.terms;
    const added = demands.map(
      ({ bucket }) => more.find((one) => one.bucket === bucket)?.amount ?? 0,
    );
    if (added.some((amount, at) => this.free(at) < amount)) return false;
    for (const [at, amount] of added.entries()) {
      this.#free[at] = this.free(at) - amount;
      held[at] = (held[at] ?? 0) + amount;
    }
    return true;
  }

  /** What it held and did not use is free again: it is still on loan. */
  end(id: string, used: Amounts): void {
    const held = this.#open.get(id);
    if (held === undefined) return;
    this.#open.delete(id);
    for (const [at, { quota }] of this.terms.demands.entries()) {
      const gone = quota.algorithm === 'concurrency' ? 0 : amountOf(quota.unit, used);
      this.#free[at] = this.free(at) + (held[at] ?? 0) - gone;
    }
    this.#used = sum(this.#used, used);
  }

  /** What has to stay with the store when nothing more begins: what is used, and what runs. */
  get needed(): readonly Demand[] {
    return this.terms.demands.map((demand, at) => ({
      ...demand,
      amount: Math.max(0, demand.amount - Math.max(0, this.free(at))),
    }));
  }
}

const sum = (one: Amounts, other: Amounts): Amounts => ({
  requests: one.requests + other.requests,
  inputTokens: one.inputTokens + other.inputTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  bytes: one.bytes + other.bytes,
  nanoUsd: one.nanoUsd + other.nanoUsd,
});
