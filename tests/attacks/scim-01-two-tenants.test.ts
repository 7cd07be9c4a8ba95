/**
 * SCIM-01: two identity providers at one gateway, each for its own tenant, with the same people and the
 * same names of groups. Neither sees, changes, counts or guesses anything of the other's, and what
 * one of them does to a person is nothing to the person of that name in the other tenant.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { openAdmin, type Admin } from '../support/admin.ts';
import { bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { GROUP, openProvider, PATCH, type Provider, resourcesOf, USER } from '../support/scim.ts';

const YAML = `${DEMO}
guards: []
tenants:
  - { id: acme, scim: { groupRoles: { Models: developer } } }
  - { id: rival, scim: { groupRoles: { Models: developer } } }
`;
const IN_FORCE_MS = 1_000;
/** Of the form of ids, and of nobody. */
const NOBODY = '0'.repeat(22);
const CANARY = 'canary-of-rival';

let house: House;
let admin: Admin;
let own: Provider;
let rival: Provider;
let person: string;
let group: string;

before(async () => {
  house = await openHouse(YAML);
  admin = await openAdmin(house);
  own = await openProvider(house.adminUrl, admin, 'acme');
  rival = await openProvider(house.adminUrl, admin, 'rival');
  const made = await rival.ask('POST', 'Users', {
    schemas: [USER],
    userName: 'ann@example.com',
    externalId: CANARY,
    displayName: CANARY,
    emails: [{ value: `${CANARY}@example.com`, type: 'work' }],
  });
  person = String(made.body['id']);
  const members = [{ value: person }];
  const grouped = await rival.ask('POST', 'Groups', {
    schemas: [GROUP],
    displayName: 'Models',
    members,
  });
  group = String(grouped.body['id']);
});

after(async () => await house.close());

const patchOf = (path: string, value: unknown) => ({
  schemas: [PATCH],
  Operations: [{ op: 'replace', path, value }],
});

test('what is the other tenant’s answers as what does not exist, to the byte', async () => {
  const userBody = { schemas: [USER], userName: 'ann@example.com' };
  const groupBody = { schemas: [GROUP], displayName: 'Models' };
  const tries: readonly (readonly [string, string, unknown?])[] = [
    ['GET', 'Users/'],
    ['PUT', 'Users/', userBody],
    ['PATCH', 'Users/', patchOf('active', false)],
    ['DELETE', 'Users/'],
    ['GET', 'Groups/'],
    ['PUT', 'Groups/', groupBody],
    ['PATCH', 'Groups/', patchOf('displayName', 'X')],
    ['DELETE', 'Groups/'],
  ];
  for (const [method, path, body] of tries) {
    const id = path.startsWith('Users') ? person : group;
    const theirs = await own.ask(method, path + id, body);
    const nobodys = await own.ask(method, path + NOBODY, body);
    assert.deepEqual(
      [theirs.status, theirs.text],
      [nobodys.status, nobodys.text],
      `${method} ${path}`,
    );
    assert.equal(theirs.status, 404);
  }
  assert.equal((await rival.ask('GET', `Users/${person}`)).body['active'], true);
});

test('no list, no count and no filter finds it', async () => {
  const filters = [
    'userName pr',
    'userName eq "ann@example.com"',
    `externalId eq "${CANARY}"`,
    `displayName co "canary"`,
    `id eq "${person}"`,
    `emails[type eq "work"].value co "${CANARY}"`,
    'not (userName eq "x")',
  ];
  for (const filter of filters) {
    const listed = await own.ask('GET', `Users?filter=${encodeURIComponent(filter)}`);
    assert.deepEqual([listed.body['totalResults'], resourcesOf(listed).length], [0, 0], filter);
  }
  const groups = await own.ask(
    'GET',
    `Groups?filter=${encodeURIComponent(`members eq "${person}"`)}`,
  );
  assert.equal(groups.body['totalResults'], 0, groups.text);
  assert.equal((await own.ask('GET', 'Groups')).body['totalResults'], 0);
});

test('their user gets into no group here, by no way, and the refusal is that for nobody', async () => {
  const made = await own.ask('POST', 'Groups', { schemas: [GROUP], displayName: 'Models' });
  const path = `Groups/${String(made.body['id'])}`;
  for (const [method, body] of [
    ['PUT', (value: string) => ({ schemas: [GROUP], displayName: 'Models', members: [{ value }] })],
    ['PATCH', (value: string) => patchOf('members', [{ value }])],
  ] as const) {
    const theirs = await own.ask(method, path, body(person));
    const nobodys = await own.ask(method, path, body(NOBODY));
    assert.deepEqual([theirs.status, theirs.text], [nobodys.status, nobodys.text]);
    assert.equal(theirs.status, 400);
  }
  assert.deepEqual((await own.ask('GET', path)).body['members'], []);
  await own.ask('DELETE', path);
});

