/**
 * Leases of a worker: calls that come often are counted in it, out of what the owner has lent for a second
 * at most (decision 0063). Nothing is ever let through that the owner has not granted.
 */
import type { CounterStore } from '#policy/limiters/counter-store.ts';
import { LEASE_MS } from '#policy/limiters/reservations.ts';
import { LendingStore } from '#policy/limiters/shared/lending-store.ts';
import type { AwayPolicy } from '#policy/limiters/shared/local-share.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';

const ID_CHARS = 16;
/** A worker whose owner is gone ends: there is no such time. */
const NEVER_AWAY: AwayPolicy = { limits: 'deny', budgets: 'deny' };

/** `owners`: the counters of the owner. Of `workers`, each is lent a part of what is left. */
export const lendingOver = (owners: CounterStore, workers: number, clock: Clock): LendingStore =>
  new LendingStore({
    counters: owners,
    lend: (id, demands, leaseMs) => owners.reserve(id, demands, leaseMs),
    clock,
    isUp: () => true,
    instances: () => workers,
    policy: NEVER_AWAY,
    freshId: () => `loan-${randomBase62(ID_CHARS)}`,
    leaseMs: LEASE_MS,
    // The owner sees every line that is crossed itself.
    onCrossing: () => {},
  });
