/**
 * What every store of counters has to keep. A member's own test calls `counterStoreContract`; a store
 * that is elsewhere is also compared with the one in memory, step by step.
 *
 * Longer than a file should be: it is one list of promises, which every store is held to whole.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Amounts } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';

import type { CounterStore, Reserved } from './counter-store.ts';
import type { BudgetQuota, Demand, Quota } from './limiter.ts';
import { MemoryCounters } from './memory/memory-counters.ts';
import { rateOf } from './rate.ts';
import { sliceMsOf } from './sliding-window.ts';

export interface OpenStore {
  readonly store: CounterStore;
  readonly close: () => Promise<void>;
}

export class TestClock implements Clock {
  ms = 1_700_000_000_000;
  /** How far the wall is from it. */
  wallMs = 0;

  nowMs(): number {
    return this.ms + this.wallMs;
  }

  monotonicMs(): number {
    return this.ms;
  }
}

export const LEASE_MS = 60_000;
const FAR_MS = 4_000_000_000_000;

const counted = (limit: string, unit: Quota['unit'], amount: number, windowMs: number) => ({
  limit,
  unit,
  amount,
  windowMs,
  policy: '',
});

export const bucketOf = (name: string, amount: number, units: number): Demand => ({
  quota: {
    ...counted(name, 'requests', amount, 1_000),
    algorithm: 'token-bucket',
    rate: rateOf(amount, 1_000, amount),
  },
  bucket: name,
  amount: units,
  scope: null,
});

export const tokensOf = (name: string, amount: number, units: number): Demand => ({
  quota: {
    ...counted(name, 'tokens', amount, 1_000),
    algorithm: 'token-bucket',
    rate: rateOf(amount, 1_000, amount),
  },
  bucket: name,
  amount: units,
  scope: null,
});

export const windowOf = (name: string, amount: number, units: number): Demand => ({
  quota: {
    ...counted(name, 'tokens', amount, 16_000),
    algorithm: 'sliding-window',
    sliceMs: sliceMsOf(16_000),
  },
  bucket: name,
  amount: units,
  scope: null,
});

export const slotOf = (name: string, calls: number): Demand => ({
  quota: { ...counted(name, 'concurrency', calls, 0), algorithm: 'concurrency' },
  bucket: name,
  amount: 1,
  scope: null,
});

export function moneyOf(name: string, limit: number, amount: number, isHard = true): Demand {
  const quota: BudgetQuota = {
    ...counted(name, 'nano-usd', limit, 0),
    algorithm: 'budget',
    lines: [limit / 2, limit],
    isHard,
    clamps: false,
  };
  const scope = { fromMs: 0, toMs: FAR_MS, where: {}, models: null, carriesFromMs: null };
  return { quota, bucket: name, amount, scope };
}

export const usedOf = (used: Partial<Amounts>): Amounts => ({
  requests: 1,
  inputTokens: 0,
  outputTokens: 0,
  bytes: 0,
  nanoUsd: 0,
  ...used,
});

/** Reserves, and seeds with nothing spent what the store asks the ledger for. */
export async function reserved(
  store: CounterStore,
  id: string,
  demands: readonly Demand[],
): Promise<Reserved> {
  const first = await store.reserve(id, demands, LEASE_MS);
  if (first.kind !== 'unseeded') return first;
  const seeds = first.demands.map((demand) => ({ demand, spent: 0, carried: 0 }));
  await store.seed(seeds, first.epoch);
  return store.reserve(id, demands, LEASE_MS);
}

const remainingOf = (answer: Reserved, at: number): number | undefined =>
  answer.kind === 'held' ? answer.states[at]?.remaining : undefined;

const isHeld = ({ kind }: Reserved): boolean => kind === 'held';

