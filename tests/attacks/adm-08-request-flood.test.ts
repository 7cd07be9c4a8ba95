/**
 * A flood at the admin plane: strangers are told to wait before anything of theirs is looked up, and lock
 * nobody out of the address that they share; a token that runs wild waits by itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openAdmin } from '../support/admin.ts';
import { BASE, bearer, DEMO, get, openHouse } from '../support/house.ts';

const limited = (requests: string): string =>
  `${DEMO}${BASE}guards: []\nadmin: { listen: "127.0.0.1:0", requests: ${requests} }\n`;

test('strangers of an address wait, whoever has been proven from it does not', async () => {
  const house = await openHouse(limited('{ unproven: 20/1h }'));
  try {
    const admin = await openAdmin(house);
    assert.equal((await admin.ask('GET', 'status')).status, 200);
    const { adminTokens } = house.running.world.storage;
    const lookups: string[] = [];
    const find = adminTokens.find.bind(adminTokens);
    Object.defineProperty(adminTokens, 'find', {
      value: (id: string) => (lookups.push(id), find(id)),
    });
    const ask = (path: string, headers: Record<string, string> = {}) =>
      get(house.adminUrl + path, headers);
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1) {
      const path = index % 2 === 0 ? '/admin/v1/status' : '/scim/v2/Users';
      const { status, headers } = await ask(path, index % 3 === 0 ? {} : bearer(`wrong-${index}`));
      statuses.push(status);
      if (status === 429) assert.ok(Number(headers.get('retry-after')) >= 1);
    }
    assert.deepEqual([...new Set(statuses)], [401, 429]);
    assert.ok(statuses.indexOf(429) >= 18 && statuses.lastIndexOf(401) < 20, statuses.join());
    lookups.length = 0;
    const made = await ask('/admin/v1/status', bearer(`${admin.token.slice(0, -2)}xx`));
    assert.equal(made.status, 429);
    assert.match(made.text, /too-many-requests/u);
    assert.deepEqual(lookups, [], 'nothing is looked up');
    for (let index = 0; index < 30; index += 1) {
      assert.equal((await admin.ask('GET', 'status')).status, 200, 'the known one goes on');
    }
    assert.equal((await ask('/livez')).status, 200);
    assert.equal((await ask('/readyz')).status, 200);
    const records = await house.records();
    const counted = records.filter(({ kind, status }) => kind === 'deny' && status === 429);
    assert.ok(counted.length > 0 && counted.length < 10, 'refusals are counted, not recorded each');
  } finally {
    await house.close();
  }
});

test('a token that runs wild waits by itself, and nobody else', async () => {
  const house = await openHouse(limited('{ perCaller: 20/1h }'));
  try {
    const admin = await openAdmin(house);
    const minted = await admin.done('POST', 'admin-tokens', { role: 'viewer' });
    const wild = bearer(String(minted.body['token']));
    const ask = async () => (await get(`${house.adminUrl}/admin/v1/status`, wild)).status;
    const statuses: number[] = [];
    for (let index = 0; index < 25; index += 1) statuses.push(await ask());
    assert.deepEqual(statuses, [...Array<number>(20).fill(200), ...Array<number>(5).fill(429)]);
    assert.equal((await admin.ask('GET', 'status')).status, 200, 'another token does not notice');
    const provisioning = await get(`${house.adminUrl}/scim/v2/Users`, wild);
    assert.equal(provisioning.status, 429, 'SCIM is counted with it');
  } finally {
    await house.close();
  }
});

test('a token that was revoked is a stranger again, also where it had proven somebody', async () => {
  const house = await openHouse(limited('{ unproven: 20/1h }'));
  try {
    const admin = await openAdmin(house);
    const minted = await admin.done('POST', 'admin-tokens', { role: 'viewer' });
    const gone = bearer(String(minted.body['token']));
    const ask = async () => (await get(`${house.adminUrl}/admin/v1/status`, gone)).status;
    assert.equal(await ask(), 200);
    await admin.done('DELETE', `admin-tokens/${String(minted.body['id'])}`, undefined, minted.etag);
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1) statuses.push(await ask());
    assert.deepEqual([...new Set(statuses)], [401, 429]);
    assert.equal((await admin.ask('GET', 'status')).status, 200, 'another token does not notice');
  } finally {
    await house.close();
  }
});

test('what is open to strangers is counted by address, whatever credential comes with it', async () => {
  const house = await openHouse(limited('{ unproven: 20/1h }'));
  try {
    const admin = await openAdmin(house);
    const { token } = admin;
    assert.equal((await admin.ask('GET', 'status')).status, 200);
    for (const path of ['/admin/v1/login', '/admin/openapi.json']) {
      const statuses: number[] = [];
      for (let index = 0; index < 30; index += 1)
        statuses.push((await get(house.adminUrl + path, bearer(token))).status);
      assert.equal(statuses.at(-1), 429, path);
    }
    assert.equal((await admin.ask('GET', 'status')).status, 200, 'the token itself goes on');
  } finally {
    await house.close();
  }
});
