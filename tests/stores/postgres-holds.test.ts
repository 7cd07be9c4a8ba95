/** Legal holds of a fleet: set at one gateway, they keep what every gateway on the store has. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';

import { openAuditContents } from '#runtime/audit/open-contents.ts';
import { systemClock } from '#stdx/clock.ts';
import { err, ok } from '#stdx/result.ts';
import { openPostgresStorage } from '#storage/postgres/storage.ts';

import { openTestPostgres } from '../support/postgres.ts';
import { testRoot } from '../support/test-root.ts';

const server = await openTestPostgres();
const folders: string[] = [];
after(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  await server.close();
});

const ANN = { tenant: 'acme', user: 'ann' };
const NOTHING = { search: async () => ({ rows: [], next: null }) };
const HELD = { ...ANN, id: 'hld_1', reason: 'x', actor: 'y', isOfPlatform: true, atMs: 1 };

function gatewayFolder(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'llmproxy-holds-'));
  folders.push(dataDir);
  return dataDir;
}

async function gateway(url: string, instance: string, dataDir = gatewayFolder()) {
  const storage = await openPostgresStorage({ url, instance }, systemClock);
  const room = openAuditContents({ dataDir, root: testRoot(), clock: systemClock, storage });
  return {
    storage,
    ...room,
    /** As an erasure asks. */
    isHeld: async () => {
      await room.holds.refresh();
      return await room.content.isHeld(ANN, NOTHING);
    },
    async close() {
      room.contents.close();
      await storage.close();
    },
  };
}

type Gateway = Awaited<ReturnType<typeof gateway>>;

const entry = (id: string) => ({
  id,
  at: 1,
  actor: 'y',
  action: 'hold',
  resource: 'hold/1',
  tenant: 'acme',
  diff: {},
});

const set = ({ storage }: Gateway) =>
  storage.change(entry('set'), (tx) => tx.holds.insert({ ...HELD, version: 1 }));

test('a hold that is set and ended at one gateway keeps and frees what another has', async () => {
  const url = await server.database();
  const [one, two] = [await gateway(url, 'one'), await gateway(url, 'two')];
  assert.equal(await two.isHeld(), false);
  assert.ok((await set(one)).ok);
  assert.equal(await two.isHeld(), true);
  assert.deepEqual(two.contents.holds(), [HELD]);
  // A change that was not made is none: neither the hold nor its end.
  const kept = await one.storage.change(entry('no'), async (tx) => {
    await tx.holds.remove('hld_1', 1);
    return err('changed its mind');
  });
  assert.equal(kept.ok, false);
  assert.equal(await two.isHeld(), true);
  assert.ok((await one.storage.change(entry('end'), (tx) => tx.holds.remove('hld_1', 1))).ok);
  assert.equal(await two.isHeld(), false);
  assert.deepEqual(two.contents.holds(), []);
  await Promise.all([one.close(), two.close()]);
});

test('where the store cannot be asked nobody is erased, and the copy of the last time is kept', async () => {
  const url = await server.database();
  const one = await gateway(url, 'one');
  assert.ok((await set(one)).ok);
  assert.equal(await one.isHeld(), true);
  await one.storage.close();
  await assert.rejects(one.isHeld());
  assert.deepEqual(one.contents.holds(), [HELD]);
  one.contents.close();
});

test('a hold that a program before has set in its folder is every gateway’s, and is ended once', async () => {
  const url = await server.database();
  const [one, two] = [await gateway(url, 'one'), await gateway(url, 'two')];
  const old = new DatabaseSync(join(folders.at(-1) ?? '', 'content.db'));
  old.exec("INSERT INTO holds VALUES ('hld_1', 'acme', 'ann', 'x', 'y', 1)");
  old.close();
  assert.equal(await two.isHeld(), true, 'here at once');
  assert.equal(await one.isHeld(), true, 'there from the store');
  const actions = (await two.storage.outbox.pending(10)).map(({ action }) => action);
  assert.deepEqual(actions, ['hold.move']);
  await one.storage.change(entry('end'), async (tx) => {
    await tx.holds.remove('hld_1', 1);
    return ok(null);
  });
  // It was a copy by then, and does not come back from where it was set.
  assert.equal(await two.isHeld(), false);
  assert.equal(await one.isHeld(), false);
  await Promise.all([one.close(), two.close()]);
});
