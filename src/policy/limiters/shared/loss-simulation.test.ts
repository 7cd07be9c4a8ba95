/**
 * Deterministic simulation of a shared store that loses what it was told: it is emptied, or goes on from
 * an older state of itself, while calls run, messages are lost, late and doubled, and instances crash.
 * The real reservations of several instances over the real shared store, and the real steps of a store
 * in rows, which here are in memory.
 *
 * After each step what was spent and what runs are within every limit; when everything is quiet, the
 * counters are the ledger.
 */
import assert from 'node:assert/strict';

import { Fault } from '#domain/fault.ts';
import type { Reservation } from '#domain/proofs.ts';

import { moneyOf, slotOf, TestClock, usedOf } from '../counter-store.contract.ts';
import { PostgresCounters } from '../postgres/postgres-counters.ts';
import { LEASE_MS, Reservations } from '../reservations.ts';
import { demandsOf, scopesOf, seeded, seedTests } from '../seeds.contract.ts';
import { MemoryRows } from './memory-rows.contract.ts';
import type { SharedCounters } from './shared-counters.ts';
import { SharedStore } from './shared-store.ts';

const IS_FULL = process.env['LLMPROXY_FULL'] === '1';
const SEEDS = Number(process.env['LLMPROXY_SEEDS'] ?? (IS_FULL ? 10_000 : 1_000));
const STEPS = 70;
/** What one message leads to, until something is sent again. */
const TURNS = 80;
/** Seeds that have failed once. */
const FOUND: readonly number[] = [540];

const LIMITS = [400, 250, 120] as const;
const SLOTS = 30;
const AMOUNT_MAX = 60;
const DEADLINE_MS = 50;
const BEAT_MS = 500;
/** Of an epoch, for everybody to tell what it holds. */
const PAUSE_MS = 2_000;

interface Message {
  readonly run: () => Promise<unknown>;
  readonly answer: (value: unknown) => void;
  readonly fail: () => void;
}

interface OpenCall {
  readonly id: string;
  readonly reservation: Reservation;
}

interface Line {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly cost: number;
}

interface Instance {
  readonly name: string;
  readonly shared: SharedStore;
  readonly reservations: Reservations;
  readonly open: OpenCall[];
  /** Ended, in its log, and not in the ledger yet. */
  readonly queue: Line[];
  isAlive: boolean;
}

class Simulation {
  readonly #clock = new TestClock();
  readonly #rows = new MemoryRows(this.#clock);
  readonly #counters = new PostgresCounters({ rows: this.#rows });
  readonly #random: (below: number) => number;
  readonly #ledger = new Map<string, Line>();
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #mail: Message[] = [];
  #instances: Instance[] = [];
  #life = 0;
  #calls = 0;
  #epochs = 0;
  #isCalm = false;
  #isBeating = false;
  /** An older state of the store, to which it may fall back. */
  #older = this.#rows.copy();
  losses = 0;
  begun = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  async run(): Promise<void> {
    const count = 2 + this.#random(2);
    for (let at = 0; at < count; at += 1) this.#instances.push(this.#instance());
    await this.#beats();
    for (let step = 0; step < STEPS; step += 1) {
      await this.#step();
      await this.#turns();
      this.#check();
    }
    await this.#comeToRest();
  }

  async #step(): Promise<void> {
    const act = this.#random(24);
    if (act < 8) this.#begin();
    else if (act < 16) await this.#deliverSome(2 + this.#random(10));
    else if (act < 19) this.#end();
    else if (act === 19) this.#pass(this.#random(20) === 0 ? LEASE_MS : this.#random(80));
    else if (act === 20) this.#upkeep();
    else if (act === 21) this.#older = this.#rows.copy();
    else if (act === 22 && this.#random(3) === 0) await this.#crash();
    else if (act === 23 && this.#random(3) === 0) await this.#lose();
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random(Math.max(1, from.length))];
  }

