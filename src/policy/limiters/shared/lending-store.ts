/**
 * Leases for hot scopes: calls of one kind that come often are counted here, out of a loan that the
 * store has granted in one step. What is on loan is held in the store like a call that runs; so limits
 * are never overrun, whoever crashes. A call that does not fit a loan asks the store, as without loans:
 * only the store refuses.
 *
 * A kind of calls is the counters that they touch. Loans last a second, then the store is told what of
 * them is needed on: what calls that run hold, and what has been used. The last of them ends it.
 *
 * Longer than a file should be: what is on loan, on its way and over is one state, and a step of it
 * elsewhere would have to be handed all of it.
 */
import type { Amounts, LimitState } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { Closed, CounterStore, Crossing, Reserved, Seed } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';
import { Loan, type Raise } from './loan.ts';
import { loanCalls, loanDemands, windowMs } from './loan-size.ts';
import type { AwayPolicy } from './local-share.ts';

export interface LendingPorts {
  readonly counters: CounterStore;
  /** Holds a loan, in the store itself or not at all. Rejects where nobody knows. */
  readonly lend: (
    id: string,
    demands: readonly Demand[],
    leaseMs: number,
  ) => MaybePromise<Reserved>;
  readonly clock: Clock;
  readonly isUp: () => boolean;
  readonly instances: () => number;
  readonly policy: AwayPolicy;
  /** A name that no other loan has, of any instance. */
  readonly freshId: () => string;
  readonly leaseMs: number;
  readonly onCrossing: (crossing: Crossing) => void;
  /** How many calls of a kind in a second are many. */
  readonly hotCalls?: number;
}

/** How long calls begin on a loan, and how long where the store has gone and that is declared. */
export const SPEND_MS = 1_000;
export const AWAY_MS = 10_000;
const HOT_CALLS = 8;
/** Of calls counted per kind. */
const COUNTED_MS = 1_000;
/** A loan that nothing began on for so long goes back. */
const IDLE_MS = 500;
/** What is left of a loan when the next one is asked for. */
const LOW_PART = 0.4;
const AGAIN_MS = 250;
const RENEW_MS = 30_000;
/** Kinds that are watched; calls of others ask the store. */
const KINDS_MAX = 10_000;
const KIND_KEPT_MS = 10_000;
/** Calls that run on loans: beyond it nothing more is lent. */
const CALLS_MAX = 100_000;
const UNDONE: Amounts = { requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 };
const MOVED: Closed = { isMoved: true, crossings: [] };

interface Kind {
  demands: readonly Demand[];
  states: readonly LimitState[];
  loan: Loan | null;
  isAsking: boolean;
  /** Calls since `sinceMs`, and in the second before. */
  calls: number;
  before: number;
  sinceMs: number;
  /** Nothing is asked for earlier. */
  notBeforeMs: number;
}

interface Closing {
  readonly demands: readonly Demand[];
  readonly used: Amounts;
  readonly raises: readonly Raise[];
}

export class LendingStore implements CounterStore {
  readonly #ports: LendingPorts;
  readonly #kinds = new Map<string, Kind>();
  /** By call. */
  readonly #calls = new Map<string, Loan>();
  /** On which nothing begins any more, and calls run. */
  readonly #draining = new Set<Loan>();
  /** Ends of loans that the store has not heard. */
  readonly #closings = new Map<string, Closing>();
  /** Questions for loans that are on their way. */
  #asking: Promise<unknown> = Promise.resolve();
  #life = 0;

  constructor(ports: LendingPorts) {
    this.#ports = ports;
  }

