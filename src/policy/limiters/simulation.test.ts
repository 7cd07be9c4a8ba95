/**
 * Deterministic simulation: the real reservations of several instances over a store that is reached by
 * messages, which are lost, late, sent twice and answered never. Instances crash, clocks jump, leases
 * end. After each step the invariants hold; when everything is quiet, the counters are the ledger.
 *
 * Every other seed has instances that lend: their calls are small beside the limits, so that there is
 * something to lend, and end long before the store hears of it.
 *
 * One seed is one run, the same on every machine. A seed that fails is printed; put it into
 * `FOUND`, and it runs for ever.
 */
import assert from 'node:assert/strict';

import { Fault } from '#domain/fault.ts';
import type { Reservation } from '#domain/proofs.ts';

import type { Closed, CounterStore, Reserved } from './counter-store.ts';
import { moneyOf, slotOf, TestClock, tokensOf, usedOf } from './counter-store.contract.ts';
import type { Demand } from './limiter.ts';
import { MemoryCounters } from './memory/memory-counters.ts';
import { LEASE_MS, Reservations } from './reservations.ts';
import { demandsOf, scopesOf, seeded, seedTests } from './seeds.contract.ts';
import { LendingStore } from './shared/lending-store.ts';

const SEEDS = Number(process.env['LLMPROXY_SEEDS'] ?? 10_000);
const STEPS = 60;
/** Seeds that have failed once. */
const FOUND: readonly number[] = [];

const LIMITS = [400, 250, 120] as const;
const SLOTS = 6;
/** What one answer leads to, until something is sent again. */
const TURNS = 12;
const AMOUNT_MAX = 90;
/** Where instances lend. */
const LENT = { slots: 40, amountMax: 12 };

/** A command on its way. Who sent it may have given up. */
interface Message {
  readonly run: () => unknown;
  readonly answer: (value: unknown) => void;
  readonly fail: () => void;
  isGivenUp: boolean;
}

interface OpenCall {
  readonly id: string;
  readonly reservation: Reservation;
  readonly amount: number;
}

const LOST = () => new Fault('storage-failed', 'no answer');

class Instance {
  readonly reservations: Reservations;
  readonly open: OpenCall[] = [];
  /** Calls of which the store may not have heard the end, by what they hold. */
  readonly unheard = new Map<string, readonly Demand[]>();
  /** Null: every call asks the store. */
  readonly lending: LendingStore | null;
  isAlive = true;

  constructor(simulation: Simulation) {
    const wire = simulation.wire(this);
    this.lending = simulation.isLending ? lendingOver(wire, simulation) : null;
    this.reservations = new Reservations({
      counters: this.lending ?? wire,
      seedsOf: (demands) =>
        demands.map((demand) => ({
          demand,
          spent: simulation.ledgerOf(demand.bucket),
          carried: 0,
        })),
      clock: simulation.clock,
      onCrossing: () => {},
      onFault: () => {},
    });
  }
}

const lendingOver = (wire: CounterStore, simulation: Simulation): LendingStore =>
  new LendingStore({
    counters: wire,
    lend: (id, demands, leaseMs) => wire.reserve(id, demands, leaseMs),
    clock: simulation.clock,
    isUp: () => true,
    instances: () => 2,
    policy: { limits: 'lease', budgets: 'lease' },
    freshId: () => simulation.freshLoan(),
    leaseMs: LEASE_MS,
    onCrossing: () => {},
    hotCalls: 1,
  });