export function counterStoreContract(
  name: string,
  open: (clock: TestClock) => Promise<OpenStore>,
): void {
  const scene = (title: string, run: (store: CounterStore, clock: TestClock) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const clock = new TestClock();
      const { store, close } = await open(clock);
      try {
        await run(store, clock);
      } finally {
        await close();
      }
    });

  scene('takes all that a call asks for, or nothing of it', async (store) => {
    const all = [
      bucketOf('b', 10, 1),
      windowOf('w', 100, 60),
      slotOf('s', 5),
      moneyOf('m', 100, 30),
    ];
    assert.ok(isHeld(await reserved(store, 'one', all)));
    const refused = await reserved(store, 'two', all);
    assert.equal(refused.kind, 'refused');
    assert.equal(refused.kind === 'refused' && refused.demand.quota.limit, 'w');
    assert.equal(remainingOf(await reserved(store, 'b', [bucketOf('b', 10, 1)]), 0), 8);
    assert.equal(remainingOf(await reserved(store, 's', [slotOf('s', 5)]), 0), 3);
    assert.equal(remainingOf(await reserved(store, 'm', [moneyOf('m', 100, 30)]), 0), 40);
  });

  scene('BUD-02: of five budgets that lie in each other none is half held', async (store) => {
    const limits = [100, 80, 60, 40, 20];
    const names = limits.map((_, index) => `nested-${index}`);
    const demandsOf = (amount: number, from: number) =>
      limits.slice(from).map((limit, at) => moneyOf(names[at + from] ?? '', limit, amount));
    const open: string[] = [];
    let refused = 0;
    for (let turn = 0; turn < 400; turn += 1) {
      const amount = 1 + (turn % 7);
      const answer = await reserved(store, `c${turn}`, demandsOf(amount, turn % 5));
      if (isHeld(answer)) open.push(`c${turn}`);
      else {
        refused += 1;
        const id = open.shift();
        const from = Number(id?.slice(1)) % 5;
        const held = 1 + (Number(id?.slice(1)) % 7);
        if (id !== undefined) await store.settle(id, demandsOf(held, from), usedOf({}));
      }
    }
    assert.ok(refused > 50);
    for (const id of open) {
      const turn = Number(id.slice(1));
      await store.settle(id, demandsOf(1 + (turn % 7), turn % 5), usedOf({}));
    }
    for (const [index, limit] of limits.entries()) {
      const left = await reserved(store, `left${index}`, [moneyOf(names[index] ?? '', limit, 0)]);
      assert.equal(
        remainingOf(left, 0),
        limit,
        'what was held and not used is back, in each of them',
      );
    }
  });

  scene('an end moves once, however often it is told', async (store) => {
    const demands = [tokensOf('t', 100, 80), moneyOf('m', 100, 80), slotOf('s', 1)];
    assert.ok(isHeld(await reserved(store, 'one', demands)));
    const used = usedOf({ inputTokens: 10, nanoUsd: 10 });
    assert.equal((await store.settle('one', demands, used)).isMoved, true);
    assert.equal((await store.settle('one', demands, used)).isMoved, false);
    assert.equal((await store.settle('never', demands, used)).isMoved, false);
    const next = await reserved(store, 'two', [tokensOf('t', 100, 0), moneyOf('m', 100, 0)]);
    assert.deepEqual([remainingOf(next, 0), remainingOf(next, 1)], [90, 90]);
  });

  scene(
    'BUD-04: the end of a lease charges all that was held, renewed or not',
    async (store, clock) => {
      const demands = [moneyOf('m', 1_000, 300), slotOf('s', 2)];
      assert.ok(isHeld(await reserved(store, 'silent', demands)));
      assert.ok(isHeld(await reserved(store, 'renewed', demands)));
      assert.equal(await store.extend('renewed', LEASE_MS), true);
      clock.ms += LEASE_MS + 1;
      let swept = 0;
      for (let turn = 0; turn < 5; turn += 1) swept += await store.sweep();
      assert.equal(swept, 2);
      const after = await reserved(
        store,
        'new',
        demands.map((demand) => ({ ...demand, amount: 1 })),
      );
      assert.equal(remainingOf(after, 0), 1_000 - 300 - 300 - 1);
      assert.equal(remainingOf(after, 1), 1, 'slots of calls that are gone are free');
    },
  );

  scene('a settlement after the end of the lease corrects it, once', async (store, clock) => {
    const demands = [moneyOf('m', 1_000, 300)];
    assert.ok(isHeld(await reserved(store, 'late', demands)));
    clock.ms += LEASE_MS + 1;
    await store.sweep();
    await store.settle('late', demands, usedOf({ nanoUsd: 25 }));
    await store.settle('late', demands, usedOf({ nanoUsd: 25 }));
    const after = await reserved(store, 'new', [moneyOf('m', 1_000, 0)]);
    assert.equal(remainingOf(after, 0), 975);
  });

  scene('a call that ends late is one call, whatever it cost', async (store, clock) => {
    const { quota, ...demand } = moneyOf('calls', 10, 1);
    const calls: Demand = { ...demand, quota: { ...quota, unit: 'requests' } as Quota };
    assert.ok(isHeld(await reserved(store, 'late', [calls])));
    clock.ms += LEASE_MS + 1;
    await store.sweep();
    await store.settle('late', [calls], usedOf({ requests: 1, nanoUsd: 5_000 }));
    assert.equal(remainingOf(await reserved(store, 'new', [{ ...calls, amount: 0 }]), 0), 9);
  });

  scene(
    'what has ended before it began is not begun, and what is held is not held twice',
    async (store) => {
      const demand = moneyOf('m', 100, 30);
      assert.ok(isHeld(await reserved(store, 'one', [demand])));
      assert.equal(isHeld(await store.reserve('one', [demand], LEASE_MS)), false);
      await store.settle('two', [demand], usedOf({}));
      assert.equal(isHeld(await store.reserve('two', [demand], LEASE_MS)), false);
      await store.settle('one', [demand], usedOf({ nanoUsd: 5 }));
      assert.equal(remainingOf(await reserved(store, 'three', [moneyOf('m', 100, 0)]), 0), 95);
    },
  );

  scene('a lease that is renewed does not end', async (store, clock) => {
    const demands = [moneyOf('m', 1_000, 300), slotOf('s', 1)];
    assert.ok(isHeld(await reserved(store, 'long', demands)));
    for (let turn = 0; turn < 5; turn += 1) {
      clock.ms += LEASE_MS - 1_000;
      assert.equal(await store.extend('long', LEASE_MS), true);
      assert.equal(await store.sweep(), 0);
    }
    assert.equal((await reserved(store, 'other', [slotOf('s', 1)])).kind, 'refused');
    assert.equal((await store.settle('long', demands, usedOf({ nanoUsd: 1 }))).isMoved, true);
    assert.equal(await store.extend('long', LEASE_MS), false);
  });

  scene(
    'a lease that is taken back is over by the next sweep, whoever else holds',
    async (store, clock) => {
      const demands = [moneyOf('m', 1_000, 300), slotOf('s', 2)];
      assert.ok(isHeld(await reserved(store, 'gone', demands)));
      assert.ok(isHeld(await reserved(store, 'runs', demands)));
      assert.equal(await store.extend('gone', 0), true);
      clock.ms += 1;
      await store.sweep();
      const after = await reserved(store, 'new', [moneyOf('m', 1_000, 1), slotOf('s', 2)]);
      assert.equal(remainingOf(after, 0), 1_000 - 300 - 300 - 1);
      assert.equal(remainingOf(after, 1), 0, 'the slot of the one that is gone is free');
      assert.equal(await store.extend('gone', LEASE_MS), false);
      assert.equal(await store.extend('runs', LEASE_MS), true);
    },
  );

  scene('RL-03: never more slots than there are, and each comes back', async (store) => {
    const open: string[] = [];
    let taken = 0;
    for (let turn = 0; turn < 300; turn += 1) {
      const id = `slot${turn}`;
      if (isHeld(await reserved(store, id, [slotOf('s', 7)]))) {
        open.push(id);
        taken += 1;
      }
      assert.ok(open.length <= 7);
      const gone = turn % 3 === 0 ? open.shift() : undefined;
      if (gone !== undefined) await store.settle(gone, [slotOf('s', 7)], usedOf({}));
    }
    assert.ok(taken > 90);
  });

  scene('a budget begins with what the ledger says, asked once', async (store) => {
    const demand = moneyOf('m', 100, 10);
    const first = await store.reserve('one', [demand], LEASE_MS);
    assert.equal(first.kind, 'unseeded');
    assert.ok(first.kind === 'unseeded');
    await store.seed([{ demand, spent: 95, carried: 20 }], first.epoch);
    await store.seed([{ demand, spent: 0, carried: 0 }], first.epoch);
    assert.equal(remainingOf(await store.reserve('one', [demand], LEASE_MS), 0), 15);
    const over = await store.reserve('two', [moneyOf('m', 100, 16)], LEASE_MS);
    assert.equal(over.kind, 'refused');
  });

  scene(
    'what calls hold in the period before is not carried over, nor what has ended since',
    async (store) => {
      const [before, ended, next] = ['m1', 'm2', 'm3'].map((name) => moneyOf(name, 100, 30));
      assert.ok(before !== undefined && ended !== undefined && next !== undefined);
      assert.ok(isHeld(await reserved(store, 'runs', [before, ended])));
      assert.ok(isHeld(await reserved(store, 'over', [{ ...before, amount: 10 }])));
      await store.settle('over', [{ ...before, amount: 10 }], usedOf({ nanoUsd: 10 }));
      const leftOf = async (id: string, demand: Demand, carried: number, from: Demand) => {
        const asked = await store.reserve(id, [{ ...demand, amount: 0 }], LEASE_MS);
        assert.ok(asked.kind === 'unseeded');
        const seed = { demand, spent: 5, carried, before: { ...from, amount: 0 } };
        await store.seed([seed], asked.epoch);
        return remainingOf(await store.reserve(id, [{ ...demand, amount: 0 }], LEASE_MS), 0);
      };
      // The ledger had heard of nothing: 30 are held, and 10 were spent.
      assert.equal(await leftOf('a', next, 100, before), 95 + 100 - 30 - 10);
      // It knew of 80 that this counter has never seen.
      assert.equal(
        await leftOf('b', moneyOf('m4', 100, 0), 20, moneyOf('unseen', 100, 0)),
        95 + 20,
      );
      assert.equal(
        await leftOf('c', moneyOf('m5', 100, 0), 20, ended),
        95,
        'never less than nothing',
      );
    },
  );

  scene('each line of a budget is told once', async (store) => {
    const demand = moneyOf('m', 100, 30);
    const told: number[] = [];
    for (let call = 0; call < 3; call += 1) {
      assert.ok(isHeld(await reserved(store, `c${call}`, [demand])));
      const closed = await store.settle(`c${call}`, [demand], usedOf({ nanoUsd: 30 }));
      told.push(...closed.crossings.map(({ line }) => line));
    }
    assert.ok(isHeld(await reserved(store, 'last', [moneyOf('m', 100, 10)])));
    const closed = await store.settle('last', [moneyOf('m', 100, 10)], usedOf({ nanoUsd: 10 }));
    assert.deepEqual([...told, ...closed.crossings.map(({ line }) => line)], [50, 100]);
  });

  scene('a call that goes past several lines at once tells of each', async (store) => {
    assert.ok(isHeld(await reserved(store, 'all', [moneyOf('m', 100, 100)])));
    const closed = await store.settle('all', [moneyOf('m', 100, 100)], usedOf({ nanoUsd: 100 }));
    assert.deepEqual(
      closed.crossings.map(({ line, spent, demand }) => [line, spent, demand.bucket]),
      [
        [50, 100, 'm'],
        [100, 100, 'm'],
      ],
    );
  });

  scene('a budget that only tells refuses nobody', async (store) => {
    const demand = moneyOf('m', 10, 30, false);
    for (let call = 0; call < 5; call += 1) {
      assert.ok(isHeld(await reserved(store, `c${call}`, [demand])));
    }
  });

  scene('what is raised is held, and comes back with the rest', async (store) => {
    const demand = moneyOf('m', 100, 30);
    assert.ok(isHeld(await reserved(store, 'one', [demand])));
    assert.ok(isHeld(await store.raise('one', [moneyOf('m', 100, 50)])));
    assert.equal((await store.raise('one', [moneyOf('m', 100, 30)])).kind, 'refused');
    assert.equal((await reserved(store, 'two', [moneyOf('m', 100, 21)])).kind, 'refused');
    await store.settle('one', [moneyOf('m', 100, 80)], usedOf({ nanoUsd: 70 }));
    assert.equal(remainingOf(await reserved(store, 'three', [moneyOf('m', 100, 0)]), 0), 30);
  });

  scene('what is lent of a bucket does not run off, until it is lowered', async (store, clock) => {
    const loan = [{ ...bucketOf('b', 10, 8), isLent: true as const }];
    assert.ok(isHeld(await reserved(store, 'loan', loan)));
    clock.ms += 5_000;
    assert.equal((await store.take([bucketOf('b', 10, 3)])).kind, 'refused', 'it may be spent yet');
    assert.equal(await store.lower('loan', [bucketOf('b', 10, 6)]), true);
    assert.equal(await store.lower('loan', [bucketOf('b', 10, 7)]), true, 'told late: no more');
    assert.equal(remainingOf(await store.take([bucketOf('b', 10, 0)]), 0), 4, 'drawn just now');
    clock.ms += 300;
    assert.equal(remainingOf(await store.take([bucketOf('b', 10, 0)]), 0), 7, 'and paid off');
    assert.equal(await store.lower('nobody', loan), false);
  });

  scene('what is given back of a call does not make a loan run off', async (store, clock) => {
    assert.ok(isHeld(await reserved(store, 'call', [tokensOf('t', 100, 60)])));
    clock.ms += 600;
    const loan = [{ ...tokensOf('t', 100, 50), isLent: true as const }];
    assert.ok(isHeld(await reserved(store, 'loan', loan)));
    await store.settle('call', [tokensOf('t', 100, 60)], usedOf({}));
    assert.equal(remainingOf(await store.take([tokensOf('t', 100, 0)]), 0), 50);
  });

  scene('a loan that nobody ends is drawn when its lease is over', async (store, clock) => {
    const loan = [
      { ...bucketOf('b', 10, 8), isLent: true as const },
      { ...slotOf('s', 5), amount: 4 },
      moneyOf('m', 100, 40),
    ];
    assert.ok(isHeld(await reserved(store, 'loan', loan)));
    assert.equal((await store.take([{ ...slotOf('s', 5), amount: 2 }])).kind, 'refused');
    await store.lower('loan', [
      bucketOf('b', 10, 8),
      { ...slotOf('s', 5), amount: 1 },
      moneyOf('m', 100, 30),
    ]);
    clock.ms += LEASE_MS + 1;
    assert.equal(await store.sweep(), 1);
    const after = await reserved(store, 'new', [
      bucketOf('b', 10, 0),
      slotOf('s', 5),
      moneyOf('m', 100, 0),
    ]);
    assert.deepEqual(
      [0, 1, 2].map((at) => remainingOf(after, at)),
      [10, 4, 70],
    );
  });

  scene(
    'what can never fit says so, and what is taken for good does not come back',
    async (store) => {
      const never = await reserved(store, 'big', [bucketOf('b', 5, 6)]);
      assert.ok(never.kind === 'refused' && never.retryAfterMs === null);
      for (let call = 0; call < 5; call += 1)
        assert.ok(isHeld(await store.take([bucketOf('b', 5, 1)])));
      const wait = await store.take([bucketOf('b', 5, 1)]);
      assert.ok(wait.kind === 'refused' && wait.retryAfterMs === 200);
    },
  );

  scene('says what the store in memory says, at every one of many steps', async (store, clock) => {
    await sameAsMemory(store, clock);
  });
}

