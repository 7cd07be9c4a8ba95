/** What is on loan is never more than the limits allow, and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  LEASE_MS,
  moneyOf,
  slotOf,
  TestClock,
  tokensOf,
  usedOf,
  windowOf,
} from '../counter-store.contract.ts';
import type { Crossing } from '../counter-store.ts';
import type { Demand } from '../limiter.ts';
import { MemoryCounters } from '../memory/memory-counters.ts';
import { rateOf } from '../rate.ts';
import { type Bucket, debtAt, draw, emptyDebt } from '../token-bucket.ts';
import { AWAY_MS, LendingStore, SPEND_MS } from './lending-store.ts';
import { loanCalls } from './loan-size.ts';
import type { AwayPolicy } from './local-share.ts';

const REFUSED = { kind: 'rebuilding', retryAfterMs: 1_000 } as const;

class Scene {
  readonly clock = new TestClock();
  readonly store = new MemoryCounters(this.clock);
  readonly crossings: Crossing[] = [];
  policy: AwayPolicy = { limits: 'lease', budgets: 'lease' };
  isUp = true;
  refusesLoans = false;
  /** What an answer to a question for a loan waits for. */
  lag: Promise<void> | null = null;
  answers = 0;
  #loans = 0;
  #calls = 0;

  instance(hotCalls = 2): LendingStore {
    return new LendingStore({
      counters: this.store,
      lend: (id, demands, leaseMs) => {
        const lend = () => {
          this.answers += 1;
          return this.refusesLoans ? REFUSED : this.store.reserve(id, demands, leaseMs);
        };
        return this.lag === null ? lend() : this.lag.then(lend);
      },
      clock: this.clock,
      isUp: () => this.isUp,
      instances: () => 2,
      policy: { ...this.policy },
      freshId: () => {
        this.#loans += 1;
        return `loan${this.#loans}`;
      },
      leaseMs: LEASE_MS,
      onCrossing: (crossing) => this.crossings.push(crossing),
      hotCalls,
    });
  }

  get loans(): number {
    return this.#loans;
  }

  /** The name of the call; null: refused. */
  async begin(instance: LendingStore, demands: readonly Demand[]): Promise<string | null> {
    this.#calls += 1;
    const id = `c${this.#calls}`;
    let answer = await instance.reserve(id, demands, LEASE_MS);
    if (answer.kind === 'unseeded') {
      const seeds = answer.demands.map((demand) => ({ demand, spent: 0, carried: 0 }));
      await instance.seed(seeds, answer.epoch);
      answer = await instance.reserve(id, demands, LEASE_MS);
    }
    // A loan that was asked for by this call is there.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    return answer.kind === 'held' ? id : null;
  }

  async left(...demands: Demand[]): Promise<readonly number[]> {
    const none = demands.map((demand) => ({ ...demand, amount: 0 }));
    const answer = await this.store.take(none);
    assert.ok(answer.kind === 'held');
    return answer.states.map(({ remaining }) => remaining);
  }
}

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

const RATE = rateOf(200, 10_000, 120);
const rateDemand = (amount: number): Demand => {
  const { quota, ...demand } = tokensOf('r', 200, amount);
  return { ...demand, quota: { ...quota, windowMs: 10_000, rate: RATE } as Demand['quota'] };
};

test('a bucket is never drawn from faster than without loans, at any moment of 40 runs', async () => {
  let loans = 0;
  let refused = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seeded(seed);
    const scene = new Scene();
    const instances = [scene.instance(), scene.instance()];
    // What a bucket that nobody lends from would say of the calls that were let through.
    const strict: Bucket = emptyDebt(RATE, scene.clock.ms);
    for (let step = 0; step < 800; step += 1) {
      scene.clock.ms += random(20) === 0 ? random(3_000) : random(12);
      const instance = instances[random(2)] ?? scene.instance();
      if (random(12) === 0) await instance.sweep();
      const amount = 1 + random(2);
      const id = await scene.begin(instance, [rateDemand(amount)]);
      if (id === null) {
        refused += 1;
        continue;
      }
      const debt = debtAt(strict, RATE, scene.clock.ms) + amount * RATE.unitPoints;
      assert.ok(
        debt <= RATE.capacity,
        `seed ${seed}, step ${step}: over by ${debt - RATE.capacity}`,
      );
      const used = random(3) === 0 ? 0 : amount;
      draw(strict, used, RATE, scene.clock.ms);
      await instance.settle(id, [rateDemand(amount)], usedOf({ inputTokens: used }));
    }
    loans += scene.loans;
  }
  assert.ok(loans > 400 && refused > 400, `${loans} loans, ${refused} refused`);
});

