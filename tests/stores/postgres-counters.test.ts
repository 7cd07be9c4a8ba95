/** The contract of counter stores, on a real PostgreSQL server. */
import { after } from 'node:test';

import { counterStoreContract } from '#policy/limiters/counter-store.contract.ts';
import { PostgresCounters } from '#policy/limiters/postgres/postgres-counters.ts';
import { openCounterRows } from '#storage/postgres/counter-rows.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

import { openTestPostgres } from '../support/postgres.ts';
import { openedCounters } from '../support/shared-counters.ts';

const server = await openTestPostgres();
const link = await openPostgres(server.url, { connectionsMax: 4, statementMs: 10_000 });
let count = 0;

after(async () => {
  await link.close();
  await server.close();
});

counterStoreContract('postgres', async (clock) => {
  count += 1;
  const rows = await openCounterRows(link, `test${count}`);
  const counters = new PostgresCounters({ rows, nowMs: () => clock.nowMs() });
  return { store: await openedCounters(counters), close: () => Promise.resolve() };
});