test('the same person in both tenants: neither provider learns of it, or touches the other’s', async () => {
  const call = async (key: string): Promise<number> =>
    (await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key))).status;
  const [here, there] = [
    await house.key({ tenant: 'acme', user: 'ann@example.com' }),
    await house.key({ tenant: 'rival', user: 'ann@example.com' }),
  ];
  const made = await own.ask('POST', 'Users', { schemas: [USER], userName: 'ann@example.com' });
  assert.equal(made.status, 201, made.text);
  await delay(IN_FORCE_MS);
  assert.deepEqual(
    [await call(here), await call(there)],
    [403, 200],
    'their group gives nothing here',
  );
  const members = [{ value: made.body['id'] }];
  const grouped = await own.ask('POST', 'Groups', {
    schemas: [GROUP],
    displayName: 'Models',
    members,
  });
  assert.equal(grouped.status, 201, grouped.text);
  await delay(IN_FORCE_MS);
  assert.deepEqual([await call(here), await call(there)], [200, 200]);
  await own.ask('PATCH', `Users/${String(made.body['id'])}`, patchOf('active', false));
  await delay(IN_FORCE_MS);
  assert.deepEqual([await call(here), await call(there)], [401, 200]);
  await own.ask('DELETE', `Users/${String(made.body['id'])}`);
  await own.ask('DELETE', `Groups/${String(grouped.body['id'])}`);
  const seen = await rival.ask('GET', `Groups/${group}`);
  assert.equal(resourcesIn(seen.body['members']), 1, 'their group is as it was');
});

const resourcesIn = (list: unknown): number => (Array.isArray(list) ? list.length : 0);

test('a group gives what its tenant names for it, whatever it is renamed to', async () => {
  const made = await own.ask('POST', 'Users', { schemas: [USER], userName: 'ben@example.com' });
  const members = [{ value: made.body['id'] }];
  const key = await house.key({ tenant: 'acme', user: 'ben@example.com' });
  const grouped = await own.ask('POST', 'Groups', { schemas: [GROUP], displayName: 'G', members });
  const path = `Groups/${String(grouped.body['id'])}`;
  for (const name of ['developer', 'models', 'Models ', 'platform-admin', '*', 'constructor']) {
    assert.equal((await own.ask('PATCH', path, patchOf('displayName', name))).status, 200, name);
    await delay(100);
    const { status } = await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key));
    assert.equal(status, 403, name);
  }
});

test('the token of a provider opens nothing else; a tenant that is suspended has no provider', async () => {
  for (const path of [
    'users',
    'keys',
    'bindings',
    'admin-tokens',
    'config',
    'status',
    'tenants/acme',
  ]) {
    const response = await fetch(`${house.adminUrl}/admin/v1/${path}`, {
      headers: bearer(own.token),
    });
    assert.equal(response.status, 403, path);
  }
  const data = await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(own.token));
  assert.equal(data.status, 401);
  await admin.done('POST', 'tenants', { id: 'third' });
  const third = await openProvider(house.adminUrl, admin, 'third');
  assert.equal((await third.ask('GET', 'Users')).status, 200);
  const read = await admin.done('GET', 'tenants/third');
  await admin.done('PATCH', 'tenants/third', { status: 'suspended' }, read.etag);
  assert.equal((await third.ask('GET', 'Users')).status, 401);
});

test('a page of another site, another host, and a second credential are refused as on the admin API', async () => {
  const url = `${house.adminUrl}/scim/v2/Users`;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(url, { headers: { ...bearer(own.token), ...headers } })).status;
  assert.equal(await status({}), 200);
  assert.equal(await status({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await status({ 'x-api-key': 'another' }), 400);
  assert.equal((await fetch(url)).status, 401);
  const form = await fetch(url, { method: 'POST', headers: bearer(own.token), body: 'a=b' });
  assert.equal(form.status, 415);
});

test('the log names nobody', async () => {
  const acts = (await house.records()).filter(({ action }) => action?.startsWith('scim-') === true);
  assert.ok(acts.length > 10);
  for (const { action, resource, diff } of acts) {
    assert.doesNotMatch(JSON.stringify([action, resource, diff]), /canary|example/u);
  }
});
