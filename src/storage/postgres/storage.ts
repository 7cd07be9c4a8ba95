/**
 * The store in PostgreSQL, for gateways that share keys, tenants and settings.
 *
 * Bounded: `CONNECTIONS_MAX` connections and one that listens, `STATEMENT_MS` a statement. While the
 * server does not answer every step is a fault at once, and no caller waits for a time-out of its own.
 */
import { Fault } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';

import type { Storage } from '../storage.ts';
import { changesOf } from './changes.ts';
import type { ReadPorts } from './documents.ts';
import { heldStatesOf } from './held-states.ts';
import { keyUsesOf } from './key-uses.ts';
import { openPostgresLedger } from './ledger.ts';
import { marksOf } from './marks.ts';
import { meterOutboxOf } from './meter-outbox.ts';
import { migratePostgres } from './migrations.ts';
import { onceKeysOf } from './once-keys.ts';
import { outboxOf } from './outbox.ts';
import { peopleOf } from './people.ts';
import { openPostgres, type PostgresLink } from './postgres.ts';
import { provisioningOf } from './provisioning.ts';
import { readsOf } from './repositories.ts';
import { runsOf } from './runs.ts';
import { isWalled, scopedOf, SEES_ALL } from './scope.ts';
import { storageSteps } from './storage-schema.ts';
import { pinningOf } from './tool-pins.ts';
import { ChangeWatch } from './watch-changes.ts';

const CONNECTIONS_MAX = 8;
const STATEMENT_MS = 3_000;

export interface PostgresStorage extends Storage {
  /** False: the role of this gateway walks through the wall between tenants. */
  readonly isWalled: boolean;
}

export interface PostgresPlace {
  /** With its password. */
  readonly url: string;
  /** Names this gateway among those that share the store. */
  readonly instance: string;
}

export async function openPostgresStorage(
  { url, instance }: PostgresPlace,
  clock: Clock,
): Promise<PostgresStorage> {
  const limits = { connectionsMax: CONNECTIONS_MAX, statementMs: STATEMENT_MS };
  const link = await openPostgres(url, { ...limits, options: SEES_ALL });
  try {
    await migratePostgres(link, 'storage', storageSteps);
    const watch = await ChangeWatch.open(url, clock);
    return await storageOn(whileThere(link, watch), watch, instance);
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

/** Nobody waits for a server that is known not to answer, and nobody queues up for its return. */
function whileThere(link: PostgresLink, watch: ChangeWatch): PostgresLink {
  const guard = (): void => {
    if (watch.isAway) throw new Fault('storage-failed', 'PostgreSQL does not answer');
  };
  return {
    query: async (text, values) => {
      guard();
      return await link.query(text, values);
    },
    transaction: async (run) => {
      guard();
      return await link.transaction(run);
    },
    close: () => link.close(),
  };
}

async function storageOn(
  link: PostgresLink,
  watch: ChangeWatch,
  instance: string,
): Promise<PostgresStorage> {
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
    ledger: await openPostgresLedger(link),
    meterOutbox: meterOutboxOf(link),
    provisioning: provisioningOf(ports),
    marks: marksOf(query),
    isWalled: await isWalled(link),
    silentMs: () => watch.silentMs,
    onChange: (listener) => watch.onChange(listener),
    async close() {
      await watch.close();
      await link.close();
    },
  };
}
