/**
 * DEP-03, DEP-04: shared counters that have lost what they were told. No hard budget lets anything
 * through until the ledger has spoken; then what the store says is the ledger and what runs, exactly.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { moneyOf, slotOf } from '#policy/limiters/counter-store.contract.ts';
import type { Reservation } from '#domain/proofs.ts';

import { type Instance, openInstance, Truth } from '../support/counting-instance.ts';
import { eventually, sleep } from '../support/programs.ts';
import { openTestValkey, type TestValkey } from '../support/valkey.ts';

const server = await openTestValkey();
after(() => server.close());

const LIMIT = 1_000_000;
const HELD = 100;
const demands = [slotOf('s', 10_000), moneyOf('m', LIMIT, HELD)];

interface Traffic {
  readonly open: Map<Reservation, Instance>;
  stop(): Promise<void>;
  denied: number;
}

/** Calls that begin, run for a while and end, on every instance, all the time. */
function traffic(instances: readonly Instance[]): Traffic {
  let isOver = false;
  let id = 0;
  const open = new Map<Reservation, Instance>();
  const state: Traffic = {
    open,
    denied: 0,
    async stop() {
      isOver = true;
      await Promise.all(workers);
    },
  };
  const work = async (instance: Instance): Promise<void> => {
    while (!isOver) {
      id += 1;
      const held = await instance.ask(`call${id}`, demands);
      if (typeof held === 'string') {
        state.denied += 1;
        await sleep(20);
        continue;
      }
      open.set(held, instance);
      await sleep(5 + (id % 40));
      // Some run on, over whatever happens to the store.
      if (id % 16 === 0) continue;
      open.delete(held);
      instance.end(held, demands, id % HELD);
    }
  };
  const workers = instances.flatMap((instance) => Array.from({ length: 8 }, () => work(instance)));
  return state;
}

async function lose(
  lossOf: (server: TestValkey) => Promise<void>,
  namespace: string,
  leases = false,
) {
  const truth = new Truth();
  const section = { type: 'valkey', url: server.url, namespace, leases, deadline: '500ms' };
  const instances = [await openInstance(section, truth), await openInstance(section, truth)];
  try {
    await losing(instances, truth, lossOf);
  } finally {
    await Promise.all(instances.map((instance) => instance.close()));
  }
}

async function losing(
  instances: readonly Instance[],
  truth: Truth,
  lossOf: (server: TestValkey) => Promise<void>,
): Promise<void> {
  const running = traffic(instances);
  await sleep(600);
  await lossOf(server);
  // Over the pause, and on with it for a while.
  await sleep(3_500);
  await running.stop();
  // What was on loan and is idle has gone back by then.
  await sleep(1_200);
  for (const { shared } of instances) await eventually(() => assert.equal(shared.untoldCount, 0));
  const [one] = instances;
  assert.ok(one !== undefined);
  const asked = await one.ask('after', [moneyOf('m', LIMIT, 0)]);
  assert.ok(typeof asked === 'object', 'the store has begun again');
  const used = LIMIT - (asked.remaining[0]?.remaining ?? 0);
  assert.equal(used, truth.spent('m') + running.open.size * HELD, 'the ledger and what runs');
  assert.ok(truth.spent('m') > 0 && running.open.size > 0, 'there was something to lose');
  assert.ok(running.denied > 0, 'budgets waited');
  const slots = await one.ask('slots', [slotOf('s', 10_000)]);
  assert.ok(typeof slots === 'object');
  assert.equal(slots.remaining[0]?.remaining, 10_000 - running.open.size - 1);
  for (const [held, instance] of running.open) instance.end(held, demands, 1);
  await sleep(300);
  const last = await one.ask('last', [moneyOf('m', LIMIT, 0)]);
  assert.ok(typeof last === 'object');
  const spent = truth.spent('m');
  assert.equal(last.remaining[0]?.remaining, LIMIT - spent, 'nothing is held by nobody');
}

test('DEP-04: FLUSHALL under traffic of two gateways', async () => {
  const client = await server.client();
  await lose(async () => void (await client.flushall()), 'flushed');
});

test('DEP-03: a restart from an older snapshot, with half a second of writes lost', async () => {
  const client = await server.client();
  await lose(async () => {
    await client.save();
    await sleep(500);
    await server.kill();
    await server.start();
  }, 'older');
});

test('DEP-04: FLUSHALL under traffic of two gateways that lend: nothing is granted twice', async () => {
  const client = await server.client();
  await lose(async () => void (await client.flushall()), 'flushed-lent', true);
});

test('DEP-03: a restart from an older snapshot, which has loans that are over', async () => {
  const client = await server.client();
  await lose(
    async () => {
      await client.save();
      await sleep(500);
      await server.kill();
      await server.start();
    },
    'older-lent',
    true,
  );
});

test('DEP-04: a budget that the ledger says is spent is refused after the loss, not begun anew', async () => {
  const truth = new Truth();
  const client = await server.client();
  const section = { type: 'valkey', url: server.url, namespace: 'spent', deadline: '500ms' };
  const one = await openInstance(section, truth);
  after(() => one.close());
  const money = [moneyOf('spent', 100, 60)];
  const held = await one.ask('first', money);
  assert.ok(typeof held === 'object');
  one.end(held, money, 60);
  await client.flushall();
  const answers = new Set<string>();
  for (let turn = 0; turn < 30; turn += 1) {
    const answer = await one.ask(`turn${turn}`, money);
    assert.ok(typeof answer === 'string', 'nothing is let through against a budget of nobody');
    answers.add(answer);
    await sleep(100);
  }
  assert.deepEqual([...answers].sort(), ['budget-exhausted', 'limits-unavailable']);
});
