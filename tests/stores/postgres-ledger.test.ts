/** The contract of ledgers on PostgreSQL, what two gateways do to one, and what receivers are told out of it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';

import { systemClock } from '#stdx/clock.ts';
import { ledgerContract } from '#storage/ledger.contract.ts';
import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import { openPostgresStorage } from '#storage/postgres/storage.ts';

import { BASE, DEMO, openHouse } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
after(() => server.close());

const LIMITS = { connectionsMax: 4, statementMs: 10_000 };

async function opened() {
  const link = await openPostgres(await server.database(), LIMITS);
  return { ...(await openPostgresLedger(link)), close: () => link.close() };
}

ledgerContract('postgres', opened);

const AT_MS = 1_800_000_000_000;
const QUARTER_MS = 900_000;

const lineOf = (id: string, user: number, atMs = AT_MS) => ({
  id,
  end: 'settle' as const,
  atMs,
  tenant: 'acme',
  team: null,
  user: `user-${user}`,
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
});

test('gateways that start together make one schema, and add lines of one call once', async () => {
  const url = await server.database();
  const links = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url, LIMITS)));
  const opening = links.map((link) => openPostgresLedger(link));
  const ledgers = (await Promise.all(opening)).map(({ ledger }) => ledger);
  const entries = Array.from({ length: 200 }, (_, index) => lineOf(`call-${index}`, index % 7));
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

test('two gateways that collect for one receiver make each event once, beside a store in the same database', async () => {
  const url = await server.database();
  const storage = await openPostgresStorage({ url, instance: 'one' }, systemClock);
  const links = await Promise.all([0, 1].map(() => openPostgres(url, LIMITS)));
  const [one, two] = await Promise.all(links.map((link) => openPostgresLedger(link)));
  assert.ok(one !== undefined && two !== undefined);
  const collect = ({ meterOutbox }: Pick<typeof one, 'meterOutbox'>): Promise<number> =>
    meterOutbox.collect('bills', 0, AT_MS + QUARTER_MS);
  assert.equal(await one.meterOutbox.collect('bills', 0, AT_MS - QUARTER_MS), 0);
  await one.ledger.add([lineOf('a', 1), lineOf('b', 2)], null);
  const made = await Promise.all([one, two, one, two].map(collect));
  assert.deepEqual(
    made.toSorted((a, b) => a - b),
    [0, 0, 0, 1],
  );
  const [event, ...others] = await two.meterOutbox.pending('bills', 10);
  assert.equal(others.length, 0);
  assert.equal(event?.costNanoUsd, 10);
  await one.meterOutbox.done('bills', [event?.id ?? '']);
  assert.deepEqual(await two.meterOutbox.pending('bills', 10), []);
  await two.ledger.add([lineOf('late', 3)], null);
  assert.equal(await collect(two), 1);
  // The store has an outbox of its own, which was told nothing by any of this.
  assert.deepEqual(await storage.meterOutbox.pending('bills', 10), []);
  await Promise.all([storage.close(), ...links.map((link) => link.close())]);
});

test('a gateway whose ledger alone is on a server tells receivers of the usage that is there', async () => {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
    request.on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const { port } = receiver.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/v1/events`;
  const yaml = `${DEMO}
guards: []
ledger: { type: postgres, url: "\${env:LEDGER_URL}" }
metering: { receivers: [{ name: bills, type: openmeter, url: "${url}", allowPrivateAddress: true }] }
${BASE}`;
  const ledgerUrl = await server.database();
  const house = await openHouse(yaml, { LEDGER_URL: ledgerUrl });
  try {
    const { meterPush, kept } = house.running.world.counting;
    await meterPush.push();
    // Named just now: it is told of quarters from then on, so one of those is made to be over.
    const link = await openPostgres(ledgerUrl, LIMITS);
    await link.query('UPDATE llmproxy.ledger_meter_receivers SET since_quarter = 0');
    await kept.add([lineOf('call', 1, Date.now() - 2 * QUARTER_MS)], null);
    await meterPush.push();
    await meterPush.push();
    assert.equal(bodies.length, 1);
    assert.match(bodies[0] ?? '', /"costNanoUsd":"5"/u);
    assert.deepEqual(await house.running.world.storage.meterOutbox.pending('bills', 1), []);
    await link.close();
  } finally {
    await house.close();
    receiver.close();
  }
});
