/**
 * DEP-01, DEP-02, DEP-05: shared counters that are gone, hang, or refuse to write. Limits go on with a
 * share of each, hard budgets refuse, and when the store is back it knows of everything.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { bucketOf, moneyOf, slotOf } from '#policy/limiters/counter-store.contract.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { rateOf } from '#policy/limiters/rate.ts';

import { type Instance, openInstance, Truth } from '../support/counting-instance.ts';
import { eventually, sleep } from '../support/programs.ts';
import { openTestValkey } from '../support/valkey.ts';

const rejections: unknown[] = [];
process.on('unhandledRejection', (thrown) => rejections.push(thrown));

const server = await openTestValkey();
after(() => server.close());
const client = await server.client();

const DAY_MS = 86_400_000;
const daily = (name: string, amount: number): Demand => ({
  quota: {
    limit: name,
    unit: 'requests',
    amount,
    windowMs: DAY_MS,
    policy: '',
    algorithm: 'token-bucket',
    rate: rateOf(amount, DAY_MS, amount),
  },
  bucket: name,
  amount: 1,
  scope: null,
});

let count = 0;
async function scene(
  run: (one: Instance, two: Instance, truth: Truth, namespace: string) => Promise<void>,
  more: Record<string, unknown> = {},
): Promise<void> {
  count += 1;
  const namespace = `scene${count}`;
  const truth = new Truth();
  // Long enough for a machine that is busy, short enough to be seen.
  const section = { type: 'valkey', url: server.url, namespace, deadline: '250ms', ...more };
  const [one, two] = [await openInstance(section, truth), await openInstance(section, truth)];
  await eventually(() => assert.equal(one.shared.instances, 2));
  try {
    await run(one, two, truth, namespace);
  } finally {
    await one.close();
    await two.close();
  }
  assert.deepEqual(rejections, []);
}

const isUp = (instance: Instance) => eventually(() => assert.ok(instance.shared.isUp), 5_000);
const isDown = (instance: Instance) => eventually(() => assert.ok(!instance.shared.isUp), 5_000);

async function admitted(instance: Instance, demands: readonly Demand[], asks: number) {
  let held = 0;
  const reasons = new Set<string>();
  for (let ask = 0; ask < asks; ask += 1) {
    const answer = await instance.ask(`a${Math.random()}`, demands);
    if (typeof answer === 'string') reasons.add(answer);
    else held += 1;
  }
  return { held, reasons: [...reasons] };
}

test('DEP-01: the server is killed: limits keep to a share, hard budgets refuse, and it is as if nothing had been', async () => {
  await scene(async (one, two) => {
    const money = [moneyOf('m', 1_000, 100)];
    const running = await one.ask('running', [slotOf('s', 10), ...money]);
    assert.ok(typeof running === 'object');
    await server.kill();
    await isDown(one);
    await isDown(two);
    for (const instance of [one, two]) {
      const { held, reasons } = await admitted(instance, [daily('d', 100)], 80);
      assert.deepEqual([held, reasons], [50, ['limit-reached']], 'half of the limit each');
      const refused = await admitted(instance, money, 3);
      assert.deepEqual(refused, { held: 0, reasons: ['limits-unavailable'] });
    }
    // It ends while nobody can be told.
    one.end(running, [slotOf('s', 10), ...money], 40);
    const startMs = performance.now();
    await server.start();
    await isUp(one);
    await isUp(two);
    assert.ok(performance.now() - startMs < 4_000, 'back soon after its return');
    await sleep(2_200);
    const next = await two.ask('next', money);
    assert.ok(typeof next === 'object');
    assert.equal(next.remaining[0]?.remaining, 1_000 - 40 - 100, 'what has ended, and no more');
    assert.deepEqual(
      one.events.filter(({ event }) => event === 'counters-state').map(({ state }) => state),
      ['up', 'down', 'up'],
      'said once a change',
    );
  });
});

test('DEP-02: a server that hangs costs one deadline, then nothing; what it held in its socket is not taken later', async () => {
  await scene(async (one, two) => {
    const demands = [daily('d', 100), slotOf('s', 50)];
    assert.equal((await admitted(one, demands, 10)).held, 10);
    server.signal('SIGSTOP');
    const first = await Promise.all(Array.from({ length: 8 }, () => timed(one, demands)));
    assert.ok(Math.max(...first) < 2_000, 'a deadline, and what the machine is late by');
    await isDown(one);
    const later = await Promise.all(Array.from({ length: 20 }, () => timed(one, demands)));
    const half = later.toSorted((a, b) => a - b)[10] ?? 0;
    assert.ok(half < 100, 'nobody waits for a store that is known to hang');
    await sleep(2_500);
    server.signal('SIGCONT');
    await isUp(one);
    await isUp(two);
    await eventually(async () => {
      const left = await two.ask(`left${Math.random()}`, [slotOf('s', 50)]);
      assert.ok(typeof left === 'object');
      left.settle({ requests: 1, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 });
      // Of the share of 25 slots 10 were taken before; all of them still run.
      assert.equal(left.remaining[0]?.remaining, 50 - one.reservations.openCount - 1);
    });
  });
});

async function timed(instance: Instance, demands: readonly Demand[]): Promise<number> {
  const startMs = performance.now();
  await instance.ask(`t${Math.random()}`, demands);
  return performance.now() - startMs;
}

test('a call that was let through without the store is told to it: its hold, then its cost', async () => {
  await scene(
    async (one, two) => {
      const money = [moneyOf('m', 1_000, 100)];
      assert.ok(typeof (await two.ask('before', money)) === 'object');
      server.signal('SIGSTOP');
      await admitted(one, [bucketOf('b', 9, 1)], 6);
      await isDown(one);
      const [ended, running] = [await one.ask('ended', money), await one.ask('running', money)];
      assert.ok(typeof ended === 'object' && typeof running === 'object', 'soft: half of it');
      const { held } = await admitted(one, [moneyOf('m', 1_000, 200)], 5);
      assert.equal(held, 1, 'together no more than half of the budget');
      one.end(ended, money, 30);
      server.signal('SIGCONT');
      await isUp(one);
      await eventually(async () => {
        const asked = await two.ask(`r${Math.random()}`, [moneyOf('m', 1_000, 0)]);
        assert.ok(typeof asked === 'object');
        assert.equal(asked.remaining[0]?.remaining, 1_000 - 100 - 30 - 100 - 200);
      });
    },
    { onUnavailable: { budgets: 'soft' } },
  );
});

const BROKEN: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>])[] = [
  [
    'READONLY: a replica',
    () => client.replicaof('127.0.0.1', 1),
    () => client.replicaof('NO', 'ONE'),
  ],
  [
    'NOREPLICAS: too few replicas',
    () => client.config('SET', 'min-replicas-to-write', '1'),
    () => client.config('SET', 'min-replicas-to-write', '0'),
  ],
  [
    'OOM: no memory',
    () => client.config('SET', 'maxmemory', '1'),
    () => client.config('SET', 'maxmemory', '0'),
  ],
];

for (const [name, breakIt, mend] of BROKEN) {
  test(`DEP-05: ${name}: unavailable, and nothing is let through that is not counted`, async () => {
    await scene(async (one) => {
      const demands = [daily('d', 100), moneyOf('m', 1_000, 100)];
      assert.equal((await admitted(one, demands, 2)).held, 2);
      await breakIt();
      try {
        const refused = await admitted(one, demands, 8);
        assert.deepEqual(refused, { held: 0, reasons: ['limits-unavailable'] });
        const soft = await admitted(one, [daily('e', 100)], 60);
        assert.equal(soft.held, 50, 'the share of this instance');
      } finally {
        await mend();
      }
      await isUp(one);
      await sleep(2_200);
      const left = await one.ask('left', [moneyOf('m', 1_000, 0)]);
      assert.ok(typeof left === 'object');
      assert.equal(left.remaining[0]?.remaining, 1_000 - 200);
    });
  });
}

interface Outage {
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

const OUTAGES: readonly (readonly [string, Outage])[] = [
  ['DEP-01: killed', { begin: () => server.kill(), end: () => server.start() }],
  [
    'DEP-02: hanging',
    { begin: () => server.signal('SIGSTOP'), end: () => server.signal('SIGCONT') },
  ],
  [
    'DEP-05: a replica',
    {
      begin: () => client.replicaof('127.0.0.1', 1),
      end: () => client.replicaof('NO', 'ONE'),
    },
  ],
];

/** A loan is for 128 calls at most, and what they do not use of it is theirs too. */
const ON_LOAN_MAX = 128 * 2.5;
const LENT = [moneyOf('m', 100_000, 100), slotOf('s', 10_000)];

