import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Amounts } from '#domain/limit-state.ts';
import type { Closed, Crossing } from '#policy/limiters/counter-store.ts';
import {
  bucketOf,
  counterStoreContract,
  LEASE_MS,
  moneyOf,
  reserved,
  slotOf,
  TestClock,
  usedOf,
} from '#policy/limiters/counter-store.contract.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';

import { channelAt, wires } from '../../../tests/support/wires.ts';
import type { Channel } from './channel.ts';
import { QuotaNames, Quotas } from './quota-names.ts';
import { type CounterAnswerers, CounterSeat, OwnersCounters } from './counters.ts';

function workerOf(counters: MemoryCounters, onCrossing: (crossing: Crossing) => void = () => {}) {
  const { ends, cut } = wires();
  const seat = new CounterSeat(counters, onCrossing);
  channelAt(ends[0], seat.answerers);
  const store = new OwnersCounters(channelAt<CounterAnswerers>(ends[1], {}));
  return { seat, store, cut };
}

/** The sweep is the owner's own task; and of an end the contract asks what became of it, as no worker does. */
class Answered extends OwnersCounters {
  readonly #counters: MemoryCounters;

  constructor(channel: Channel<CounterAnswerers>, counters: MemoryCounters) {
    super(channel);
    this.#counters = counters;
  }

  override settle(id: string, _demands: readonly Demand[], used: Amounts): Promise<Closed> {
    return this.owner.ask('settle', { id, used });
  }

  override sweep(): number {
    return this.#counters.sweep();
  }
}

counterStoreContract('owner of workers', (clock) => {
  const counters = new MemoryCounters(clock);
  const { ends, cut } = wires();
  channelAt(ends[0], new CounterSeat(counters, () => {}).answerers);
  const store = new Answered(channelAt<CounterAnswerers>(ends[1], {}), counters);
  return Promise.resolve({
    store,
    close: () => {
      cut();
      return Promise.resolve();
    },
  });
});

test('two workers share one limit to the last call', async () => {
  const counters = new MemoryCounters(new TestClock());
  const workers = [workerOf(counters), workerOf(counters)];
  const asked = Array.from({ length: 100 }, (_, at) =>
    workers[at % 2]?.store.take([bucketOf('shared', 60, 1)]),
  );
  const answers = await Promise.all(asked);
  assert.equal(answers.filter((answer) => answer?.kind === 'held').length, 60);
});

test('what a worker held that is gone is charged at once, and its slots are free', async () => {
  const counters = new MemoryCounters(new TestClock());
  const one = workerOf(counters);
  const other = workerOf(counters);
  const held = await reserved(one.store, 'call', [slotOf('slots', 1), moneyOf('money', 100, 60)]);
  assert.equal(held.kind, 'held');
  const refused = await other.store.take([slotOf('slots', 1)]);
  assert.equal(refused.kind, 'refused');
  one.cut();
  await one.seat.end();
  assert.equal(one.seat.openCount, 0);
  const slot = await other.store.reserve('next', [slotOf('slots', 1)], LEASE_MS);
  assert.equal(slot.kind, 'held');
  const rest = await other.store.reserve('rest', [moneyOf('money', 100, 41)], LEASE_MS);
  assert.equal(rest.kind, 'refused');
  const fits = await other.store.reserve('fits', [moneyOf('money', 100, 40)], LEASE_MS);
  assert.equal(fits.kind, 'held');
});

test('a worker whose owner is gone is refused at once', async () => {
  const { store, cut } = workerOf(new MemoryCounters(new TestClock()));
  const waiting = store.take([bucketOf('a', 1, 1)]);
  cut();
  await assert.rejects(Promise.resolve(waiting), { name: 'Fault', code: 'internal' });
  await assert.rejects(Promise.resolve(store.take([bucketOf('a', 1, 1)])), { code: 'internal' });
});

test('what nobody counts asks nobody', () => {
  const { store } = workerOf(new MemoryCounters(new TestClock()));
  assert.deepEqual(store.reserve('id', [], LEASE_MS), { kind: 'held', states: [] });
  assert.deepEqual(store.settle('id', [], usedOf({})), { isMoved: true, crossings: [] });
});

test('an end is told and not waited for, and the owner tells of the line that it crosses', async () => {
  const crossings: Crossing[] = [];
  const { store } = workerOf(new MemoryCounters(new TestClock()), (one) => crossings.push(one));
  const demand = moneyOf('money', 100, 60);
  await reserved(store, 'call', [demand]);
  assert.deepEqual(store.settle('call', [demand], usedOf({ nanoUsd: 55 })), {
    isMoved: true,
    crossings: [],
  });
  // What is asked behind it finds it there.
  const refused = await store.reserve('next', [moneyOf('money', 100, 46)], LEASE_MS);
  assert.equal(refused.kind, 'refused');
  assert.deepEqual(
    crossings.map(({ line, spent }) => [line, spent]),
    [[50, 55]],
  );
});

test('a quota that comes again is a number from its third time on, and is known by it', () => {
  const names = new QuotaNames();
  const quotas = new Quotas();
  const { quota } = bucketOf('a', 5, 1);
  const said = [1, 2, 3].map(() => names.said(quota));
  assert.deepEqual(
    said.map((one) => typeof one),
    ['object', 'object', 'number'],
  );
  for (const one of said) assert.deepEqual(quotas.of(one), quota);
  const many = Array.from({ length: 5_000 }, (_, at) => bucketOf(`q${at}`, 1, 1).quota);
  for (const one of many) for (const twice of [1, 2]) assert.ok(names.said(one) && twice);
  const last = names.said(many.at(-1) ?? quota);
  assert.equal(typeof last, 'object', 'beyond the bound they are said whole');
});

test('what the store grants to a worker that has ended meanwhile is ended too', async () => {
  const extended: [string, number][] = [];
  const settled: string[] = [];
  const granted = Promise.withResolvers<unknown>();
  const counters = {
    reserve: () => granted.promise,
    extend: (id: string, ms: number) => {
      extended.push([id, ms]);
      return true;
    },
    settle: (id: string) => {
      settled.push(id);
      return { isMoved: true, crossings: [] };
    },
  };
  const seat = new CounterSeat(counters as never, () => {});
  const asked = seat.answerers.reserve({ id: 'r1', demands: [], leaseMs: 90_000 } as never);
  await seat.end();
  granted.resolve({ kind: 'held', states: [] });
  await asked;
  assert.equal(seat.openCount, 0, 'the seat of a worker that is gone holds something');
  assert.ok(extended.length + settled.length > 0);
});
