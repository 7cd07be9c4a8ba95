/** The contract of ledgers on PostgreSQL, and what two gateways do to one. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { ledgerContract } from '#storage/ledger.contract.ts';
import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
after(() => server.close());

const LIMITS = { connectionsMax: 4, statementMs: 10_000 };

async function opened() {
  const link = await openPostgres(await server.database(), LIMITS);
  return { ledger: await openPostgresLedger(link), close: () => link.close() };
}

ledgerContract('postgres', opened);

test('gateways that start together make one schema, and add lines of one call once', async () => {
  const url = await server.database();
  const links = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url, LIMITS)));
  const ledgers = await Promise.all(links.map((link) => openPostgresLedger(link)));
  const entries = Array.from({ length: 200 }, (_, index) => ({
    id: `call-${index}`,
    end: 'settle' as const,
    atMs: 1_800_000_000_000,
    tenant: 'acme',
    team: null,
    user: `user-${index % 7}`,
    key: null,
    rootKey: null,
    run: null,
    model: 'fast',
    provider: null,
    inputTokens: 1,
    outputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 5,
    priceVersion: null,
    source: 'provider',
  }));
  // In different orders: batches that lock in different orders would wait for each other for ever.
  const added = await Promise.all(
    ledgers.map((ledger, index) =>
      ledger.add(index % 2 === 0 ? entries : entries.toReversed(), { writer: `w${index}`, seq: 1 }),
    ),
  );
  assert.equal(
    added.reduce((sum, one) => sum + one, 0),
    entries.length,
  );
  const query = { fromMs: 0, toMs: 4_000_000_000_000, where: {}, models: null };
  assert.equal(await ledgers[0]?.spent(query), entries.length * 5);
  await Promise.all(links.map((link) => link.close()));
});
