/** Roles that a key or a binding names are roles of its tenant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ok } from '#stdx/result.ts';

import { type Answered, openHouse, textIn } from './admin.contract.ts';
import { seed } from './admin-seeds.contract.ts';

const KEYS = '/admin/v1/keys';
const BINDINGS = '/admin/v1/bindings';

const roleOf = (name: string, tenant = 'acme') => ({
  tenant,
  name,
  allow: [],
  deny: [],
  version: 1,
});

function assertUnknown(answered: Answered, field: string, names: RegExp): void {
  assert.equal(answered.status, 400, answered.text);
  assert.equal(answered.body['field'], field);
  assert.match(answered.text, names);
}

test('an unknown role is refused with its field and the names that there are', async (t) => {
  const house = await openHouse(t);
  await seed(house.storage, async (tx) => {
    await tx.roles.insert(roleOf('clerk'));
    await tx.roles.insert(roleOf('theirs', 'other'));
    return ok(null);
  });
  const token = house.token('operator');
  const post = (path: string, body: object) => house.ask('POST', path, { token, body });
  const bound = { tenant: 'acme', users: ['*'] };
  const ofAcme = /it has clerk, developer, viewer"/u;
  // Of another tenant, of the file for another, of nobody, and what every object has.
  for (const role of ['theirs', 'analyst', 'clark', 'constructor']) {
    const refused = await post(KEYS, { tenant: 'acme', roles: ['clerk', role] });
    assertUnknown(refused, 'roles.1', ofAcme);
    assert.equal(refused.text.includes(role), false, 'what was sent is not said again');
    assertUnknown(await post(BINDINGS, { ...bound, role }), 'role', ofAcme);
  }
  assert.deepEqual((await house.storage.keys.list({ limit: 9 })).items, []);
  assert.deepEqual((await house.storage.bindings.list({ limit: 9 })).items, []);
  // Built in, of the store, of the file.
  for (const [tenant, roles] of [
    ['acme', ['developer', 'viewer', 'clerk']],
    ['filed', ['analyst', 'viewer']],
  ] as const) {
    assert.equal((await post(KEYS, { tenant, roles })).status, 201);
    for (const role of roles)
      assert.equal((await post(BINDINGS, { ...bound, tenant, role })).status, 201);
  }
});

test('a key is given no unknown role later, and keeps one that is no role any more', async (t) => {
  const house = await openHouse(t);
  const { storage } = house;
  await seed(storage, (tx) => tx.roles.insert(roleOf('clerk')));
  const token = house.token('operator');
  const body = { tenant: 'acme', roles: ['clerk'] };
  const made = await house.ask('POST', KEYS, { token, body });
  const path = `${KEYS}/${textIn(made, 'id')}`;
  await seed(storage, (tx) => tx.roles.remove('acme/clerk', 1));
  const patch = (version: number, roles: readonly string[]) =>
    house.ask('PATCH', path, { token, body: { roles }, headers: { 'if-match': `"${version}"` } });
  assertUnknown(await patch(1, ['clerk', 'viewer', 'nobody']), 'roles.2', /developer, viewer"/u);
  assert.equal((await patch(1, ['clerk', 'viewer'])).status, 200);
  assert.equal((await patch(2, ['viewer'])).status, 200);
  assertUnknown(await patch(3, ['clerk']), 'roles.0', /developer, viewer"/u);
});

test('of many roles the answer names some, and says that there are more', async (t) => {
  const house = await openHouse(t);
  await seed(house.storage, async (tx) => {
    for (let at = 10; at < 40; at += 1) await tx.roles.insert(roleOf(`role-${at}`));
    return ok(null);
  });
  const as = { token: house.token('operator'), body: { tenant: 'acme', roles: ['nobody'] } };
  const refused = await house.ask('POST', KEYS, as);
  assertUnknown(refused, 'roles.0', /role-10, role-11.* and more"/u);
  assert.ok(refused.text.length < 1_000);
});