class Simulation {
  readonly clock = new TestClock();
  readonly #random: (below: number) => number;
  readonly #store: MemoryCounters;
  readonly #mail: Message[] = [];
  readonly #ledger = new Map<
    string,
    { readonly scopes: readonly string[]; readonly cost: number }
  >();
  /** By counter, what calls held that died with their instance before the store heard their end. */
  readonly #unknown = new Map<string, number>();
  #instances: Instance[] = [];
  #calls = 0;
  readonly isLending: boolean;
  readonly #slots: number;
  /** Loans that were asked for, and calls that began on one. */
  loans = 0;
  begunOnLoan = 0;
  #isCalm = false;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.isLending = seed % 2 === 1;
    this.#slots = this.isLending ? LENT.slots : SLOTS;
    this.#store = new MemoryCounters(this.clock);
    const count = 2 + this.#random(2);
    for (let index = 0; index < count; index += 1) this.#instances.push(this.#instance());
  }

  freshLoan(): string {
    this.loans += 1;
    return `loan${this.loans}`;
  }

  ledgerOf(bucket: string): number {
    let sum = 0;
    for (const { scopes, cost } of this.#ledger.values()) if (scopes.includes(bucket)) sum += cost;
    return sum;
  }

  async run(): Promise<void> {
    for (let step = 0; step < (this.isLending ? 2 : 1) * STEPS; step += 1) {
      this.#step();
      // Everything that the step made possible happens before the next one.
      for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
      this.#check();
    }
    await this.#comeToRest();
  }

  #step(): void {
    const act = this.#random(20);
    if (act < 6) this.#begin();
    else if (act < 13) this.#deliver();
    else if (act < 16) this.#end();
    else if (act === 16) this.#tick();
    else if (act === 17) this.#upkeep();
    else if (act === 18) this.#jump();
    else if (this.#random(3) === 0) this.#crash();
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random(Math.max(1, from.length))];
  }

  #demands(amount: number): Demand[] {
    // Nested: all of them, or the inner ones left out.
    const depth = 1 + this.#random(this.isLending ? 2 : LIMITS.length);
    const money = LIMITS.slice(0, depth).map((limit, at) => moneyOf(`m${at}`, limit, amount));
    return [...money, slotOf('s', this.#slots), tokensOf('t', 1_000, amount)];
  }

  #begin(): void {
    const instance = this.#pick(this.#instances);
    if (instance === undefined) return;
    this.#calls += 1;
    const id = `c${this.#calls}`;
    const amount = 1 + this.#random(this.isLending ? LENT.amountMax : AMOUNT_MAX);
    const demands = this.#demands(amount);
    const answer = instance.reservations.reserve(id, demands, this.clock.nowMs());
    if (!(answer instanceof Promise)) this.begunOnLoan += 1;
    const asked = Promise.resolve(answer);
    asked.then(
      (held) => {
        if (held.ok) instance.open.push({ id, reservation: held.value, amount });
      },
      () => {},
    );
  }

  /** First the log and the ledger, then the store: as `conclude` does it. */
  #end(): void {
    const instance = this.#pick(this.#instances);
    const at = this.#random(Math.max(1, instance?.open.length ?? 0));
    const [call] = instance?.open.splice(at, 1) ?? [];
    if (call === undefined) return;
    const cost = this.#random(call.amount + 1);
    this.#record(call.id, demandsOf(call.reservation), cost);
    if (this.#random(6) === 0) {
      this.#ledger.set(call.id, { scopes: scopesOf(demandsOf(call.reservation)), cost: 0 });
      call.reservation.release();
    } else call.reservation.settle(usedOf({ nanoUsd: cost, inputTokens: cost }));
    if (this.#random(4) === 0) call.reservation.settle(usedOf({ nanoUsd: 1_000_000 }));
  }

  #record(id: string, demands: readonly Demand[], cost: number): void {
    if (!this.#ledger.has(id)) this.#ledger.set(id, { scopes: scopesOf(demands), cost });
  }

  #deliver(): void {
    const at = this.#random(Math.max(1, this.#mail.length));
    const [message] = this.#mail.splice(at, 1);
    if (message === undefined) return;
    const fate = this.#isCalm ? 9 : this.#random(10);
    if (fate === 0) return message.fail();
    if (fate === 1) {
      // It arrives after whoever sent it has given up.
      message.fail();
      message.isGivenUp = true;
      this.#mail.push(message);
      return undefined;
    }
    const value = message.run();
    if (fate === 2) message.run();
    if (fate === 3 || message.isGivenUp) return message.fail();
    return message.answer(value);
  }

  #tick(): void {
    // A loan lasts a second: where there are some, time passes slowly for most of it.
    const [long, shortMs] = this.isLending ? [16, 200] : [4, 500];
    this.clock.ms += this.#random(long) === 0 ? this.#random(2 * LEASE_MS) : this.#random(shortMs);
  }

  #upkeep(): void {
    this.#store.sweep();
    const instance = this.#pick(this.#instances);
    void instance?.lending?.sweep();
    instance?.reservations.retell();
    void instance?.reservations.renew();
  }

  /** The wall jumps and steps back; what counts time is not the wall. */
  #jump(): void {
    this.clock.wallMs += this.#random(2) === 0 ? -3_600_000 : 30 * 86_400_000;
  }

  /** What ran is charged as held: the next start finds the calls in the log without an end. */
  #crash(): void {
    const at = this.#random(this.#instances.length);
    const instance = this.#instances[at];
    if (instance === undefined) return;
    instance.isAlive = false;
    // Those that ran are in the log without an end, and are charged what they held there too.
    for (const { id } of instance.open) instance.unheard.delete(id);
    for (const demands of instance.unheard.values()) {
      for (const { bucket, amount } of demands) {
        this.#unknown.set(bucket, (this.#unknown.get(bucket) ?? 0) + amount);
      }
    }
    for (const { id, reservation, amount } of instance.open) {
      this.#record(id, demandsOf(reservation), amount);
    }
    this.#instances[at] = this.#instance();
  }

  #instance(): Instance {
    return new Instance(this);
  }

  wire(instance: Instance): CounterStore {
    const send = <T>(run: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        // Who is dead sends nothing; what it sent is on its way.
        if (!instance.isAlive) return;
        const answer = (value: unknown): void => resolve(value as T);
        this.#mail.push({ run, answer, fail: () => reject(LOST()), isGivenUp: false });
      });
    const store = this.#store;
    return {
      reserve: async (id, demands, leaseMs) => {
        if (instance.isAlive) instance.unheard.set(id, demands);
        const answer = await send<Reserved>(() => store.reserve(id, demands, leaseMs));
        if (answer.kind !== 'held') instance.unheard.delete(id);
        return answer;
      },
      take: (demands) => send<Reserved>(() => store.take(demands)),
      settle: async (id, demands, used) => {
        const closed = await send<Closed>(() => store.settle(id, demands, used));
        instance.unheard.delete(id);
        return closed;
      },
      extend: (id, leaseMs) => send(() => store.extend(id, leaseMs)),
      raise: (id, more) => send<Reserved>(() => store.raise(id, more)),
      lower: (id, demands) => send<boolean>(() => store.lower(id, demands)),
      seed: (seeds, epoch) => send(() => store.seed(seeds, epoch)),
      restore: () => {},
      sweep: () => store.sweep(),
    };
  }

  /** I1, I5 and I6, at every moment. */
  #check(): void {
    for (const [bucket, { spent, held }] of this.#store.money.entries()) {
      const limit = LIMITS[Number(bucket.slice(1))] ?? 0;
      assert.ok(spent >= 0 && held >= 0, `${bucket} is below nothing`);
      assert.ok(spent + held <= limit, `I1: ${bucket} has ${spent} + ${held} of ${limit}`);
      const truth = this.ledgerOf(bucket) + this.#running(bucket);
      assert.ok(truth <= spent + held, `I1: ${bucket} is ${truth}, and the store has less`);
    }
  }

  /** What calls that run hold, as their instances know it. */
  #running(bucket: string): number {
    let sum = 0;
    for (const { open } of this.#instances) {
      for (const { reservation } of open) {
        for (const demand of demandsOf(reservation))
          if (demand.bucket === bucket) sum += demand.amount;
      }
    }
    return sum;
  }

  /** Nobody begins anything any more: every message arrives, every lease ends. */
  async #comeToRest(): Promise<void> {
    this.#isCalm = true;
    for (const instance of this.#instances) while (instance.open.length > 0) this.#endOf(instance);
    for (let round = 0; round < 4; round += 1) {
      for (const { reservations, lending } of this.#instances) {
        void lending?.sweep();
        reservations.retell();
      }
      for (let turn = 0; turn < 400 && this.#mail.length > 0; turn += 1) {
        this.#deliver();
        for (let one = 0; one < TURNS; one += 1) await Promise.resolve();
        for (const instance of this.#instances)
          while (instance.open.length > 0) this.#endOf(instance);
      }
      this.clock.ms += LEASE_MS + 1;
      this.#store.sweep();
    }
    assert.equal(this.#mail.length, 0);
    for (const { reservations, lending } of this.#instances) {
      assert.equal(
        reservations.openCount + reservations.untoldCount + (lending?.loanCount ?? 0),
        0,
        'I4: every hold has ended',
      );
    }
    for (const [bucket, { spent, held }] of this.#store.money.entries()) {
      assert.equal(held, 0, `I3: ${bucket} holds nothing`);
      const over = spent - this.ledgerOf(bucket);
      const unknown = this.#unknown.get(bucket) ?? 0;
      // Who died before the store heard the end of a call is charged what it held: never less.
      assert.ok(over >= 0 && over <= unknown, `I2: ${bucket} is ${over} over, ${unknown} unknown`);
    }
    const free = this.#store.take([tokensOf('t', 1_000, 1_000)]);
    assert.equal(free.kind, 'held', 'what was given back is there');
  }

  #endOf(instance: Instance): void {
    const call = instance.open.pop();
    if (call === undefined) return;
    const cost = this.#random(call.amount + 1);
    this.#record(call.id, demandsOf(call.reservation), cost);
    call.reservation.settle(usedOf({ nanoUsd: cost, inputTokens: cost }));
  }
}

seedTests(
  `I1 to I6 hold after every step of ${SEEDS} seeds`,
  {
    file: import.meta.filename,
    seeds: SEEDS,
    found: FOUND,
    run: async (seed) => {
      const simulation = new Simulation(seed);
      await simulation.run();
      return { loans: simulation.loans, onLoan: simulation.begunOnLoan };
    },
  },
  ({ loans, onLoan }) =>
    assert.ok(loans > SEEDS && onLoan > SEEDS, `${loans} loans and ${onLoan} calls on them`),
);
