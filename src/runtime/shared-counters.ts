/** Opens the counters that gateways share, and keeps this one in touch with them. */
import { setTimeout as sleep } from 'node:timers/promises';

import { systemTimers } from '#audit/timers.ts';
import { type CountersSection, urlWithPassword } from '#config/stores-section.ts';
import { LEASE_MS } from '#policy/limiters/reservations.ts';
import type { CounterStore } from '#policy/limiters/counter-store.ts';
import { LendingStore } from '#policy/limiters/shared/lending-store.ts';
import { PostgresCounters } from '#policy/limiters/postgres/postgres-counters.ts';
import type { SharedCounters } from '#policy/limiters/shared/shared-counters.ts';
import { SharedStore, type SharedStorePorts } from '#policy/limiters/shared/shared-store.ts';
import { ValkeyCounters } from '#policy/limiters/valkey/valkey-counters.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { openCounterRows } from '#storage/postgres/counter-rows.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import { openValkey } from '#storage/valkey/valkey.ts';
import type { CounterState } from '#telemetry/counter-metrics.ts';
import type { Log } from '#telemetry/log.ts';

import { every } from './every.ts';

const BEAT_EVERY_MS = 500;
const PROBE_EVERY_MS = 1_000;
/** A gateway starts without its store: what is declared for that happens until it is there. */
const START_WAIT_MS = 3_000;
/** A step holds one while it runs; more would only wait for each other's rows. */
const CONNECTIONS_MAX = 8;
/** Of two clocks. */
const PAUSE_SLACK_MS = 50;
const EPOCH_CHARS = 16;

export interface OpenShared {
  readonly store: SharedStore;
  /** What calls ask: the store, or what it has lent. */
  readonly counters: CounterStore;
  close(): Promise<void>;
}

export type SharedPorts = Pick<
  SharedStorePorts,
  'clock' | 'held' | 'flushLedger' | 'onCrossing'
> & {
  readonly instance: string;
  readonly log: Log;
};

interface Way {
  readonly counters: SharedCounters;
  readonly server: () => string | null;
  /** Keeps the store told of connections that come and go. */
  readonly attach: (store: SharedStore) => void;
  close(): Promise<void>;
}

export async function openSharedCounters(
  section: CountersSection,
  ports: SharedPorts,
): Promise<OpenShared> {
  const way = await wayTo(section, ports);
  const { log } = ports;
  let lending: LendingStore | null = null;
  const store = new SharedStore({
    ...ports,
    counters: way.counters,
    server: way.server,
    timers: systemTimers,
    soon: setImmediate,
    deadlineMs: section.deadline.ms,
    policy: section.onUnavailable,
    leaseMs: LEASE_MS,
    freshEpoch: () => randomBase62(EPOCH_CHARS),
    onMode: (isUp, why) =>
      log.write(isUp ? 'info' : 'error', 'counters-state', {
        state: isUp ? 'up' : 'down',
        reason: why,
      }),
    onLoss: () => lending?.forget(),
    onEpoch: ({ instances }) => log.write('info', 'counters-epoch', { count: instances }),
  });
  if (section.leases) lending = lendingOver(store, section, ports);
  way.attach(store);
  const stop = every(
    () => (store.isUp ? BEAT_EVERY_MS : PROBE_EVERY_MS),
    () => store.beat(),
  );
  await started(store);
  return {
    store,
    counters: lending ?? store,
    async close() {
      stop();
      await lending?.close();
      await store.leave();
      await way.close();
    },
  };
}

function lendingOver(
  store: SharedStore,
  { onUnavailable }: CountersSection,
  { clock, onCrossing }: SharedPorts,
): LendingStore {
  return new LendingStore({
    counters: store,
    lend: (id, demands, leaseMs) => store.lend(id, demands, leaseMs),
    clock,
    isUp: () => store.isUp,
    instances: () => store.instances,
    policy: onUnavailable,
    freshId: () => `loan-${randomBase62(EPOCH_CHARS)}`,
    leaseMs: LEASE_MS,
    onCrossing,
  });
}

/** Budgets of a new epoch wait a little; nobody is refused for that when nobody is there yet. */
async function started(store: SharedStore): Promise<void> {
  for (let waitedMs = 0; !store.isUp && waitedMs < START_WAIT_MS; waitedMs += 20) await sleep(20);
  if (store.isUp) await sleep(store.pausedMs + PAUSE_SLACK_MS);
}

const wayTo = (section: CountersSection, ports: SharedPorts): Promise<Way> =>
  section.type === 'valkey' ? valkeyWay(section, ports) : postgresWay(section);

async function valkeyWay(section: CountersSection, { clock, log }: SharedPorts): Promise<Way> {
  const { namespace } = section;
  const link = await openValkey(urlWithPassword(section));
  const counters = new ValkeyCounters({
    runner: link,
    namespace,
    soon: setImmediate,
    monotonicMs: () => clock.monotonicMs(),
  });
  return {
    counters,
    server: () => link.server,
    attach(store) {
      link.onUp(() => {
        if (link.mayEvict) log.write('warn', 'counters-may-be-evicted');
        void store.beat();
      });
      link.onDown((code) => store.lost(code));
    },
    close() {
      link.close();
      return Promise.resolve();
    },
  };
}

/** Its tables are empty after a crash and after a failover, so its lives need no names. */
async function postgresWay({ deadline, namespace, ...section }: CountersSection): Promise<Way> {
  const limits = { connectionsMax: CONNECTIONS_MAX, statementMs: deadline.ms };
  const link = await openPostgres(urlWithPassword(section), limits);
  const rows = await openCounterRows(link, namespace);
  return {
    counters: new PostgresCounters({ rows }),
    server: () => 'postgres',
    attach: (store) => void store.beat(),
    close: () => link.close(),
  };
}

/** For metrics. Null: counters are in this process. */
export const counterState = (store: SharedStore | null): CounterState => ({
  isUp: () => store === null || store.isUp,
  mode: () => {
    if (store === null) return 'process';
    return store.isUp ? 'shared' : 'away';
  },
  whileAway: () => store?.whileAway ?? { limits: 'none', budgets: 'none' },
  instances: () => store?.instances ?? 1,
  untold: () => store?.untoldCount ?? 0,
});