test('no window of time has more than its limit, wherever it begins', async () => {
  let loans = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seeded(seed);
    const scene = new Scene();
    const instances = [scene.instance(), scene.instance()];
    const admitted: { readonly atMs: number; readonly amount: number }[] = [];
    for (let step = 0; step < 1_500; step += 1) {
      scene.clock.ms += random(20) === 0 ? random(600) : random(20);
      const instance = instances[random(2)] ?? scene.instance();
      if (random(8) === 0) await instance.sweep();
      const amount = 1 + random(3);
      const demands = [windowOf('w', 900, amount)];
      const id = await scene.begin(instance, demands);
      if (id === null) continue;
      admitted.push({ atMs: scene.clock.ms, amount });
      const sinceMs = scene.clock.ms - 16_000;
      let sum = 0;
      for (const one of admitted) if (one.atMs > sinceMs) sum += one.amount;
      assert.ok(sum <= 900, `seed ${seed}, step ${step}: ${sum}`);
      await instance.settle(id, demands, usedOf({ inputTokens: amount }));
    }
    loans += scene.loans;
  }
  assert.ok(loans > 400, `${loans} loans`);
});

test('RL-02: of a budget of 500 calls all 500 are let through, by two gateways that lend', async () => {
  const scene = new Scene();
  const instances = [scene.instance(), scene.instance()];
  const demands = [moneyOf('m', 500, 1), slotOf('s', 60)];
  let admitted = 0;
  for (let step = 0; step < 1_400; step += 1) {
    scene.clock.ms += 5;
    const instance = instances[step % 2] ?? scene.instance();
    if (step % 20 === 0) await instance.sweep();
    const id = await scene.begin(instance, demands);
    if (id === null) continue;
    admitted += 1;
    await instance.settle(id, demands, usedOf({ nanoUsd: 1 }));
  }
  assert.equal(admitted, 500);
  assert.ok(scene.loans >= 6, `${scene.loans} loans`);
  assert.ok(scene.loans <= 120, 'near the limit every call asks the store');
  for (const instance of instances) await instance.close();
  assert.deepEqual(await scene.left(...demands), [0, 60]);
  assert.deepEqual(
    scene.crossings.map(({ line }) => line).filter((line) => line === 500).length <= 1,
    true,
  );
});

async function onLoan(scene: Scene): Promise<LendingStore> {
  const instance = scene.instance();
  for (let call = 0; call < 12; call += 1) {
    scene.clock.ms += 1;
    const id = await scene.begin(instance, DEMANDS);
    assert.ok(id !== null);
    await instance.settle(id, DEMANDS, usedOf({ nanoUsd: 4 }));
  }
  assert.ok(instance.loanCount > 0, 'there is a loan');
  return instance;
}

const DEMANDS = [moneyOf('m', 10_000, 10), tokensOf('t', 10_000, 5), slotOf('s', 100)];

test('what is free of a loan goes back when it is over, idle or given back; what runs stays held', async () => {
  for (const way of ['over', 'idle', 'closed'] as const) {
    const scene = new Scene();
    const instance = await onLoan(scene);
    const running = await scene.begin(instance, DEMANDS);
    assert.ok(running !== null);
    scene.clock.ms += way === 'over' ? SPEND_MS : 600;
    if (way === 'closed') await instance.close();
    else await instance.sweep();
    assert.deepEqual(
      [(await scene.left(...DEMANDS))[0], (await scene.left(...DEMANDS))[2]],
      [10_000 - 12 * 4 - 10, 99],
      way,
    );
    await instance.settle(running, DEMANDS, usedOf({ nanoUsd: 3 }));
    assert.equal((await scene.left(...DEMANDS))[0], 10_000 - 12 * 4 - 3, way);
    scene.clock.ms += LEASE_MS + 1;
    assert.equal(scene.store.sweep(), 0, 'nothing is held by nobody');
  }
});

test('a gateway that is gone: all that it had on loan is charged, no more and no less', async () => {
  const scene = new Scene();
  const instance = await onLoan(scene);
  const [before] = await scene.left(DEMANDS[0] ?? moneyOf('m', 1, 1));
  assert.ok(instance.loanCount > 0);
  scene.clock.ms += LEASE_MS + 1;
  assert.ok(scene.store.sweep() > 0);
  assert.deepEqual(await scene.left(DEMANDS[0] ?? moneyOf('m', 1, 1)), [before]);
  assert.equal((await scene.left(DEMANDS[2] ?? slotOf('s', 100)))[0], 100, 'slots are free');
});

