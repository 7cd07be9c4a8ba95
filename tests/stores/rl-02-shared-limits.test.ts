/** RL-02, BUD-01: two gateways over one store let through exactly the limit. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { moneyOf, slotOf, windowOf } from '#policy/limiters/counter-store.contract.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { rateOf } from '#policy/limiters/rate.ts';

import { openInstance, Truth } from '../support/counting-instance.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { openTestValkey } from '../support/valkey.ts';

const servers = { valkey: await openTestValkey(), postgres: await openTestPostgres() };
after(async () => {
  await servers.valkey.close();
  await servers.postgres.close();
});

type Type = keyof typeof servers;

/** So slow that nothing comes back while the test runs. */
const slowBucket = (amount: number): Demand => ({
  quota: {
    limit: 'slow',
    unit: 'requests',
    amount,
    windowMs: 86_400_000,
    policy: '',
    algorithm: 'token-bucket',
    rate: rateOf(amount, 86_400_000, amount),
  },
  bucket: 'slow',
  amount: 1,
  scope: null,
});

/** At once. Rows of one bucket are a queue in PostgreSQL: its end must be reached in a deadline. */
const CLIENTS = { valkey: 128, postgres: 24 };

interface Race {
  readonly asks: number;
  readonly leases?: boolean;
}

async function race(
  type: Type,
  namespace: string,
  demandsOf: () => Demand[],
  { asks, leases = false }: Race,
) {
  const truth = new Truth();
  // What is measured is the limit, not how fast this machine is: a store that is too slow for the
  // longest deadline would be left, and each gateway would then count for itself.
  const onUnavailable = { limits: 'deny', budgets: 'deny' };
  const url = servers[type].url;
  const section = { type, url, namespace, leases, deadline: '5s', onUnavailable };
  const instances = await Promise.all([openInstance(section, truth), openInstance(section, truth)]);
  let admitted = 0;
  let asked = 0;
  const client = async (index: number): Promise<void> => {
    const instance = instances[index % 2];
    while (asked < asks) {
      asked += 1;
      const answer = await instance?.ask(`${asked}`, demandsOf());
      if (typeof answer === 'object') admitted += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS[type] }, (_, index) => client(index)));
  await Promise.all(instances.map((instance) => instance.close()));
  const left = instances.flatMap(({ events }) => events.filter(({ state }) => state === 'down'));
  assert.deepEqual(left, [], 'the store was there all the time');
  return admitted;
}

test('RL-02: a rate of 1,000 lets 1,000 of 5,000 calls through, whichever gateway they ask', async () => {
  assert.equal(await race('valkey', 'bucket', () => [slowBucket(1_000)], { asks: 5_000 }), 1_000);
});

test('RL-02: a window, calls at once and a budget: the least of them is the limit, exactly', async () => {
  const least = 300;
  for (const [name, amounts] of [
    ['window', [least, 900, 900]],
    ['slots', [900, least, 900]],
    ['money', [900, 900, least]],
  ] as const) {
    const demandsOf = (): Demand[] => [
      {
        ...windowOf('w', amounts[0], 1),
        quota: {
          ...windowOf('w', amounts[0], 1).quota,
          windowMs: 864e5,
          sliceMs: 54e5,
        } as Demand['quota'],
      },
      slotOf('s', amounts[1]),
      moneyOf('m', amounts[2] * 10, 10),
    ];
    assert.equal(await race('valkey', name, demandsOf, { asks: 2_000 }), least, name);
  }
});

test('RL-02: a rate of 200 lets 200 of 600 calls through over PostgreSQL, whichever gateway they ask', async () => {
  assert.equal(await race('postgres', 'bucket', () => [slowBucket(200)], { asks: 600 }), 200);
});

test('BUD-01: a budget of 100 calls lets 100 of 400 through over PostgreSQL', async () => {
  assert.equal(
    await race('postgres', 'money', () => [moneyOf('m', 1_000, 10)], { asks: 400 }),
    100,
  );
});

for (const [type, limit, asks] of [
  ['valkey', 2_000, 20_000],
  ['postgres', 400, 1_200],
] as const) {
  test(`RL-02, BUD-01: with leases no more than the limit, and 98% of it at least, over ${type}`, async () => {
    for (const [name, demandsOf] of [
      ['lent-bucket', () => [slowBucket(limit)]],
      ['lent-money', () => [moneyOf('m', limit * 10, 10), slotOf('s', limit)]],
    ] as const) {
      const admitted = await race(type, name, demandsOf, { asks, leases: true });
      assert.ok(admitted <= limit && admitted >= limit * 0.98, `${name}: ${admitted} of ${limit}`);
    }
  });
}
