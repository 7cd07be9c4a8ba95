/**
 * The store in PostgreSQL, for gateways that share keys, tenants and settings.
 *
 * Bounded: `CONNECTIONS_MAX` connections and one that listens, `STATEMENT_MS` a statement. While the
 * server does not answer every step is a fault at once, and no caller waits for a time-out of its own.
 */
import type { Clock } from '#stdx/clock.ts';

import type { SchemaPlan } from '../schema-steps.ts';
import type { Storage } from '../storage.ts';
import type { StoreServer } from '../store-state.ts';
import { changesOf } from './changes.ts';
import type { ReadPorts } from './documents.ts';
import { fleetLogOf } from './fleet-log.ts';
import { heldStatesOf } from './held-states.ts';
import { keyUsesOf } from './key-uses.ts';
import { openPostgresLedger } from './ledger.ts';
import { marksOf } from './marks.ts';
import { meterOutboxOf } from './meter-outbox.ts';
import { migratePostgres } from './migrations.ts';
import { onceKeysOf } from './once-keys.ts';
import { outboxOf } from './outbox.ts';
import { peopleOf } from './people.ts';
import { isAbsence, openPostgres, PostgresFault, type PostgresLink } from './postgres.ts';
import { provisioningOf } from './provisioning.ts';
import { readStore } from './read-store.ts';
import { readsOf } from './repositories.ts';
import { runsOf } from './runs.ts';
import { isWalled, scopedOf, SEES_ALL } from './scope.ts';
import { storageSteps } from './storage-schema.ts';
import { pinningOf } from './tool-pins.ts';
import { ChangeWatch, type WatchPorts } from './watch-changes.ts';

const CONNECTIONS_MAX = 8;
const STATEMENT_MS = 3_000;

export interface PostgresStorage extends Storage {
  /** False: the role of this gateway walks through the wall between tenants. Null: nobody could be asked. */
  readonly isWalled: boolean | null;
  /** Whether the server answers, and what it has as a whole. */
  readonly server: StoreServer;
}

export interface PostgresPlace {
  /** With its password. */
  readonly url: string;
  /** Names this gateway among those that share the store. */
  readonly instance: string;
}

/**
 * `silentMsOf`: where the server is away, for how long nothing was heard of it by whoever has kept a
 * copy; null: by nobody, and then it does not open. Rejects with a `Fault` or a `ConfigProblem`.
 */
export async function openPostgresStorage(
  place: PostgresPlace,
  clock: Clock,
  silentMsOf: () => Promise<number | null> = () => Promise.resolve(null),
): Promise<PostgresStorage> {
  const { url } = place;
  const limits = { connectionsMax: CONNECTIONS_MAX, statementMs: STATEMENT_MS };
  const link = await openPostgres(url, { ...limits, options: SEES_ALL });
  let newer: SchemaPlan['newer'] = [];
  const prepare = once(async () => {
    newer = await migratePostgres(link, 'storage', storageSteps);
  });
  const ports = { url, clock, prepare };
  try {
    const watch = await openWatch(ports, silentMsOf);
    return { ...(await storageOn(link, watch, place)), newerSteps: () => newer };
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

async function openWatch(
  ports: WatchPorts,
  silentMsOf: () => Promise<number | null>,
): Promise<ChangeWatch> {
  try {
    return await ChangeWatch.open(ports);
  } catch (thrown) {
    if (!isAbsence(thrown)) throw thrown;
    const silentMs = await silentMsOf();
    if (silentMs === null) throw thrown;
    return ChangeWatch.away(ports, silentMs);
  }
}

/** Until it has succeeded. */
function once(work: () => Promise<void>): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (isDone) return;
    await work();
    isDone = true;
  };
}

/** Nobody waits for a server that is known not to answer, and nobody queues up for its return. */
function whileThere(link: PostgresLink, watch: ChangeWatch): PostgresLink {
  const guard = (): void => {
    if (watch.isAway) throw new PostgresFault('unknown', 'PostgreSQL does not answer');
  };
  return {
    query: async (text, values) => {
      guard();
      return await link.query(text, values);
    },
    transaction: async (run, statementMs) => {
      guard();
      return await link.transaction(run, statementMs);
    },
    close: () => link.close(),
  };
}

async function storageOn(
  server: PostgresLink,
  watch: ChangeWatch,
  { instance }: PostgresPlace,
): Promise<Omit<PostgresStorage, 'newerSteps'>> {
  const link = whileThere(server, watch);
  const { query } = link;
  const ports: ReadPorts = { query, scoped: scopedOf(link) };
  return {
    ...readsOf(ports),
    change: changesOf({ link, instance, onMade: (version) => watch.told(version) }),
    outbox: outboxOf(query, instance),
    heldState: heldStatesOf(link),
    pinning: pinningOf(ports),
    keyUses: keyUsesOf(query),
    runs: runsOf(ports),
    onceKeys: onceKeysOf(query),
    people: peopleOf(query),
    ledger: (await openPostgresLedger(link)).ledger,
    meterOutbox: meterOutboxOf(link, { of: 'store' }),
    provisioning: provisioningOf(ports),
    marks: marksOf(query),
    fleetLog: fleetLogOf(link),
    isWalled: watch.isAway ? null : await isWalled(link),
    server: {
      isAway: () => watch.isAway,
      isReached: () => watch.isReached,
      seen: () => watch.seen,
      connection: () => watch.connection,
      onTurn: (listener) => watch.onTurn(listener),
      read: (known, givesRole) => readStore(link, known, givesRole),
    },
    silentMs: () => watch.silentMs,
    onChange: (listener) => watch.onChange(listener),
    async close() {
      await watch.close();
      await link.close();
    },
  };
}
