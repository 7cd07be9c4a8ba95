import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { configSchema } from '#config/config.ts';
import type { Storage } from '#storage/storage.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import { systemClock } from '#stdx/clock.ts';

import { Directory } from './directory.ts';

/** A directory whose readings end when the test says so: with those who are locked out, or a fault. */
async function open(t: TestContext) {
  const dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-directory-'));
  const storage = await openSqlite(dir, systemClock);
  t.after(async () => {
    await storage.close();
    fs.rmSync(dir, { recursive: true });
  });
  const readings: { readonly end: (...users: readonly string[]) => void; fail: () => void }[] = [];
  const slow: Storage = {
    ...storage,
    provisioning: {
      ...storage.provisioning,
      lockedOut: () =>
        new Promise((resolve, reject) => {
          readings.push({
            end: (...users) => resolve(users.map((user) => ({ tenant: 'acme', user }))),
            fail: () => reject(new Error('database is locked')),
          });
        }),
    },
  };
  const directory = new Directory(slow, { newest: 1, of: () => Buffer.alloc(32) }, config('acme'));
  return { directory, readings };
}

const config = (...ids: readonly string[]) =>
  configSchema.parse({ tenants: ids.map((id) => ({ id })), guards: [] });

test('of two readings of the store, the one that began later counts, whichever ends first', async (t) => {
  const { directory, readings } = await open(t);
  const [first, second] = [directory.refresh(), directory.refresh()];
  readings[1]?.end('ann');
  await second;
  assert.ok(directory.isSuspended('acme', 'ann'));
  // What the first one read is of before she was locked out.
  readings[0]?.end();
  await first;
  assert.ok(directory.isSuspended('acme', 'ann'));
  assert.ok(!directory.isSuspended('acme', 'bob'));
});

test('tenants of a file that was not taken are not taken by the next reading either', async (t) => {
  const { directory, readings } = await open(t);
  const taking = directory.refresh(config('acme', 'globex').tenants);
  readings[0]?.fail();
  await assert.rejects(taking);
  const next = directory.refresh();
  readings[1]?.end();
  await next;
  assert.deepEqual(
    [directory.isSuspended('acme', null), directory.isSuspended('globex', null)],
    [false, true],
  );
});

test('a file and a change of the store at once: both count, whichever ends first', async (t) => {
  for (const [first, second] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const { directory, readings } = await open(t);
    const both = [directory.refresh(config('acme', 'globex').tenants), directory.refresh()];
    readings[first]?.end('ann');
    await both[first];
    readings[second]?.end('ann');
    await until(() => readings.length === 3);
    // It is read again, with both.
    readings[2]?.end('ann');
    await Promise.all(both);
    assert.ok(!directory.isSuspended('globex', null), `${first} first`);
    assert.ok(directory.isSuspended('acme', 'ann'), `${first} first`);
  }
});

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(holds());
}
