import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { loadPeppers } from '#config/peppers.ts';
import { Fault } from '#domain/fault.ts';
import { systemClock } from '#stdx/clock.ts';
import type { KeyRecord } from '#storage/records.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import type { KeyText, StoreState } from '#storage/store-state.ts';
import { ok } from '#stdx/result.ts';

import { SnapshotKeeper } from './keeper.ts';
import { withSnapshot } from './snapshot-storage.ts';

const record = (id: string, revokedMs: number | null = null, version = 1): KeyRecord => ({
  id,
  mode: 'live',
  tenant: 'acme',
  team: null,
  user: null,
  serviceAccount: null,
  name: null,
  roles: [],
  parent: null,
  scope: null,
  run: null,
  isHoney: false,
  createdMs: 1,
  expiresMs: null,
  revokedMs,
  quarantinedMs: null,
  secrets: [{ macHex: '00', pepperVersion: 1, last4: 'abcd', notAfterMs: null }],
  version,
});

const stateOf = (version: number, ...keys: readonly KeyRecord[]): StoreState => ({
  version,
  rows: {
    tenants: [],
    roles: [],
    bindings: [],
    serviceAccounts: [],
    settings: [],
    providerSecrets: [],
    keyRings: [],
  },
  keys: new Map(
    keys.map((key): [string, KeyText] => [
      key.id,
      { version: key.version, text: JSON.stringify(key) },
    ]),
  ),
  groups: [],
  lockedOut: [],
  marks: new Map(),
});

/** A store whose state, notices and absence the test says. */
async function scene(t: TestContext) {
  const dir = fs.mkdtempSync(join(tmpdir(), 'llmproxy-keeper-'));
  const storage = await openSqlite(dir, systemClock);
  let [isAway, seen, reads, tell] = [false, 1, 0, (): void => {}];
  let next: () => Promise<StoreState> = () => Promise.reject(new Error('nothing yet'));
  const server = {
    isAway: () => isAway,
    isReached: () => true,
    seen: () => seen,
    connection: () => connection,
    onTurn: () => {},
    read: (known: ReadonlyMap<string, KeyText>) => {
      reads += 1;
      knownKeys = known.size;
      return next();
    },
  };
  let knownKeys = 0;
  let connection = 1;
  const lines: string[] = [];
  const keeper = new SnapshotKeeper(
    {
      server,
      onChange: (listener) => {
        tell = listener;
        return () => {};
      },
      silentMs: () => 0,
      dataDir: dir,
      isWriter: true,
      deployment: '0'.repeat(64),
      staleMs: 3_600_000,
      clock: systemClock,
      log: { write: (_level, event) => void lines.push(event) },
    },
    null,
  );
  let finding: (id: string) => Promise<KeyRecord | null> = () =>
    Promise.reject(new Fault('storage-failed', 'away'));
  const store = withSnapshot(
    { ...storage, keys: { ...storage.keys, find: (id: string) => finding(id) } },
    server,
    keeper,
  );
  t.after(async () => {
    await keeper.close();
    await storage.close();
    fs.rmSync(dir, { recursive: true });
  });
  return {
    dir,
    store,
    keeper,
    lines,
    start: () => keeper.start({ peppers: loadPeppers(dir), givesRole: () => () => false }),
    has: (of: () => Promise<StoreState>) => void (next = of),
    finds: (of: typeof finding) => void (finding = of),
    hears: (version: number) => {
      seen = version;
      tell();
    },
    /** The server is on another connection, and may be another one. */
    connects: () => {
      connection += 1;
      tell();
    },
    away: (is: boolean) => void (isAway = is),
    reads: () => reads,
    knownKeys: () => knownKeys,
  };
}

async function until(holds: () => boolean): Promise<void> {
  const untilMs = performance.now() + 5_000;
  while (!holds()) {
    assert.ok(performance.now() < untilMs, 'in the end');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a change is read and sealed, keys that did not change are not read again', async (t) => {
  const own = await scene(t);
  own.has(() => Promise.resolve(stateOf(1, record('a'))));
  own.start();
  await until(() => own.keeper.state?.version === 1);
  await until(() => fs.existsSync(join(own.dir, 'store-snapshot.json')));
  own.has(() => Promise.resolve(stateOf(2, record('a'), record('b'))));
  own.hears(2);
  await until(() => own.keeper.state?.version === 2);
  assert.equal(own.knownKeys(), 1);
  own.hears(2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(own.reads(), 2, 'what is known is not read, only sealed anew');
});

test('a store that was set back is read whole, as its numbers may stand for something else', async (t) => {
  const own = await scene(t);
  own.has(() => Promise.resolve(stateOf(5, record('a'))));
  own.start();
  await until(() => own.keeper.state?.version === 5);
  own.has(() => Promise.resolve(stateOf(2, record('a', 9))));
  own.hears(2);
  await until(() => own.keeper.state?.version === 2);
  assert.equal(own.knownKeys(), 0);
  assert.equal(own.keeper.key('a')?.revokedMs, 9);
});

test('on another connection all of a store is read again, whatever its numbers say', async (t) => {
  const own = await scene(t);
  own.has(() => Promise.resolve(stateOf(5, record('a'))));
  own.start();
  await until(() => own.keeper.state?.version === 5);
  // It took the place of one whose last change it has lost, and has a new one under the same numbers.
  own.has(() => Promise.resolve(stateOf(5, record('a', 9))));
  own.connects();
  await until(() => own.keeper.key('a')?.revokedMs === 9);
  assert.equal(own.knownKeys(), 0);
});

test('a key that was revoked here is revoked at once, also where the store goes before it was read again', async (t) => {
  const own = await scene(t);
  own.has(() => Promise.resolve(stateOf(1, record('a'), record('b'))));
  own.start();
  await until(() => own.keeper.state?.version === 1);
  const entry = {
    id: 'x',
    at: 1,
    actor: 'a',
    action: 'x',
    resource: 'r',
    tenant: null,
    diff: null,
  };
  own.has(() => Promise.reject(new Fault('storage-failed', 'gone in the middle of it')));
  const done = await own.store.change(entry, async (tx) => {
    const made = await tx.keys.insert(record('a'));
    assert.ok(made.ok);
    return ok(await tx.keys.update({ ...made.value, revokedMs: 7 }));
  });
  assert.ok(done.ok);
  own.hears(2);
  await until(() => own.lines.includes('store-snapshot-behind'));
  own.away(true);
  assert.equal((await own.store.keys.find('a'))?.revokedMs, 7);
  assert.equal((await own.store.keys.find('b'))?.revokedMs, null);
  await assert.rejects(own.store.keys.find('c'), /away/u, 'nobody can say whether it is a key');
});

test('a store that is slow costs a call a second, and one that is behind says nothing for the store', async (t) => {
  const own = await scene(t);
  own.has(() => Promise.resolve(stateOf(1, record('a'))));
  own.start();
  await until(() => own.keeper.state?.version === 1);
  own.finds(() => new Promise((resolve) => setTimeout(() => resolve(record('a', 3)), 1_800)));
  const startMs = performance.now();
  assert.equal((await own.store.keys.find('a'))?.revokedMs, null);
  assert.ok(performance.now() - startMs < 1_700);
  own.has(() => new Promise(() => {}));
  own.hears(2);
  assert.equal((await own.store.keys.find('a'))?.revokedMs, 3, 'it is waited for');
});