async function burst(instance: Instance, calls: number): Promise<number> {
  let begun = 0;
  for (let call = 0; call < calls; call += 1) {
    const held = await instance.ask(`l${Math.random()}`, LENT);
    if (typeof held === 'string') continue;
    begun += 1;
    instance.end(held, LENT, 40);
  }
  return begun;
}

for (const [name, outage] of OUTAGES) {
  test(`${name}: where \`lease\` is declared what was on loan is spent, and nothing more`, async () => {
    await scene(
      async (one, two) => {
        let begun = (await burst(one, 150)) + (await burst(two, 150));
        assert.equal(begun, 300);
        await outage.begin();
        // Other calls find out that it is away.
        for (const instance of [one, two]) {
          await Promise.all(
            Array.from({ length: 8 }, (_, call) => instance.ask(`o${call}`, [daily('o', 100)])),
          );
          await isDown(instance);
          const spent = await burst(instance, 1_000);
          assert.ok(spent > 0 && spent <= ON_LOAN_MAX, `${spent}`);
          assert.equal(await burst(instance, 20), 0, 'it is spent');
          begun += spent;
        }
        await outage.end();
        await isUp(one);
        await isUp(two);
        await sleep(2_200);
        await eventually(async () => {
          const left = await two.ask(`left${Math.random()}`, [moneyOf('m', 100_000, 0)]);
          assert.ok(typeof left === 'object');
          assert.equal(left.remaining[0]?.remaining, 100_000 - begun * 40, 'each cost once');
        }, 5_000);
      },
      { leases: true, onUnavailable: { limits: 'lease', budgets: 'lease' } },
    );
  });
}

test('DEP-05: WRONGTYPE: a key that is not a counter is no empty counter', async () => {
  await scene(async (one, _two, _truth, namespace) => {
    await client.lpush(`{${namespace}}:b:d`, 'not a counter');
    const { held } = await admitted(one, [daily('d', 2)], 12);
    assert.ok(held <= 1, 'the share of one instance, not a fresh counter');
    const refused = await admitted(one, [daily('d', 2), moneyOf('m', 1_000, 1)], 3);
    assert.equal(refused.held, 0);
  });
});