  #begin(): void {
    const instance = this.#pick(this.#instances);
    if (instance === undefined) return;
    this.#calls += 1;
    const id = `c${this.#calls}`;
    const amount = 1 + this.#random(AMOUNT_MAX);
    const depth = 1 + this.#random(LIMITS.length);
    const money = LIMITS.slice(0, depth).map((limit, at) => moneyOf(`m${at}`, limit, amount));
    const demands = [...money, slotOf('s', SLOTS)];
    const asked = Promise.resolve(instance.reservations.reserve(id, demands, 0));
    asked.then(
      (held) => {
        if (!held.ok) return;
        this.begun += 1;
        instance.open.push({ id, reservation: held.value });
      },
      () => {},
    );
  }

  /** First the log, and the ledger when it is flushed, then the store: as `conclude` does it. */
  #end(instance = this.#pick(this.#instances)): void {
    const at = this.#random(Math.max(1, instance?.open.length ?? 0));
    const [call] = instance?.open.splice(at, 1) ?? [];
    if (call === undefined || instance === undefined) return;
    const held = demandsOf(call.reservation);
    const cost = this.#random((held[0]?.amount ?? 0) + 1);
    instance.queue.push({ id: call.id, scopes: scopesOf(held), cost });
    call.reservation.settle(usedOf({ nanoUsd: cost }));
  }

  #flush({ queue }: Instance): Promise<void> {
    for (const line of queue.splice(0)) {
      if (!this.#ledger.has(line.id)) this.#ledger.set(line.id, line);
    }
    return Promise.resolve();
  }

  #ledgerOf(bucket: string): number {
    let sum = 0;
    for (const { scopes, cost } of this.#ledger.values()) if (scopes.includes(bucket)) sum += cost;
    return sum;
  }

  async #deliverSome(most: number): Promise<void> {
    for (let turn = 0; turn < most && this.#mail.length > 0; turn += 1) {
      this.#deliver();
      await this.#turns();
    }
  }

  #deliver(): void {
    const at = this.#random(Math.max(1, this.#mail.length));
    const [message] = this.#mail.splice(at, 1);
    if (message === undefined) return;
    const fate = this.#isCalm ? 9 : this.#random(this.#isBeating ? 6 : 24);
    // Nobody answers, and whoever waits finds out by its deadline; or the message never arrived.
    if (fate === 0) return message.fail();
    if (fate === 1) return void message.run().catch(() => {});
    if (fate === 2) void message.run().catch(() => {});
    void message.run().then(message.answer, message.fail);
  }

  /** Time, and whatever was to happen in it. */
  #pass(ms: number): void {
    this.#clock.ms += ms;
    for (const timer of this.#timers) {
      if (timer.atMs > this.#clock.ms) continue;
      this.#timers.delete(timer);
      timer.run();
    }
  }

  #upkeep(): void {
    const instance = this.#pick(this.#instances);
    if (instance === undefined) return;
    void instance.shared.sweep();
    instance.reservations.retell();
    void instance.reservations.renew();
    if (this.#random(2) === 0) void this.#flush(instance);
    for (const { shared } of this.#instances) void shared.beat();
  }

  /** Its next start finds in its log what had ended, and what ran: that is charged as it was held. */
  async #crash(): Promise<void> {
    const at = this.#random(this.#instances.length);
    const instance = this.#instances[at];
    if (instance === undefined) return;
    instance.isAlive = false;
    for (const { id, reservation } of instance.open) {
      const held = demandsOf(reservation);
      instance.queue.push({ id, scopes: scopesOf(held), cost: held[0]?.amount ?? 0 });
    }
    await this.#flush(instance);
    this.#instances[at] = this.#instance();
    await this.#beats();
  }

  /** The store is emptied; or another life of it goes on from before, and every connection has ended. */
  async #lose(): Promise<void> {
    this.losses += 1;
    const kind = this.#random(3);
    if (kind === 0) this.#rows.take(new MemoryRows(this.#clock).copy());
    else {
      this.#rows.take(kind === 1 ? this.#older : new MemoryRows(this.#clock).copy());
      this.#life += 1;
      for (const message of this.#mail.splice(0)) message.fail();
      for (const { shared } of this.#instances) shared.lost('ended');
      await this.#turns();
    }
    await this.#beats();
  }

  /** Everybody is heard of in time: whoever is not is cut off, and lets nothing through. */
  async #beats(): Promise<void> {
    const rounds = PAUSE_MS / BEAT_MS - 1;
    this.#isBeating = true;
    for (let round = 1; round <= rounds; round += 1) {
      for (const { shared } of this.#instances) void shared.beat();
      // In the last one every message arrives; before it, some.
      this.#isCalm = round === rounds;
      await this.#deliverSome(this.#isCalm ? 2_000 : this.#random(12));
      this.#isCalm = false;
      this.#pass(BEAT_MS);
      await this.#turns();
      this.#check();
    }
    this.#isBeating = false;
  }

  #instance(): Instance {
    this.#calls += 1;
    const name = `i${this.#calls}`;
    const open: OpenCall[] = [];
    const queue: Line[] = [];
    const shared = new SharedStore({
      counters: this.#wire(() => instance),
      clock: this.#clock,
      policy: { limits: 'deny', budgets: 'deny' },
      instance: name,
      freshEpoch: () => `e${(this.#epochs += 1)}`,
      server: () => `life${this.#life}`,
      held: () => instance.reservations.held(),
      flushLedger: () => this.#flush(instance),
      leaseMs: LEASE_MS,
      deadlineMs: DEADLINE_MS,
      timers: {
        after: (ms, run) => {
          const timer = { atMs: this.#clock.ms + ms, run };
          this.#timers.add(timer);
          return () => void this.#timers.delete(timer);
        },
      },
      soon: (run) => queueMicrotask(run),
      onCrossing: () => {},
      onMode: () => {},
      onLoss: () => {},
      onEpoch: () => {},
    });
    const reservations = new Reservations({
      counters: shared,
      seedsOf: async (demands) => {
        await this.#flush(instance);
        return demands.map((demand) => {
          const spent = this.#ledgerOf(demand.bucket);
          return { demand, spent, carried: 0 };
        });
      },
      clock: this.#clock,
      onCrossing: () => {},
      onFault: () => {},
    });
    const instance: Instance = { name, shared, reservations, open, queue, isAlive: true };
    return instance;
  }

  #wire(of: () => Instance): SharedCounters {
    const store = this.#counters;
    const send = <T>(run: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!of().isAlive) return;
        const answer = (value: unknown): void => resolve(value as T);
        const fail = (): void => reject(new Fault('storage-failed', 'no answer'));
        this.#mail.push({ run, answer, fail });
      });
    return {
      reserve: (id, demands, leaseMs) => send(() => store.reserve(id, demands, leaseMs)),
      take: (demands) => send(() => store.take(demands)),
      settle: (id, demands, used, isKnown) => send(() => store.settle(id, demands, used, isKnown)),
      extend: (id, leaseMs) => send(() => store.extend(id, leaseMs)),
      raise: (id, more) => send(() => store.raise(id, more)),
      lower: (id, demands) => send(() => store.lower(id, demands)),
      seed: (seeds, epoch) => send(() => store.seed(seeds, epoch)),
      restore: (id, demands, leaseMs) => send(() => store.restore(id, demands, leaseMs)),
      sweep: () => send(() => store.sweep()),
      beat: (beat) => send(() => store.beat(beat)),
    };
  }

  /** I1, whatever the store believes: what was spent and what may be spent yet. */
  #check(): void {
    for (const [at, limit] of LIMITS.entries()) {
      const bucket = `m${at}`;
      const truth = this.#ledgerOf(bucket) + this.#unledgered(bucket) + this.#running(bucket);
      assert.ok(truth <= limit, `I1: ${bucket} has ${truth} of ${limit}`);
    }
  }

  #unledgered(bucket: string): number {
    let sum = 0;
    for (const { queue } of this.#instances) {
      for (const { id, scopes, cost } of queue) {
        if (scopes.includes(bucket) && !this.#ledger.has(id)) sum += cost;
      }
    }
    return sum;
  }

  #running(bucket: string): number {
    let sum = 0;
    for (const { open } of this.#instances) {
      for (const { reservation } of open) {
        for (const demand of demandsOf(reservation)) {
          if (demand.bucket === bucket) sum += demand.amount;
        }
      }
    }
    return sum;
  }

  /** Nobody begins anything any more: every message arrives, every lease ends. */
  async #comeToRest(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      for (const instance of this.#instances) {
        while (instance.open.length > 0) this.#end(instance);
        await this.#flush(instance);
        instance.reservations.retell();
      }
      await this.#beats();
      this.#pass(LEASE_MS + 1);
      await this.#turns();
    }
    await this.#beats();
    for (const { reservations, shared } of this.#instances) {
      const left = reservations.openCount + reservations.untoldCount + shared.untoldCount;
      assert.equal(left, 0, 'I4: every hold has ended');
    }
    await this.#counters.sweep();
    for (const [bucket, { spent, held, epoch }] of this.#rows.money()) {
      assert.equal(held, 0, `I3: ${bucket} holds nothing`);
      // Nobody has asked the ledger in this life of the store: whoever comes next does.
      if (epoch === null) continue;
      // Who died before the store heard the end of a call is charged what it held: never less.
      assert.ok(spent >= this.#ledgerOf(bucket), `I2: ${bucket} has ${spent}, and was told more`);
    }
  }
}

seedTests(
  `whatever the store loses: no budget is overrun in any of ${SEEDS} seeds, and at rest it is the ledger`,
  {
    file: import.meta.filename,
    seeds: SEEDS,
    found: FOUND,
    run: async (seed) => {
      const simulation = new Simulation(seed);
      await simulation.run();
      return { losses: simulation.losses, begun: simulation.begun };
    },
  },
  ({ losses, begun }) =>
    assert.ok(losses > SEEDS / 2 && begun > SEEDS * 3, `${losses} losses, ${begun} calls`),
);
