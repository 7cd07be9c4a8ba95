/** What workers have on loan of the owner's counters is granted by it, and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bucketOf,
  LEASE_MS,
  moneyOf,
  reserved,
  slotOf,
  TestClock,
  usedOf,
  windowOf,
} from '#policy/limiters/counter-store.contract.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';
import type { LendingStore } from '#policy/limiters/shared/lending-store.ts';

import { channelAt, wires } from '../../../tests/support/wires.ts';
import { type CounterAnswerers, CounterSeat, OwnersCounters } from './counters.ts';
import { lendingOver } from './lending.ts';

class Scene {
  readonly clock = new TestClock();
  readonly counters = new MemoryCounters(this.clock);
  /** Calls that the owner was asked for. */
  asked = 0;

  worker() {
    const { ends, cut } = wires();
    const seat = new CounterSeat(this.counters, () => {});
    const { reserve } = seat.answerers;
    channelAt(ends[0], {
      ...seat.answerers,
      reserve: (hold: Parameters<typeof reserve>[0]) => {
        this.asked += 1;
        return reserve(hold);
      },
    });
    const owners = new OwnersCounters(channelAt<CounterAnswerers>(ends[1], {}));
    return { seat, cut, store: lendingOver(owners, 2, this.clock) };
  }

  async left(demand: Demand): Promise<number | undefined> {
    const answer = await this.counters.take([{ ...demand, amount: 0 }]);
    assert.ok(answer.kind === 'held');
    return answer.states[0]?.remaining;
  }
}

/** Everything that is on its way between the two has arrived. */
const arrived = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** The names of those of so many calls that were let through. */
async function begin(store: LendingStore, calls: number, demands: readonly Demand[]) {
  const held: string[] = [];
  for (let call = 0; call < calls; call += 1) {
    const id = `call-${Math.random()}`;
    const answer = await store.reserve(id, demands, LEASE_MS);
    if (answer.kind === 'held') held.push(id);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  return held;
}

test('calls that come often ask the owner seldom, and what was not needed comes back', async () => {
  const scene = new Scene();
  const { store } = scene.worker();
  const demands = [windowOf('w', 10_000, 1), slotOf('s', 500)];
  const ids = await begin(store, 200, demands);
  assert.equal(ids.length, 200);
  assert.ok(scene.asked < 40, `${scene.asked} questions for 200 calls`);
  for (const id of ids) await store.settle(id, demands, usedOf({ inputTokens: 1 }));
  await store.close();
  await arrived();
  assert.equal(await scene.left(windowOf('w', 10_000, 0)), 9_800);
  assert.equal(await scene.left(slotOf('s', 500)), 500);
});

test('two workers that lend let through a limit to the last call and never one more, at every pace', async () => {
  let lent = 0;
  for (const limit of [7, 60, 300, 1_000]) {
    const scene = new Scene();
    const workers = [scene.worker(), scene.worker()];
    const demands = [bucketOf('shared', limit, 1)];
    let through = 0;
    let calls = 0;
    const round = async (): Promise<void> => {
      const rounds = workers.map(({ store }, at) => begin(store, 10 + 30 * at, demands));
      for (const ids of await Promise.all(rounds)) through += ids.length;
      calls += 50;
      assert.ok(through <= limit, `${through} of ${limit}`);
    };
    while (calls < limit + 100) await round();
    lent += calls - scene.asked;
    // What is on loan goes back when it is not needed any more, and is for everybody again.
    for (const { store } of workers) await store.close();
    await arrived();
    while (calls < limit + 300) await round();
    assert.equal(through, limit);
  }
  assert.ok(lent > 500, `${lent} calls were counted on loans`);
});

test('a worker that is gone: what it had on loan is charged at once, and its slots are free', async () => {
  const scene = new Scene();
  const [one, other] = [scene.worker(), scene.worker()];
  const demands = [moneyOf('m', 1_000, 1), slotOf('s', 200)];
  await reserved(one.store, 'first', demands);
  const running = await begin(one.store, 100, demands);
  assert.equal(running.length, 100);
  await arrived();
  const before = await scene.left(moneyOf('m', 1_000, 0));
  assert.ok(before !== undefined && before <= 899, String(before));
  one.cut();
  await one.seat.end();
  assert.equal(await scene.left(slotOf('s', 200)), 200);
  assert.equal(await scene.left(moneyOf('m', 1_000, 0)), before, 'charged whole, and no more');
  assert.equal((await begin(other.store, 5, demands)).length, 5);
});
