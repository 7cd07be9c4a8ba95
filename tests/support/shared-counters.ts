/** A shared store as the contract asks it: its epoch has begun, and nothing has to be told first. */
import type { CounterStore } from '#policy/limiters/counter-store.ts';
import type { SharedCounters } from '#policy/limiters/shared/shared-counters.ts';

export const BEAT = {
  instance: 'one',
  aliveMs: 10_000,
  server: 'server',
  freshEpoch: 'first',
  pauseMs: 0,
};

export async function openedCounters(counters: SharedCounters): Promise<CounterStore> {
  await counters.beat(BEAT);
  return {
    reserve: (id, demands, leaseMs) => counters.reserve(id, demands, leaseMs),
    take: (demands) => counters.take(demands),
    settle: async (id, demands, used) =>
      (await counters.settle(id, demands, used)) ?? { isMoved: false, crossings: [] },
    extend: (id, leaseMs) => counters.extend(id, leaseMs),
    raise: (id, more) => counters.raise(id, more),
    lower: (id, demands) => counters.lower(id, demands),
    seed: (seeds, epoch) => counters.seed(seeds, epoch),
    restore: (id, demands, leaseMs) => counters.restore(id, demands, leaseMs),
    sweep: () => counters.sweep(),
  };
}