const quiet = ({ kind, ...answer }: Reserved): unknown => {
  if (kind === 'held' && 'states' in answer) {
    return answer.states.map(({ name, remaining, resetMs }) => [name, remaining, resetMs]);
  }
  if (kind === 'refused' && 'demand' in answer) {
    return [kind, answer.demand.quota.limit, answer.retryAfterMs, answer.state?.remaining];
  }
  return kind;
};

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

async function sameAsMemory(store: CounterStore, clock: TestClock): Promise<void> {
  const memory = new MemoryCounters(clock);
  const random = seeded(4);
  const open = new Map<string, readonly Demand[]>();
  for (let step = 0; step < 1_500; step += 1) {
    clock.ms += random(5) === 0 ? random(20_000) : random(200);
    const id = `s${step}`;
    const act = random(12);
    const [known, demands] = [...open][random(open.size)] ?? [];
    if (act < 6 || known === undefined || demands === undefined) {
      const asked = someDemands(random);
      const [own, theirs] = [await reserved(memory, id, asked), await reserved(store, id, asked)];
      assert.deepEqual(quiet(theirs), quiet(own), `step ${step}`);
      if (own.kind === 'held') open.set(id, asked);
    } else if (act < 8) {
      const lower = demands.map((demand) => ({ ...demand, amount: random(demand.amount + 2) }));
      assert.equal(await store.lower(known, lower), memory.lower(known, lower), `step ${step}`);
    } else if (act < 11) {
      const used = usedOf({ inputTokens: random(60), nanoUsd: random(40) });
      const own = memory.settle(known, demands, used);
      assert.deepEqual((await store.settle(known, demands, used)).isMoved, own.isMoved);
      open.delete(known);
    } else {
      const own = memory.extend(known, LEASE_MS);
      assert.equal(await store.extend(known, LEASE_MS), own, `step ${step}`);
    }
    assert.equal(await store.sweep(), memory.sweep(), `step ${step}`);
  }
}

function someDemands(random: (below: number) => number): Demand[] {
  const which = random(16) || 15;
  const all = [
    random(3) === 0
      ? { ...bucketOf(`b${random(2)}`, 20, random(8)), isLent: true as const }
      : bucketOf(`b${random(2)}`, 20, 1),
    windowOf(`w${random(2)}`, 200, random(60)),
    { ...slotOf(`s${random(2)}`, 12), amount: random(4) === 0 ? 1 + random(4) : 1 },
    moneyOf(`m${random(2)}`, 4_000, random(60)),
  ];
  return all.filter((_, index) => (which & (1 << index)) !== 0);
}
