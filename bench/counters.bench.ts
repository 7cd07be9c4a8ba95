/**
 * Counters: pairs of reserve and settle with four limits and one budget, in this process, over Valkey and
 * over PostgreSQL on this machine; and how long one call waits for its reservation when nothing else runs.
 */
import assert from 'node:assert/strict';

import {
  bucketOf,
  moneyOf,
  reserved,
  slotOf,
  tokensOf,
  usedOf,
  windowOf,
} from '#policy/limiters/counter-store.contract.ts';
import type { CounterStore } from '#policy/limiters/counter-store.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';
import { LendingStore } from '#policy/limiters/shared/lending-store.ts';
import { PostgresCounters } from '#policy/limiters/postgres/postgres-counters.ts';
import { ValkeyCounters } from '#policy/limiters/valkey/valkey-counters.ts';
import { systemClock } from '#stdx/clock.ts';
import { openCounterRows } from '#storage/postgres/counter-rows.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import { openValkey } from '#storage/valkey/valkey.ts';

import { openTestPostgres } from '../tests/support/postgres.ts';
import { openedCounters } from '../tests/support/shared-counters.ts';
import { openTestValkey } from '../tests/support/valkey.ts';

const LEASE_MS = 90_000;
let runs = 0;
const MUCH = 1_000_000_000;
const CALLERS = 1_000;
const FEW = 10;

/** One caller of many: what is its own, and what is of everybody. */
const demandsOf = (caller: number): Demand[] => [
  bucketOf(`requests-${caller}`, MUCH, 1),
  tokensOf(`tokens-${caller}`, MUCH, 100),
  windowOf('window', MUCH, 100),
  slotOf('slots', MUCH),
  moneyOf(`money-${caller}`, MUCH * 1_000, 1_000),
];
const used = usedOf({ inputTokens: 10, nanoUsd: 10 });
const callers = Array.from({ length: CALLERS }, (_, caller) => demandsOf(caller));

async function pairs(
  store: CounterStore,
  count: number,
  atOnce: number,
  many = CALLERS,
): Promise<number> {
  let begun = 0;
  let moved = 0;
  const worker = async (): Promise<void> => {
    while (begun < count) {
      runs += 1;
      const id = `p${runs}`;
      const demands = callers[begun % many] ?? [];
      begun += 1;
      const answer = await store.reserve(id, demands, LEASE_MS);
      assert.equal(answer.kind, 'held');
      const { isMoved } = await store.settle(id, demands, used);
      if (isMoved) moved += 1;
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - startMs) / 1_000;
  assert.equal(moved, begun, 'the work was done');
  return Math.round(begun / seconds);
}

/** With pauses between: a gateway that is not busy. */
async function waits(
  store: CounterStore,
  count: number,
  many = CALLERS,
): Promise<{ p50Ms: number; p99Ms: number }> {
  const took: number[] = [];
  for (let call = 0; call < count; call += 1) {
    const demands = callers[call % many] ?? [];
    const startMs = performance.now();
    runs += 1;
    await store.reserve(`w${runs}`, demands, LEASE_MS);
    took.push(performance.now() - startMs);
    await store.settle(`w${runs}`, demands, used);
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
  took.sort((a, b) => a - b);
  const at = (part: number): number => Number((took[Math.floor(part * count)] ?? 0).toFixed(3));
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function seeded(store: CounterStore): Promise<void> {
  for (const [caller, demands] of callers.entries()) {
    await reserved(store, `s${caller}`, demands);
    await store.settle(`s${caller}`, demands, used);
  }
}

const say = (store: string, figures: object): void => {
  process.stdout.write(`${JSON.stringify({ bench: 'counters', store, ...figures })}\n`);
};

async function memory(): Promise<void> {
  const store = new MemoryCounters(systemClock);
  await seeded(store);
  const turns = 200_000;
  const run = (): number => {
    const startMs = performance.now();
    for (let turn = 0; turn < turns; turn += 1) {
      const demands = callers[turn % CALLERS] ?? [];
      store.reserve('m', demands, LEASE_MS);
      store.settle('m', demands, used);
    }
    return ((performance.now() - startMs) * 1_000) / turns;
  };
  run();
  const usAPair = Math.min(run(), run(), run());
  say('process', {
    usAPair: Number(usAPair.toFixed(2)),
    usACall: Number((usAPair / 2).toFixed(2)),
  });
}

async function valkey(): Promise<void> {
  const server = await openTestValkey();
  const link = await openValkey(server.url);
  await new Promise<void>((resolve) => {
    link.onUp(resolve);
  });
  const monotonicMs = (): number => performance.now();
  const parts = { runner: link, namespace: 'bench', soon: setImmediate, monotonicMs };
  const store = await openedCounters(new ValkeyCounters(parts));
  await seeded(store);
  await pairs(store, 20_000, 128);
  const [at64, at256] = [await pairs(store, 60_000, 64), await pairs(store, 60_000, 256)];
  say('valkey', {
    pairsPerSecondAt64: at64,
    pairsPerSecondAt256: at256,
    ...(await waits(store, 500)),
  });
  await pairs(lentBy(store, 'v'), 20_000, 64);
  const lent = lentBy(store, 'w');
  say('valkey, leases', {
    pairsPerSecondAt64: await pairs(lent, 100_000, 64),
    pairsPerSecondAt256: await pairs(lent, 100_000, 256),
    ...(await waits(lent, 500, 1)),
  });
  link.close();
  await server.close();
}

/** As a gateway asks it that has `leases` on: loans are looked after every quarter of a second. */
function lentBy(counters: CounterStore, name: string): CounterStore {
  let loans = 0;
  const lending = new LendingStore({
    counters,
    lend: (id, demands, leaseMs) => counters.reserve(id, demands, leaseMs),
    clock: systemClock,
    isUp: () => true,
    instances: () => 1,
    policy: { limits: 'soft', budgets: 'deny' },
    freshId: () => {
      loans += 1;
      return `loan-${name}${loans}`;
    },
    leaseMs: LEASE_MS,
    onCrossing: () => {},
  });
  // Until the server is closed.
  const swept = (): void => void Promise.resolve(lending.sweep()).catch(() => {});
  setInterval(swept, 250).unref();
  return lending;
}

async function postgres(): Promise<void> {
  const server = await openTestPostgres();
  const link = await openPostgres(server.url, { connectionsMax: 8, statementMs: 30_000 });
  const rows = await openCounterRows(link, 'bench');
  const store = await openedCounters(new PostgresCounters({ rows }));
  await seeded(store);
  const at64 = await pairs(store, 2_000, 64);
  say('postgres', { pairsPerSecondAt64: at64, ...(await waits(store, 300)) });
  const lent = lentBy(store, 'p');
  // Of so few callers that each of them comes often.
  await pairs(lent, 1_000, 64, FEW);
  say('postgres, leases, few callers', {
    pairsPerSecondAt64: await pairs(lent, 10_000, 64, FEW),
    ...(await waits(lent, 300, 1)),
  });
  await link.close();
  await server.close();
}

const [, , only] = process.argv;
if (only === undefined || only === 'process') await memory();
if (only === undefined || only === 'valkey') await valkey();
if (only === undefined || only === 'postgres') await postgres();
