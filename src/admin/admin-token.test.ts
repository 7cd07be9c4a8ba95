import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { seed, testPeppers } from './admin-seeds.contract.ts';
import { openHouse } from './admin.contract.ts';
import { formatAdminToken, mintAdminToken, parseAdminToken, provenToken } from './admin-token.ts';
import { bootstrapToken, forgetBootstrapToken } from './bootstrap-token.ts';

const wanted = { role: 'viewer', tenant: null, isOneTime: false, expiresMs: null } as const;

test('a token reads back as it was made, and with any character changed it does not', () => {
  const { token } = mintAdminToken(wanted, testPeppers, 1);
  const parts = parseAdminToken(token);
  assert.ok(parts !== null);
  assert.equal(formatAdminToken(parts), token);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('0', 'A', 'z', '_', ' '), (at, char) => {
      fc.pre(token[at] !== char);
      assert.equal(parseAdminToken(token.slice(0, at) + char + token.slice(at + 1)), null);
    }),
  );
});

test('a token whose form is wrong costs no look-up', async () => {
  let asked = 0;
  const tokens = {
    find: async () => {
      asked += 1;
      return null;
    },
    list: async () => ({ items: [], next: null }),
  };
  const { token } = mintAdminToken(wanted, testPeppers, 1);
  for (const made of ['', 'x', `${token} `, token.slice(0, -1), token.replace('llmpa', 'llmpb')]) {
    assert.equal(await provenToken(made, tokens, testPeppers), null);
  }
  assert.equal(asked, 0);
  assert.equal(await provenToken(token, tokens, testPeppers), null);
  assert.equal(asked, 1);
});

test('a start without an administrator makes one token, private, and the next start shows it again', async (t) => {
  const house = await openHouse(t);
  const { storage, dataDir, time } = house;
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => 0 };
  const start = () => bootstrapToken(storage, testPeppers, clock, { dataDir, isShared: false });
  const file = join(dataDir, 'admin-token');

  assert.equal(await start(), null, 'the house has a platform administrator');
  await revokeAll(house);
  const token = await start();
  assert.ok(token !== null && parseAdminToken(token) !== null);
  assert.equal(fs.readFileSync(file, 'utf8'), `${token}\n`);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(await start(), token);

  // Its text is lost: it ends, and another takes its place.
  fs.rmSync(file);
  const other = await start();
  assert.notEqual(other, token);
  assert.equal((await house.ask('GET', '/admin/v1/keys', { token })).status, 401);

  const opened = await house.ask('POST', '/admin/v1/sessions', { token: other ?? '' });
  assert.equal(opened.status, 201);
  forgetBootstrapToken(dataDir);
  assert.ok(!fs.existsSync(file));
  assert.equal(await start(), null);

  // Nobody made a lasting token in time: the next start opens a way in again.
  time.nowMs += 13 * 3_600_000;
  const later = await start();
  assert.ok(later !== null && later !== other);
});

test('gateways of one store show one token: the one that made it, until another is asked for', async (t) => {
  const house = await openHouse(t);
  const { storage, dataDir, time } = house;
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => 0 };
  const folders = [join(dataDir, 'first'), join(dataDir, 'second')] as const;
  for (const folder of folders) fs.mkdirSync(folder);
  const start = (folder: string) =>
    bootstrapToken(storage, testPeppers, clock, { dataDir: folder, isShared: true });
  await revokeAll(house);

  const token = await start(folders[0]);
  assert.ok(token !== null);
  assert.equal(await start(folders[1]), null);
  assert.equal(await start(folders[0]), token, 'what the first was told still opens');

  // The first machine is gone, and its file with it.
  fs.writeFileSync(join(folders[1], 'admin-token'), '');
  const other = await start(folders[1]);
  assert.ok(other !== null && other !== token);
  assert.equal((await house.ask('GET', '/admin/v1/keys', { token })).status, 401);
});

test('who asks for a new way in ends no token of anybody', async (t) => {
  const house = await openHouse(t);
  const { storage, dataDir, time } = house;
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => 0 };
  fs.writeFileSync(join(dataDir, 'admin-token'), '');
  const token = await bootstrapToken(storage, testPeppers, clock, { dataDir, isShared: false });
  assert.ok(token !== null);
  const asked = async (own: string | undefined) =>
    (await house.ask('GET', '/admin/v1/keys', { token: own })).status;
  assert.equal(await asked(token), 200);
  assert.equal(await asked(house.token('platform-admin')), 200, 'a program goes on');
  assert.equal(await asked(house.token('one-time')), 401, 'its text is lost');
});

async function revokeAll({ storage, time }: Awaited<ReturnType<typeof openHouse>>): Promise<void> {
  const { items } = await storage.adminTokens.list({ limit: 100 });
  for (const record of items) {
    await seed(storage, (tx) => tx.adminTokens.update({ ...record, revokedMs: time.nowMs }));
  }
}
