/** The log of a fleet in a real PostgreSQL. */
import { after } from 'node:test';

import { fleetStoreContract } from '#audit/fleet/fleet-store.contract.ts';
import { systemClock } from '#stdx/clock.ts';
import { assert } from '#stdx/assert.ts';
import { openPostgresStorage } from '#storage/postgres/storage.ts';

import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
const opened: { close(): Promise<void> }[] = [];
after(async () => {
  for (const store of opened) await store.close();
  await server.close();
});

fleetStoreContract('postgres', async () => {
  const url = await server.plainDatabase();
  const store = await openPostgresStorage({ url, instance: 'one' }, systemClock);
  opened.push(store);
  assert(store.fleetLog !== null, 'gateways share PostgreSQL');
  return store.fleetLog;
});