test('a call that is raised beyond its loan is held beside it, and ends with it', async () => {
  const scene = new Scene();
  const instance = await onLoan(scene);
  const id = await scene.begin(instance, DEMANDS);
  assert.ok(id !== null);
  assert.equal((await instance.raise(id, [moneyOf('m', 10_000, 3_000)])).kind, 'held');
  assert.equal((await instance.raise(id, [moneyOf('m', 10_000, 9_000)])).kind, 'refused');
  await instance.settle(id, DEMANDS, usedOf({ nanoUsd: 2_000 }));
  await instance.close();
  assert.equal((await scene.left(DEMANDS[0] ?? slotOf('s', 1)))[0], 10_000 - 12 * 4 - 2_000);
});

test('a loan that is on its way when the gateway stops goes back before it has stopped', async () => {
  const scene = new Scene();
  const instance = scene.instance();
  scene.lag = new Promise((resolve) => {
    setImmediate(resolve);
  });
  for (let call = 0; call < 4; call += 1) {
    const id = await scene.begin(instance, DEMANDS);
    if (id !== null) await instance.settle(id, DEMANDS, usedOf({ nanoUsd: 1 }));
  }
  assert.equal(scene.loans, 1);
  await instance.close();
  // Later there is no store that could be told.
  assert.deepEqual([scene.answers, scene.store.openCount], [1, 0]);
  assert.equal((await scene.left(DEMANDS[0] ?? slotOf('s', 1)))[0], 10_000 - 4);
});

/** How many calls begin while the store is away. */
async function whileAway(policy: AwayPolicy, waitMs = 0): Promise<number> {
  const scene = new Scene();
  scene.policy = policy;
  const instance = await onLoan(scene);
  scene.isUp = false;
  scene.clock.ms += waitMs;
  let begun = 0;
  for (let call = 0; call < 2_000; call += 1) {
    scene.clock.ms += 1;
    // A store that is away answers nobody; what does not ask it was on loan.
    const answer = instance.reserve(`away${call}`, DEMANDS, LEASE_MS);
    if (scene.store.settle(`away${call}`, DEMANDS, usedOf({})).isMoved) continue;
    if (!(answer instanceof Promise) && answer.kind === 'held') begun += 1;
  }
  return begun;
}

test('while the store is away what is on loan may be spent where that is declared, and nothing more', async () => {
  const begun = await whileAway({ limits: 'lease', budgets: 'lease' });
  assert.ok(begun > 0 && begun <= 128, `${begun}`);
  assert.equal(await whileAway({ limits: 'soft', budgets: 'lease' }), begun);
  assert.equal(await whileAway({ limits: 'soft', budgets: 'deny' }), 0);
  assert.equal(await whileAway({ limits: 'deny', budgets: 'lease' }), 0);
  assert.equal(await whileAway({ limits: 'soft', budgets: 'soft' }), 0, 'a share is counted');
  assert.equal(await whileAway({ limits: 'lease', budgets: 'lease' }, AWAY_MS), 0, 'it is over');
});

test('a store that has lost what it held: nothing is spent of a loan from its former life', async () => {
  const scene = new Scene();
  const instance = await onLoan(scene);
  const running = await scene.begin(instance, DEMANDS);
  assert.ok(running !== null);
  instance.forget();
  assert.equal(instance.loanCount, 0);
  const answer = await instance.reserve('new', DEMANDS, LEASE_MS);
  assert.equal(answer.kind, 'held');
  assert.equal((await instance.settle('new', DEMANDS, usedOf({}))).isMoved, true);
  // It is told by its own name, and its end is the store's.
  assert.equal((await instance.settle(running, DEMANDS, usedOf({}))).isMoved, false);
});

test('a loan that the store refuses is none', async () => {
  const scene = new Scene();
  scene.refusesLoans = true;
  const instance = scene.instance();
  for (let call = 0; call < 30; call += 1) {
    scene.clock.ms += 50;
    const id = await scene.begin(instance, DEMANDS);
    assert.ok(id !== null);
    assert.equal(scene.store.extend(id, LEASE_MS), true, 'the store has the call itself');
  }
  assert.ok(scene.loans > 1 && scene.loans < 10, 'asked again, and not at every call');
  assert.equal(instance.loanCount, 0);
});

test('a loan is a small part of what is left, and none near a limit', () => {
  const demands = [moneyOf('m', 1_000, 10)];
  const calls = (remaining: number, calls_ = 50, instances = 2): number => {
    const [{ quota: { limit, unit, amount, windowMs, policy } } = slotOf('s', 1)] = demands;
    const state = { name: limit, unit, limit: amount, remaining, resetMs: 0, windowMs, policy };
    return loanCalls({ demands, states: [state], calls: calls_, instances });
  };
  assert.deepEqual([calls(1_000), calls(500), calls(120), calls(99)], [25, 12, 3, 0]);
  assert.deepEqual([calls(1_000, 7), calls(1_000, 1), calls(1_000, 50, 20)], [7, 0, 2]);
});
