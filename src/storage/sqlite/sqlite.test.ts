import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, StatementSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';
import { systemClock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { ok } from '#stdx/result.ts';

import { storageContract } from '../storage.contract.ts';
import type { OutboxEntry } from '../storage.ts';
import { migrate, migrations } from './migrations.ts';
import { openSqlite } from './sqlite.ts';

const root = fs.mkdtempSync(join(tmpdir(), 'sqlite-test-'));
after(() => fs.rmSync(root, { recursive: true }));
let folders = 0;
const folder = (): string => {
  folders += 1;
  return join(root, `data-${folders}`);
};
const entry = (id: string): OutboxEntry => ({
  id,
  at: 1,
  actor: 'root',
  action: 'tenant.create',
  resource: 'acme',
  tenant: null,
  diff: null,
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

storageContract('sqlite', async () => await openSqlite(folder(), systemClock));

test('its files are for the owner only', async () => {
  const dir = folder();
  const store = await openSqlite(dir, systemClock);
  await store.change(entry('1'), async (tx) => await tx.tenants.insert(acme));
  assert.equal(fs.statSync(dir).mode & 0o777, 0o700);
  const names = fs.readdirSync(dir);
  assert.ok(names.includes('llmproxy.db-wal'));
  for (const name of names) assert.equal(fs.statSync(join(dir, name)).mode & 0o777, 0o600, name);
  await store.close();
});

test('what was committed is there after it is opened again', async () => {
  const dir = folder();
  const first = await openSqlite(dir, systemClock);
  await first.change(entry('1'), async (tx) => await tx.tenants.insert(acme));
  await first.close();
  const second = await openSqlite(dir, systemClock);
  assert.deepEqual(await second.tenants.find('acme'), acme);
  assert.deepEqual(await second.outbox.pending(10), [entry('1')]);
  await second.close();
});

test('tells within 500 ms of a change that another connection made', async () => {
  const dir = folder();
  const [mine, other] = [await openSqlite(dir, systemClock), await openSqlite(dir, systemClock)];
  const told = new Promise<void>((resolve) => void mine.onChange(resolve));
  await other.change(entry('1'), async (tx) => await tx.tenants.insert(acme));
  const startMs = performance.now();
  // The store's own timer does not keep a process alive; this one does.
  const isTold = await Promise.race([told.then(() => true), delay(2_000, false)]);
  assert.equal(isTold, true);
  assert.ok(performance.now() - startMs < 500);
  await mine.close();
  await other.close();
});

test('tells of a change though it could not be looked at, and tells again when it can be', async (t) => {
  const store = await openSqlite(folder(), systemClock);
  let told = 0;
  store.onChange(() => void (told += 1));
  const { get } = StatementSync.prototype;
  const fault = t.mock.method(StatementSync.prototype, 'get', look);
  function look(this: StatementSync, ...values: SQLInputValue[]) {
    if (this.sourceSQL.includes('sqlite_sequence')) throw new Error('disk I/O error');
    return Reflect.apply(get, this, values) as ReturnType<typeof get>;
  }
  const made = await store.change(entry('1'), () => Promise.resolve(ok(null)));
  assert.deepEqual([made, told], [ok(null), 1]);
  await delay(600);
  assert.equal(told, 1, 'the polls failed, and the process has not');
  fault.mock.restore();
  await delay(600);
  assert.equal(told, 2);
  await store.close();
});

test('waits for another writer without holding the event loop up', async () => {
  const dir = folder();
  const store = await openSqlite(dir, systemClock);
  const other = new DatabaseSync(join(dir, 'llmproxy.db'));
  other.exec('BEGIN IMMEDIATE');
  let turns = 0;
  const beat = setInterval(() => void (turns += 1), 10);
  const change = store.change(entry('1'), async (tx) => await tx.tenants.insert(acme));
  await delay(400);
  assert.equal(await store.tenants.find('acme'), null);
  other.exec('COMMIT');
  assert.deepEqual(await change, ok(acme));
  clearInterval(beat);
  assert.ok(turns >= 4, `the event loop turned ${turns} times`);
  other.close();
  await store.close();
});

test('gives up after the deadline with a fault and no half change', async () => {
  const dir = folder();
  let extraMs = 0;
  const clock = {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs() + extraMs,
  };
  const store = await openSqlite(dir, clock);
  const other = new DatabaseSync(join(dir, 'llmproxy.db'));
  other.exec('BEGIN IMMEDIATE');
  const change = store.change(entry('1'), async (tx) => await tx.tenants.insert(acme));
  const rejected = assert.rejects(change, { name: 'Fault', code: 'storage-failed' });
  await delay(100);
  extraMs = 6_000;
  await rejected;
  other.exec('COMMIT');
  other.close();
  assert.ok((await store.change(entry('2'), async (tx) => await tx.tenants.insert(acme))).ok);
  assert.deepEqual(await store.outbox.pending(9), [entry('2')]);
  await store.close();
});

test('a binding that cannot be kept or asked for is a fault that names no file', async () => {
  const dir = folder();
  const { heldState, close } = await openSqlite(dir, systemClock);
  await close();
  const binding = { idHash: 'h', tenant: 't', owner: 'o', deployment: 'd', expiresMs: 9 };
  for (const step of [heldState.keep([binding], 0), heldState.find(['h'], 0)]) {
    await assert.rejects(step, (thrown) => {
      assert.ok(thrown instanceof Fault && thrown.code === 'storage-failed');
      return !thrown.message.includes(dir);
    });
  }
});

test('bindings of held state are there after it is opened again', async () => {
  const dir = folder();
  const first = await openSqlite(dir, systemClock);
  const binding = { idHash: 'h', tenant: 't', owner: 'o', deployment: 'd', expiresMs: 9 };
  await first.heldState.keep([binding], 0);
  await first.close();
  const second = await openSqlite(dir, systemClock);
  assert.deepEqual(await second.heldState.find(['h'], 0), [binding]);
  await second.close();
});

test('a store that a newer program has brought further is worked on, and keeps what it put there', async (t) => {
  const dir = folder();
  await (await openSqlite(dir, systemClock)).close();
  const newest = Math.max(...migrations.map(({ number }) => number));
  const added = 'ALTER TABLE tenants ADD COLUMN note TEXT';
  const step = { number: newest + 1, sql: added, compatibleFrom: newest };
  const newer = new DatabaseSync(join(dir, 'llmproxy.db'));
  t.after(() => newer.close());
  assert.deepEqual(migrate(newer, 2, [...migrations, step]), []);
  newer
    .prepare('INSERT INTO tenants VALUES (?, ?, ?, ?, ?)')
    .run('acme', 'acme', 1, JSON.stringify({ ...acme, plan: 'gold' }), 'a note');
  const store = await openSqlite(dir, systemClock);
  t.after(() => store.close());
  assert.deepEqual(store.newerSteps(), [newest + 1]);
  assert.deepEqual(await store.tenants.find('acme'), acme);
  const changed = { ...acme, name: 'Acme' };
  assert.ok((await store.change(entry('1'), (tx) => tx.tenants.update(changed))).ok);
  const row = newer.prepare('SELECT note, document FROM tenants').get();
  assert.deepEqual(
    [row?.['note'], JSON.parse(String(row?.['document']))],
    ['a note', { ...changed, version: 2, plan: 'gold' }],
  );
});

test('users of a store from before there was provisioning are as they were, and still locked out', async (t) => {
  const dir = folder();
  fs.mkdirSync(dir);
  const database = new DatabaseSync(join(dir, 'llmproxy.db'));
  const before = migrations.filter(({ number }) => number < 7);
  assert.equal(before.length, 6);
  migrate(database, 1, before);
  const old = { tenant: 'acme', team: null, name: null, createdMs: 1, version: 1 };
  const insert = database.prepare('INSERT INTO users VALUES (?, ?, ?, ?)');
  for (const [id, status] of [
    ['ann', 'active'],
    ['Ann', 'suspended'],
  ] as const) {
    insert.run(id, 'acme', 1, JSON.stringify({ ...old, id, status }));
  }
  const tenant = { id: 'acme', name: null, status: 'active', createdMs: 1, version: 1 };
  const tenants = database.prepare('INSERT INTO tenants VALUES (?, ?, ?, ?)');
  tenants.run('acme', 'acme', 1, JSON.stringify(tenant));
  database.close();
  const store = await openSqlite(dir, systemClock);
  t.after(() => store.close());
  assert.equal((await store.users.find('ann'))?.provisioned, null);
  assert.deepEqual((await store.tenants.find('acme'))?.groupRoles, {});
  assert.deepEqual(await store.provisioning.lockedOut(), [{ tenant: 'acme', user: 'Ann' }]);
  assert.equal((await store.provisioning.usersNamed('acme', 'ANN')).length, 2);
});

test('a large group in a large tenant is read by the ids of its members, not by walking the tenant', async (t) => {
  const store = await openSqlite(folder(), systemClock);
  t.after(() => store.close());
  const names = { displayName: null, formatted: null, givenName: null, familyName: null };
  const said = { ...names, externalId: null, isActive: true, removedMs: null, emails: [] };
  const base = { tenant: 'acme', createdMs: 1, version: 1 };
  const members = Array.from({ length: 5_000 }, (_, n) => String(n).padStart(22, '0'));
  await store.change(entry('many'), async (tx) => {
    for (const id of members) {
      const provisioned = { ...said, id, changedMs: 1 };
      const user = { ...base, id: `user-${id}`, team: null, name: null, provisioned };
      await tx.users.insert({ ...user, status: 'active' });
    }
    const group = { ...base, id: 'g', displayName: 'All', externalId: null, members };
    return await tx.groups.insert({ ...group, changedMs: 1 });
  });
  const startMs = performance.now();
  assert.equal((await store.provisioning.memberNames('g')).length, 5_000);
  // Some 15 ms; walking the tenant for each of them takes more than a second.
  assert.ok(performance.now() - startMs < 500);
});

test('refuses a database from a newer version, and an applied migration that was edited', () => {
  const database = new DatabaseSync(':memory:');
  const next = Math.max(...migrations.map(({ number }) => number)) + 1;
  const steps = [...migrations, { number: next, sql: 'CREATE TABLE later (id TEXT) STRICT' }];
  migrate(database, 1, steps);
  migrate(database, 2, steps);
  assert.throws(
    () => migrate(database, 3),
    (thrown) =>
      thrown instanceof ConfigProblem && thrown.message.includes(`migration ${next}, which`),
  );
  const edited = [...migrations, { number: next, sql: 'CREATE TABLE later (id INT) STRICT' }];
  assert.throws(
    () => migrate(database, 3, edited),
    (thrown) =>
      thrown instanceof ConfigProblem &&
      thrown.message.includes(`migration ${next} is not the one`),
  );
  database.close();
});

test('a migration that fails leaves nothing behind', () => {
  const database = new DatabaseSync(':memory:');
  const broken = [{ number: 1, sql: 'CREATE TABLE a (id TEXT) STRICT; CREATE TABLE a (id TEXT)' }];
  assert.throws(() => migrate(database, 1, broken));
  assert.deepEqual(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'a'").all(), []);
  database.close();
});
