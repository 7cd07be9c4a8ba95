/** The contract of stores on PostgreSQL, and what two gateways do to one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';
import { systemClock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { err, ok } from '#stdx/result.ts';
import { ledgerContract } from '#storage/ledger.contract.ts';
import { migratePostgres } from '#storage/postgres/migrations.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import { storageSteps } from '#storage/postgres/storage-schema.ts';
import { openPostgresStorage, type PostgresStorage } from '#storage/postgres/storage.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import { storageContract } from '#storage/storage.contract.ts';
import type { OutboxEntry, Storage } from '#storage/storage.ts';

import { openWay, through } from '../support/partition.ts';
import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
after(() => server.close());

const open = (url: string, instance = 'one'): Promise<PostgresStorage> =>
  openPostgresStorage({ url, instance }, systemClock);

const entry = (id: string): OutboxEntry => ({
  id,
  at: 1,
  actor: 'root',
  action: 'tenant.create',
  resource: 'acme',
  tenant: null,
  diff: { a: [1, null] },
});
const acme = {
  id: 'acme',
  name: null,
  status: 'active' as const,
  keyLifeMsMax: null,
  boundTokens: false,
  groupRoles: {},
  createdMs: 1,
  version: 1,
};

storageContract('postgres', async () => await open(await server.plainDatabase()));

ledgerContract('the store in PostgreSQL', async () => {
  const store = await open(await server.plainDatabase());
  return { ledger: store.ledger, close: () => store.close() };
});

test('a step of a schema may take longer than a statement of the gateway, and who starts beside it waits', async () => {
  const url = await server.plainDatabase();
  const link = await openPostgres(url, { connectionsMax: 2, statementMs: 300 });
  try {
    const steps = [{ number: 1, name: 'slow', sql: 'SELECT pg_sleep(1.5)' }];
    const both = [migratePostgres(link, 'slow', steps), migratePostgres(link, 'slow', steps)];
    assert.deepEqual(await Promise.all(both), [[], []]);
    const made = await link.query("SELECT number FROM llmproxy.migrations WHERE part = 'slow'");
    assert.equal(made.length, 1, 'one of them has made it');
    // What is said for one transaction is of that one alone.
    await assert.rejects(link.query('SELECT pg_sleep(1.5)'));
  } finally {
    await link.close();
  }
});

test('gateways that start together make one schema, and change it one after another', async () => {
  const url = await server.plainDatabase();
  const stores = await Promise.all(['a', 'b', 'c', 'd'].map((name) => open(url, name)));
  const tenant = (n: number) => ({ ...acme, id: `t${n}` });
  // Each reads how many there are and writes one more: two at once would count the same.
  const grow = (store: Storage, n: number) =>
    store.change(entry(`e${n}`), async (tx) => {
      const known = (await tx.tenants.find('count')) ?? { ...acme, id: 'count', createdMs: 0 };
      const next = { ...known, createdMs: known.createdMs + 1 };
      const kept = known.createdMs === 0 ? tx.tenants.insert(next) : tx.tenants.update(next);
      await tx.tenants.insert(tenant(n));
      return (await kept).ok ? ok(null) : err('lost');
    });
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, n) => grow(stores[n % 4] ?? assert.fail(), n)),
  );
  assert.ok(made.every((one) => one.ok));
  assert.equal((await stores[0]?.tenants.find('count'))?.createdMs, 40);
  assert.equal((await stores[3]?.tenants.list({ limit: 100 }))?.items.length, 41);
  await Promise.all(stores.map((store) => store.close()));
});

test('a row of the outbox is one gateway’s, and another’s when that one is gone', async () => {
  const url = await server.plainDatabase();
  const [first, second] = [await open(url, 'first'), await open(url, 'second')];
  await first.change(entry('1'), (tx) => tx.tenants.insert(acme));
  assert.deepEqual(await second.outbox.pending(10), [], 'its own gateway is asked first');
  assert.deepEqual(await first.outbox.pending(10), [entry('1')]);
  await server.run(url, "UPDATE llmproxy.outbox SET claimed_until = now() - interval '1 second'");
  assert.deepEqual(await second.outbox.pending(10), [entry('1')]);
  assert.deepEqual(await first.outbox.pending(10), [], 'and it is not had by two');
  await second.outbox.remove(['1']);
  assert.deepEqual(await second.outbox.pending(10), []);
  await Promise.all([first.close(), second.close()]);
});

test('a change whose connection ends in its COMMIT is not made, and neither is its record', async () => {
  const url = await server.plainDatabase();
  const store = await open(url);
  await server.run(
    url,
    `CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON llmproxy.tenants DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION public.cut()`,
  );
  await assert.rejects(
    store.change(entry('lost'), (tx) => tx.tenants.insert(acme)),
    (thrown) => thrown instanceof Fault && thrown.code === 'storage-failed',
  );
  assert.equal(await store.tenants.find('acme'), null);
  assert.deepEqual(await store.outbox.pending(10), []);
  await store.close();
});

test('a change whose COMMIT was done and whose answer is lost has been made, once', async () => {
  const url = await server.plainDatabase();
  const way = await openWay(Number(new URL(url).port));
  const store = await open(through(url, way));
  let told = 0;
  store.onChange(() => void (told += 1));
  const made = store.change(entry('1'), async (tx) => {
    const inserted = await tx.tenants.insert(acme);
    way.cut('answers');
    // Longer than any answer is waited for.
    setTimeout(() => way.heal(), 7_000);
    return inserted;
  });
  assert.deepEqual(await made, ok(acme));
  assert.equal(told, 1);
  assert.deepEqual(await store.tenants.find('acme'), acme);
  assert.deepEqual(await store.outbox.pending(10), [entry('1')]);
  await store.close();
  await way.close();
});

test('what is not kept is a fault with a code, and quotes no statement and no value', async () => {
  const url = await server.plainDatabase();
  const store = await open(url);
  const secret = 'a\u0000secret';
  const change = store.change(entry('1'), (tx) => tx.tenants.insert({ ...acme, name: secret }));
  await assert.rejects(change, (thrown) => {
    assert.ok(thrown instanceof Fault && thrown.code === 'storage-failed');
    const said = `${thrown.message}${thrown.stack}${JSON.stringify(thrown)}${String(thrown.cause)}`;
    assert.doesNotMatch(said, /secret|INSERT|llmproxy\./u);
    return true;
  });
  assert.deepEqual(await store.outbox.pending(10), []);
  await store.close();
});

test('a role that may only read and write rows is enough once the schema is there', async () => {
  const url = await server.plainDatabase();
  const owner = await open(url);
  const worker = new URL(url);
  worker.username = 'worker';
  await server.run(
    url,
    `CREATE ROLE worker LOGIN PASSWORD '${worker.password}';
    GRANT USAGE ON SCHEMA llmproxy TO worker;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA llmproxy TO worker`,
  );
  const store = await open(worker.href, 'worker');
  assert.ok((await store.change(entry('1'), (tx) => tx.tenants.insert(acme))).ok);
  assert.deepEqual(await store.outbox.pending(1), [entry('1')]);
  assert.deepEqual(await owner.tenants.find('acme'), acme);
  await Promise.all([owner.close(), store.close()]);
});

test('a database that a newer program has brought further is worked on, and keeps what it put there', async () => {
  const url = await server.plainDatabase();
  await (await open(url)).close();
  await server.run(
    url,
    `ALTER TABLE llmproxy.tenants ADD COLUMN note text DEFAULT 'a note';
    INSERT INTO llmproxy.migrations (part, number, checksum, compatible_from)
    VALUES ('storage', 9999, 'x', ${Math.max(...storageSteps.map(({ number }) => number))})`,
  );
  const store = await open(url);
  assert.deepEqual(store.newerSteps(), [9_999]);
  assert.ok((await store.change(entry('1'), (tx) => tx.tenants.insert(acme))).ok);
  await server.run(url, `UPDATE llmproxy.tenants SET document = document || '{"plan": "gold"}'`);
  const changed = { ...acme, name: 'Acme' };
  assert.ok((await store.change(entry('2'), (tx) => tx.tenants.update(changed))).ok);
  const rows = await server.run(url, 'SELECT note, document FROM llmproxy.tenants');
  assert.deepEqual(rows, [{ note: 'a note', document: { ...changed, version: 2, plan: 'gold' } }]);
  await store.close();
});

test('a database from before leaves to see content were kept gets their table', async () => {
  const url = await server.plainDatabase();
  const link = await openPostgres(url, { connectionsMax: 1, statementMs: 10_000 });
  await migratePostgres(link, 'storage', storageSteps.slice(0, 1));
  await link.close();
  const store = await open(url);
  const times = { askedMs: 1, minutes: 5, endsMs: 2, version: 1 };
  const asked = { id: 'l1', tenant: 'acme', asker: 'a', party: 'a', reason: 'x', agreedBy: null };
  const leave = { ...asked, ...times };
  assert.ok((await store.change(entry('1'), (tx) => tx.contentLeaves.insert(leave))).ok);
  assert.deepEqual((await store.contentLeaves.list({ tenant: 'acme', limit: 9 })).items, [leave]);
  assert.deepEqual((await store.contentLeaves.list({ tenant: 'other', limit: 9 })).items, []);
  await store.close();
});

test('a database of another version is refused', async () => {
  const url = await server.plainDatabase();
  await (await open(url)).close();
  await server.run(
    url,
    "INSERT INTO llmproxy.migrations (part, number, checksum) VALUES ('storage', 9999, 'x')",
  );
  await assert.rejects(
    open(url),
    (thrown) => thrown instanceof ConfigProblem && thrown.message.includes('migration 9999'),
  );
});

test('usage is told to receivers as the embedded store tells it, once each', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-meter-'));
  const stores = [await open(await server.plainDatabase()), await openSqlite(dir, systemClock)];
  const quarter = 900_000;
  const line = (id: string, atMs: number, costNanoUsd: number) => ({
    id,
    end: 'settle' as const,
    atMs,
    tenant: 'acme',
    team: null,
    user: id,
    key: null,
    rootKey: null,
    run: null,
    model: 'fast',
    provider: null,
    inputTokens: 3,
    outputTokens: 4,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    costNanoUsd,
    priceVersion: 'v1',
    source: 'provider',
  });
  const told = async ({ ledger, meterOutbox }: Storage) => {
    const seen: unknown[] = [await meterOutbox.collect('bills', 0, quarter)];
    await ledger.add([line('a', quarter, 5), line('b', quarter, 7)], null);
    seen.push(await meterOutbox.collect('bills', 0, quarter * 2));
    seen.push(await meterOutbox.collect('bills', 0, quarter * 2));
    seen.push(await meterOutbox.collect('late', 0, quarter * 2));
    await ledger.add([line('c', quarter + 1, 11)], null);
    seen.push(await meterOutbox.collect('bills', quarter, quarter * 2));
    const events = await meterOutbox.pending('bills', 10);
    seen.push(events, await meterOutbox.pending('late', 10));
    await meterOutbox.done('late', [events[0]?.id ?? '']);
    await meterOutbox.done('bills', [events[0]?.id ?? '']);
    seen.push(await meterOutbox.pending('bills', 10));
    return seen;
  };
  const [shared, embedded] = [
    await told(stores[0] ?? assert.fail()),
    await told(stores[1] ?? assert.fail()),
  ];
  assert.deepEqual(shared, embedded);
  assert.deepEqual(shared.slice(0, 5), [0, 1, 0, 0, 1]);
  for (const store of stores) await store.close();
  rmSync(dir, { recursive: true });
});

test('a server that hangs is a fault at once after the first, and is there again with its return', async () => {
  const own = await openTestPostgres();
  try {
    const store = await open(await own.plainDatabase());
    await store.change(entry('1'), (tx) => tx.tenants.insert(acme));
    own.signalAll('SIGSTOP');
    await assert.rejects(store.tenants.find('acme'), Fault);
    await delay(4_000);
    const startMs = performance.now();
    await assert.rejects(store.tenants.find('acme'), Fault);
    assert.ok(performance.now() - startMs < 50, 'nobody waits for it');
    assert.ok(store.silentMs() > 4_000);
    own.signalAll('SIGCONT');
    const backMs = performance.now();
    for (;;) {
      const found = await store.tenants.find('acme').catch(() => null);
      if (found !== null) break;
      assert.ok(performance.now() - backMs < 5_000, 'it is asked again');
      await delay(50);
    }
    assert.ok(store.silentMs() < 2_000);
    await store.close();
  } finally {
    await own.close();
  }
});