  get loanCount(): number {
    let spending = 0;
    for (const { loan } of this.#kinds.values()) if (loan !== null) spending += 1;
    return spending + this.#draining.size + this.#closings.size;
  }

  reserve(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<Reserved> {
    const kind = this.#kindOf(demands);
    if (kind === null) return this.#ports.counters.reserve(id, demands, leaseMs);
    const nowMs = this.#now();
    counted(kind, nowMs);
    const { loan } = kind;
    if (loan !== null && this.#isSpent(loan, nowMs)) this.#drain(kind, loan);
    else if (loan !== null && this.#mayBegin(demands) && loan.begin(id, demands, nowMs)) {
      this.#calls.set(id, loan);
      this.#askFor(kind, nowMs);
      return { kind: 'held', states: statesOf(kind, loan) };
    }
    const asked = this.#ports.counters.reserve(id, demands, leaseMs);
    return andThen(asked, (answer) => {
      if (answer.kind === 'held') {
        kind.demands = demands;
        kind.states = answer.states;
        this.#askFor(kind, this.#now());
      }
      return answer;
    });
  }

  settle(id: string, demands: readonly Demand[], used: Amounts): MaybePromise<Closed> {
    const loan = this.#calls.get(id);
    if (loan === undefined) return this.#ports.counters.settle(id, demands, used);
    this.#calls.delete(id);
    loan.end(id, used);
    if (this.#draining.has(loan)) {
      if (!loan.isOpen) this.#close(loan);
    } else if (loan.partLeft < 0) {
      // Used beyond what was held, and beyond what was free: the store has to hear of it soon.
      const kind = this.#kinds.get(keyOf(loan.terms.demands));
      if (kind?.loan === loan) this.#drain(kind, loan);
    }
    return MOVED;
  }

  extend(id: string, leaseMs: number): MaybePromise<boolean> {
    // Its loan is renewed.
    return this.#calls.has(id) || this.#ports.counters.extend(id, leaseMs);
  }

  raise(id: string, more: readonly Demand[]): MaybePromise<Reserved> {
    const loan = this.#calls.get(id);
    if (loan === undefined) return this.#ports.counters.raise(id, more);
    if (loan.raise(id, more)) return { kind: 'held', states: [] };
    // Held beside the loan until that is over: what is used of it is told with the loan.
    const raise = { id: `${loan.terms.id}+${loan.raises.length}`, demands: more };
    loan.raises.push(raise);
    return this.#ports.counters.reserve(raise.id, more, this.#ports.leaseMs);
  }

  take(demands: readonly Demand[]): MaybePromise<Reserved> {
    return this.#ports.counters.take(demands);
  }

  lower(id: string, demands: readonly Demand[]): MaybePromise<boolean> {
    return this.#ports.counters.lower(id, demands);
  }

  seed(seeds: readonly Seed[], epoch: string): MaybePromise<void> {
    return this.#ports.counters.seed(seeds, epoch);
  }

  restore(id: string, demands: readonly Demand[], leaseMs: number): MaybePromise<void> {
    return this.#ports.counters.restore(id, demands, leaseMs);
  }

  sweep(): MaybePromise<number> {
    this.#tick();
    return this.#ports.counters.sweep();
  }

  /**
   * The store has begun a new epoch: it knows nothing of loans. Calls that run on them are told to it one
   * by one, by whoever holds them, and end there.
   */
  forget(): void {
    this.#life += 1;
    this.#kinds.clear();
    this.#calls.clear();
    this.#draining.clear();
    this.#closings.clear();
  }

  /** Gives back all that is free. */
  async close(): Promise<void> {
    for (const kind of this.#kinds.values()) if (kind.loan !== null) this.#drain(kind, kind.loan);
    this.#kinds.clear();
    // A loan that is granted now is nobody's: it is given back while there is a store to tell.
    await this.#asking;
    // What was told on the way of these calls is answered.
    await Promise.all([...this.#closings].map(([id, closing]) => this.#tell(id, closing)));
  }

  #now(): number {
    return this.#ports.clock.monotonicMs();
  }

  #kindOf(demands: readonly Demand[]): Kind | null {
    if (demands.length === 0) return null;
    const key = keyOf(demands);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    if (this.#kinds.size >= KINDS_MAX) return null;
    const fresh = { demands, states: [], loan: null, isAsking: false };
    const kind = { ...fresh, calls: 0, before: 0, sinceMs: this.#now(), notBeforeMs: 0 };
    this.#kinds.set(key, kind);
    return kind;
  }

  #isSpent({ terms }: Loan, nowMs: number): boolean {
    return nowMs >= (this.#ports.isUp() ? terms.spendUntilMs : terms.awayUntilMs);
  }

  /** While the store is away: where that is declared for one of its counters, and none denies. */
  #mayBegin(demands: readonly Demand[]): boolean {
    if (this.#ports.isUp()) return true;
    const { policy } = this.#ports;
    let isDeclared = false;
    for (const { quota } of demands) {
      const isBudget = quota.algorithm === 'budget';
      if (isBudget && !quota.isHard) continue;
      const declared = policy[isBudget ? 'budgets' : 'limits'];
      if (declared === 'deny') return false;
      if (declared === 'lease') isDeclared = true;
    }
    return isDeclared;
  }

  #askFor(kind: Kind, nowMs: number): void {
    const { loan } = kind;
    if (kind.isAsking || nowMs < kind.notBeforeMs || !this.#ports.isUp()) return;
    if (loan !== null && loan.partLeft > LOW_PART && nowMs < halfTime(loan)) return;
    const calls = Math.max(kind.calls, kind.before);
    if (calls < (this.#ports.hotCalls ?? HOT_CALLS) || this.#calls.size >= CALLS_MAX) return;
    const many = loanCalls({ ...kind, calls, instances: this.#ports.instances() });
    if (many === 0) return;
    kind.isAsking = true;
    const asking = this.#ask(kind, loanDemands(kind.demands, many), nowMs);
    this.#asking = Promise.all([this.#asking, asking]);
  }

  async #ask(kind: Kind, demands: readonly Demand[], askedMs: number): Promise<void> {
    const [id, life] = [this.#ports.freshId(), this.#life];
    const undone = { demands, used: UNDONE, raises: [] };
    try {
      const answer = await this.#ports.lend(id, demands, this.#ports.leaseMs);
      kind.notBeforeMs = answer.kind === 'held' ? 0 : askedMs + AGAIN_MS;
      if (answer.kind !== 'held') return;
      // Asked in another life of the store, or for a kind that is not watched any more.
      if (life !== this.#life || this.#kinds.get(keyOf(demands)) !== kind) {
        return await this.#tell(id, undone);
      }
      this.#granted(kind, { id, demands, states: answer.states, askedMs });
    } catch {
      // Whether it is held nobody knows: it is over, whatever it is.
      kind.notBeforeMs = askedMs + AGAIN_MS;
      await this.#tell(id, undone);
    } finally {
      kind.isAsking = false;
    }
  }

  /** Time counts from the question: the store took it later. */
  #granted(kind: Kind, { id, demands, states, askedMs }: Granted): void {
    if (kind.loan !== null) this.#drain(kind, kind.loan);
    const mostMs = Math.max(0, windowMs(demands, states));
    const spendUntilMs = askedMs + Math.min(SPEND_MS, mostMs);
    const awayUntilMs = askedMs + Math.min(AWAY_MS, mostMs);
    kind.states = states;
    kind.loan = new Loan({ id, demands, spendUntilMs, awayUntilMs }, this.#now());
  }

  #drain(kind: Kind, loan: Loan): void {
    kind.loan = null;
    loan.stop();
    if (!loan.isOpen) return this.#close(loan);
    this.#draining.add(loan);
    this.#lower(loan);
  }

  /** May be told again: it only ever gets less. */
  #lower(loan: Loan): void {
    const { needed } = loan;
    const amounts = needed.map(({ amount }) => amount);
    if (loan.told?.every((amount, at) => amount === amounts[at]) === true) return;
    const lowering = async (): Promise<void> => {
      if (await this.#ports.counters.lower(loan.terms.id, needed)) loan.told = amounts;
    };
    // Told again at the next tick.
    lowering().catch(() => {});
  }

  #close(loan: Loan): void {
    this.#draining.delete(loan);
    const { terms, used, raises } = loan;
    const closing = { demands: terms.demands, used, raises };
    this.#closings.set(terms.id, closing);
    void this.#tell(terms.id, closing);
  }

  /** Until the store has heard it: an end moves once, however often it is told. */
  async #tell(id: string, closing: Closing): Promise<void> {
    const life = this.#life;
    const { counters, onCrossing } = this.#ports;
    try {
      const { crossings } = await counters.settle(id, closing.demands, closing.used);
      for (const crossing of crossings) onCrossing(crossing);
      for (const { id: raise, demands } of closing.raises) {
        await counters.settle(raise, demands, UNDONE);
      }
      this.#closings.delete(id);
    } catch {
      if (life === this.#life) this.#closings.set(id, closing);
    }
  }

  #tick(): void {
    const nowMs = this.#now();
    const isUp = this.#ports.isUp();
    for (const [key, kind] of this.#kinds) {
      const { loan } = kind;
      const isIdle = isUp && loan !== null && nowMs >= loan.usedAtMs + IDLE_MS;
      if (loan !== null && (isIdle || this.#isSpent(loan, nowMs))) this.#drain(kind, loan);
      else if (loan !== null) this.#renew(loan, nowMs);
      else if (nowMs >= kind.sinceMs + KIND_KEPT_MS && !kind.isAsking) this.#kinds.delete(key);
    }
    if (!isUp) return;
    for (const loan of this.#draining) {
      this.#lower(loan);
      this.#renew(loan, nowMs);
    }
    for (const [id, closing] of this.#closings) void this.#tell(id, closing);
  }

  #renew(loan: Loan, nowMs: number): void {
    if (nowMs < loan.renewedAtMs + RENEW_MS) return;
    loan.renewedAtMs = nowMs;
    const { counters, leaseMs } = this.#ports;
    const renewing = async (): Promise<void> => {
      for (const { id } of [loan.terms, ...loan.raises]) await counters.extend(id, leaseMs);
    };
    // A lease lasts three times as long.
    renewing().catch(() => {});
  }
}

interface Granted {
  readonly id: string;
  readonly demands: readonly Demand[];
  readonly states: readonly LimitState[];
  readonly askedMs: number;
}

/** A limit that was changed by a reload is another kind: what is on loan was taken from the old one. */
const keyOf = (demands: readonly Demand[]): string => {
  let key = '';
  for (const { bucket, quota } of demands) key += `${bucket} ${quota.amount} ${quota.windowMs}\n`;
  return key;
};

const halfTime = ({ terms, renewedAtMs }: Loan): number => (terms.spendUntilMs + renewedAtMs) / 2;

function counted(kind: Kind, nowMs: number): void {
  if (nowMs >= kind.sinceMs + COUNTED_MS) {
    kind.before = nowMs < kind.sinceMs + 2 * COUNTED_MS ? kind.calls : 0;
    kind.calls = 0;
    kind.sinceMs = nowMs;
  }
  kind.calls += 1;
}

/** What the store said when it lent, and what is free here of it. */
const statesOf = ({ states }: Kind, loan: Loan): readonly LimitState[] =>
  states.map((state, at) => ({
    ...state,
    remaining: state.remaining + Math.max(0, loan.free(at)),
  }));
