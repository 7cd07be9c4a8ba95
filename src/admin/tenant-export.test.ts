/** The export of a tenant: everything of it, nothing of another, nothing secret, however it is cut into pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomBase62 } from '#stdx/base62.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import { seed, seedObjects } from './admin-seeds.contract.ts';
import { type House, openHouse } from './admin.contract.ts';

async function exported(house: House, limit: number): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let after = '';
  for (let page = 0; page < 200; page += 1) {
    const path = `/admin/v1/tenants/acme/export?limit=${limit}${after}`;
    const { status, text, body } = await house.ask('GET', path, { token: house.token('confined') });
    assert.equal(status, 200, text);
    assert.ok(Array.isArray(body['items']) && body['items'].length <= limit);
    items.push(...body['items'].filter((item) => isJsonObject(item)));
    if (body['next'] === null) return items;
    after = `&after=${encodeURIComponent(String(body['next']))}`;
  }
  throw new Error('the export does not end');
}

/** A user as an identity provider made it, in a group. */
async function provision({ storage }: House, tenant: string): Promise<void> {
  const id = randomBase62(22);
  const base = { tenant, createdMs: 1, version: 1 };
  const names = { displayName: 'Ann', formatted: null, givenName: null, familyName: null };
  const provisioned = {
    ...names,
    id,
    externalId: `x-${tenant}`,
    isActive: true,
    removedMs: null,
    emails: [{ value: `ann@${tenant}.example`, type: 'work', isPrimary: true }],
    changedMs: 1,
  };
  await seed(storage, async (tx) => {
    const user = { ...base, id: `ann@${tenant}`, team: null, name: 'Ann', provisioned };
    await tx.users.insert({ ...user, status: 'active' });
    return await tx.groups.insert({
      ...base,
      id: randomBase62(22),
      displayName: 'Readers',
      externalId: null,
      members: [id],
      changedMs: 1,
    });
  });
}

test('every kind is in it, in every cut the same, and nothing of another tenant', async (t) => {
  const house = await openHouse(t);
  for (const tenant of ['acme', 'other']) {
    for (let n = 0; n < 3; n += 1) await seedObjects(house, tenant);
    await provision(house, tenant);
  }
  const whole = await exported(house, 200);
  assert.deepEqual(
    [...new Set(whole.map(({ kind }) => kind))],
    [
      'tenant',
      'team',
      'user',
      'service-account',
      'group',
      'role',
      'binding',
      'key',
      'run',
      'admin-token',
      'tool-pin',
      'account',
    ],
  );
  for (const limit of [1, 2, 3, 7]) assert.deepEqual(await exported(house, limit), whole);
  const text = JSON.stringify(whole);
  assert.ok(!text.includes('"other"') && !text.includes('ann@other'));
  assert.ok(text.includes('ann@acme.example'));
  for (const secret of ['macHex', 'pepper', 'phc', 'argon2', 'totp', 'sealed', 'recovery']) {
    assert.ok(!text.includes(secret), secret);
  }
});

test('a cursor that was not given, and another tenant', async (t) => {
  const house = await openHouse(t);
  const token = house.token('confined');
  const ask = async (path: string): Promise<number> =>
    (await house.ask('GET', `/admin/v1/tenants/${path}`, { token })).status;
  assert.equal(await ask('acme/export?after=zzz'), 400);
  assert.equal(await ask('acme/export?after=99%3A'), 200);
  assert.equal(await ask('other/export'), 404);
  assert.equal(await ask('nobody/export'), 404);
});
