/**
 * SCIM 2.0 on a whole gateway: the requests that Okta and Entra ID are documented to send, in their
 * order, and what they mean for the calls of the users that are provisioned.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type Admin, openAdmin } from '../support/admin.ts';
import { bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { GROUP, openProvider, type Provider, resourcesOf, USER } from '../support/scim.ts';
import { eventsOf, isErrorEvent, openStream } from '../support/streams.ts';
import { chunk, openUpstream, type Upstream, UPSTREAM_ENV } from '../support/upstream.ts';

/** What a change of the store takes to be in force, at most. */
const IN_FORCE_MS = 1_000;

const yaml = (url: string): string => `
providers: { local: { type: openai, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true } }
models: { fast: { deployments: [{ provider: local, model: m }] } }
guards: []
tenants:
  - id: acme
    roles:
      analyst: { allow: [{ actions: [chat], models: [fast] }] }
      auditor: { allow: [{ actions: [models], models: ["*"] }] }
    scim: { groupRoles: { "LLM Analysts": analyst } }
`;

let upstream: Upstream;
let house: House;
let admin: Admin;
let provider: Provider;

before(async () => {
  upstream = await openUpstream((seen, response) => {
    if (seen.json['stream'] !== true) {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(chunk('word ')), 50);
    response.on('close', () => clearInterval(timer));
  });
  house = await openHouse(yaml(upstream.url), UPSTREAM_ENV);
  admin = await openAdmin(house);
  provider = await openProvider(house.adminUrl, admin, 'acme');
});

after(async () => {
  await house.close();
  await upstream.close();
});

const call = async (key: string): Promise<number> =>
  (await post(`${house.url}/v1/chat/completions`, chat('x', { model: 'fast' }), bearer(key)))
    .status;

/** Milliseconds until a call with the key is answered with this status. */
async function untilMs(key: string, status: number): Promise<number> {
  const startMs = performance.now();
  while ((await call(key)) !== status) {
    assert.ok(performance.now() - startMs < 5_000, `it is ${status} in the end`);
    await delay(20);
  }
  return performance.now() - startMs;
}

const userOf = (userName: string, more: object = {}) => ({
  schemas: [USER],
  userName,
  name: { givenName: 'Ann', familyName: 'Low' },
  emails: [{ primary: true, value: userName, type: 'work' }],
  active: true,
  ...more,
});

test('Okta: looks for the user, makes it, pushes a group, replaces, deactivates', async () => {
  assert.deepEqual(await provider.found('Users', 'userName eq "ann@acme.example"'), []);
  // Okta sends a password that nobody wants, and what the profile has besides.
  const wanted = userOf('ann@acme.example', {
    displayName: 'Ann Low',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: 'a-password-of-okta',
  });
  const made = await provider.ask('POST', 'Users', wanted);
  assert.equal(made.status, 201, made.text);
  assert.ok(!made.text.includes('password'));
  const id = String(made.body['id']);
  assert.match(id, /^[0-9A-Za-z]{22}$/u);
  assert.equal(made.headers.get('location'), `/scim/v2/Users/${id}`);
  assert.equal(made.headers.get('content-type'), 'application/scim+json');
  assert.equal((await provider.ask('GET', `Users/${id}`)).status, 200);

  const key = await house.key({ user: 'ann@acme.example' });
  assert.equal(await call(key), 403, 'a user alone has no role');

  const pushed = await provider.ask('POST', 'Groups', {
    schemas: [GROUP],
    displayName: 'LLM Analysts',
    members: [{ value: id, display: 'ann@acme.example' }],
  });
  assert.equal(pushed.status, 201, pushed.text);
  assert.ok((await untilMs(key, 200)) < IN_FORCE_MS);

  const group = `Groups/${String(pushed.body['id'])}`;
  const renamed = await provider.patch(group, {
    op: 'replace',
    value: { id: pushed.body['id'], displayName: 'Analysts' },
  });
  assert.equal(renamed.body['displayName'], 'Analysts');
  assert.ok((await untilMs(key, 403)) < IN_FORCE_MS, 'a name without a role gives none');
  await provider.patch(group, { op: 'replace', value: { displayName: 'LLM Analysts' } });
  await untilMs(key, 200);
  await provider.patch(group, { op: 'remove', path: `members[value eq "${id}"]` });
  assert.ok((await untilMs(key, 403)) < IN_FORCE_MS);
  await provider.patch(group, { op: 'add', path: 'members', value: [{ value: id }] });
  await untilMs(key, 200);

  const put = await provider.ask('PUT', `Users/${id}`, {
    ...wanted,
    id,
    displayName: 'Ann Higher',
  });
  assert.equal(put.body['displayName'], 'Ann Higher', put.text);
  const off = await provider.patch(`Users/${id}`, { op: 'replace', value: { active: false } });
  assert.equal(off.body['active'], false, off.text);
  assert.ok((await untilMs(key, 401)) < IN_FORCE_MS);
  const removed = await provider.ask('DELETE', group);
  assert.deepEqual([removed.status, removed.text], [204, '']);
});

test('Entra ID: tests the connection, makes, patches and removes in its own forms', async () => {
  // The probe for a user who is not there has to be an empty list and no error.
  const probe = await provider.ask('GET', `Users?filter=userName+eq+%22${crypto.randomUUID()}%22`);
  assert.deepEqual([probe.status, probe.body['totalResults']], [200, 0]);
  const made = await provider.ask('POST', 'Users', {
    schemas: [USER, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
    externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
    userName: 'bob@acme.example',
    active: true,
    emails: [{ primary: true, type: 'work', value: 'bob@mail.example' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Bob Low', familyName: 'Low', givenName: 'Bob' },
    roles: [],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'R&D' },
  });
  assert.equal(made.status, 201, made.text);
  const id = String(made.body['id']);
  for (const filter of [
    'userName eq "BOB@acme.example"',
    'externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"',
    'emails[type eq "work"].value eq "bob@mail.example"',
  ]) {
    assert.deepEqual(await provider.found('Users', filter), [id], filter);
  }
  const patched = await provider.patch(
    `Users/${id}`,
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'bob@new.example' },
    { op: 'Replace', path: 'name.familyName', value: 'High' },
    { op: 'Add', path: 'title', value: 'Engineer' },
  );
  assert.equal(patched.status, 200, patched.text);
  assert.deepEqual(patched.body['emails'], [
    { value: 'bob@new.example', type: 'work', primary: true },
  ]);

  const group = await provider.ask('POST', 'Groups', {
    schemas: [GROUP],
    externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
    displayName: 'LLM Analysts',
    meta: { resourceType: 'Group' },
  });
  assert.equal(group.status, 201, group.text);
  const path = `Groups/${String(group.body['id'])}`;
  const add = { op: 'Add', path: 'members', value: [{ $ref: null, value: id }] };
  assert.equal((await provider.patch(path, add)).status, 200);
  const seen = await provider.ask('GET', `${path}?excludedAttributes=members`);
  assert.deepEqual([seen.body['members'], seen.body['displayName']], [undefined, 'LLM Analysts']);
  const filter = encodeURIComponent('displayName eq "llm analysts"');
  const listed = await provider.ask('GET', `Groups?excludedAttributes=members&filter=${filter}`);
  assert.equal(listed.body['totalResults'], 1);

  const key = await house.key({ user: 'bob@acme.example' });
  await untilMs(key, 200);
  const remove = { op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] };
  assert.deepEqual((await provider.patch(path, remove)).body['members'], []);
  await untilMs(key, 403);
  await provider.patch(path, add);
  await untilMs(key, 200);
  const off = await provider.patch(`Users/${id}`, {
    op: 'Replace',
    path: 'active',
    value: 'False',
  });
  assert.equal(off.body['active'], false, off.text);
  assert.ok((await untilMs(key, 401)) < IN_FORCE_MS);
  assert.equal((await provider.ask('DELETE', `Users/${id}`)).status, 204);
  assert.equal((await provider.ask('GET', `Users/${id}`)).status, 404);
  assert.deepEqual((await provider.ask('GET', path)).body['members'], []);
  await delay(IN_FORCE_MS);
  assert.equal(await call(key), 401, 'a user who was removed stays locked out');
  await provider.ask('DELETE', path);
});

test('a user who is deactivated: the stream ends and the key is refused within a second', async (t) => {
  const made = await provider.ask('POST', 'Users', userOf('cleo@acme.example'));
  const members = [{ value: made.body['id'] }];
  await provider.ask('POST', 'Groups', { schemas: [GROUP], displayName: 'LLM Analysts', members });
  const key = await house.key({ user: 'cleo@acme.example' });
  const other = await house.key({ user: 'dan@acme.example', roles: ['analyst'] });
  await untilMs(key, 200);
  const url = `${house.url}/v1/chat/completions`;
  const begin = (of: string) =>
    openStream(url, chat('x', { model: 'fast', stream: true }), bearer(of));
  const [stream, staying] = [await begin(key), await begin(other)];
  await delay(200);
  const startMs = performance.now();
  await provider.patch(`Users/${String(made.body['id'])}`, {
    op: 'replace',
    path: 'active',
    value: false,
  });
  const [refusedMs, endedMs] = await Promise.all([
    untilMs(key, 401),
    stream.over.then(() => performance.now() - startMs),
  ]);
  assert.ok(refusedMs < IN_FORCE_MS && endedMs < IN_FORCE_MS, `${refusedMs} ${endedMs}`);
  assert.ok(isErrorEvent(eventsOf(stream.text()).at(-1)));
  const length = staying.text().length;
  await delay(200);
  assert.ok(staying.text().length > length, 'the stream of another user goes on');
  staying.abort();
  t.diagnostic(
    `refused after ${refusedMs.toFixed(0)} ms, the stream ended after ${endedMs.toFixed(0)} ms`,
  );
});

describe('what is refused', () => {
  const refused = async (method: string, path: string, body?: unknown) => {
    const { status, body: told } = await provider.ask(method, path, body);
    assert.deepEqual(told['schemas'], ['urn:ietf:params:scim:api:messages:2.0:Error']);
    assert.equal(told['status'], String(status));
    return [status, told['scimType'], told['detail']];
  };

  test('with a status, a type and a remedy; never the value', async () => {
    const made = await provider.ask('POST', 'Users', userOf('eve@acme.example'));
    const path = `Users/${String(made.body['id'])}`;
    const again = await refused('POST', 'Users', userOf('EVE@acme.example'));
    assert.deepEqual(again.slice(0, 2), [409, 'uniqueness']);
    const misfit = await refused('POST', 'Users', userOf('Eve Low/π'));
    assert.deepEqual(misfit.slice(0, 2), [400, 'invalidValue']);
    assert.match(String(misfit[2]), /userName is 1 to 128 characters of A-Z/u);
    const renamed = await refused('PUT', path, userOf('eva@acme.example'));
    assert.deepEqual(renamed.slice(0, 2), [400, 'mutability']);
    assert.match(String(renamed[2]), /keys carry it/u);
    const odd = await refused('POST', 'Users', userOf('f@acme.example', { shoeSize: 42 }));
    assert.deepEqual(odd, [400, 'invalidSyntax', 'There is no attribute shoeSize.']);
    assert.deepEqual((await refused('GET', 'Users?filter=shoeSize+pr')).slice(0, 2), [
      400,
      'invalidFilter',
    ]);
    const bare = await refused('POST', 'Users', { userName: 'f@acme.example' });
    assert.deepEqual(bare.slice(0, 2), [400, 'invalidSyntax']);
    assert.deepEqual((await refused('POST', 'Bulk', {})).slice(0, 1), [404]);
    assert.deepEqual((await refused('PUT', 'Users', {})).slice(0, 1), [405]);
    const nested = { schemas: [GROUP], displayName: 'G', members: [{ value: 'x', type: 'Group' }] };
    assert.deepEqual((await refused('POST', 'Groups', nested)).slice(0, 2), [400, 'invalidValue']);
    const nobody = { schemas: [GROUP], displayName: 'G', members: [{ value: 'x'.repeat(22) }] };
    assert.deepEqual((await refused('POST', 'Groups', nobody)).slice(0, 2), [400, 'invalidValue']);
    const huge = { schemas: [GROUP], displayName: 'G', externalId: 'x'.repeat(600_000) };
    assert.equal((await provider.ask('POST', 'Groups', huge)).status, 413);
  });

  test('a version that is not the one in force, where the caller names one', async () => {
    const made = await provider.ask('POST', 'Users', userOf('gil@acme.example'));
    const path = `Users/${String(made.body['id'])}`;
    const etag = made.headers.get('etag') ?? '';
    assert.deepEqual([etag, (made.body['meta'] as { version: string }).version], ['W/"1"', etag]);
    const body = { ...userOf('gil@acme.example'), displayName: 'Gil' };
    const first = await provider.ask('PUT', path, body, { 'if-match': etag });
    assert.equal(first.status, 200, first.text);
    const second = await provider.ask(
      'PUT',
      path,
      { ...body, displayName: 'G' },
      { 'if-match': etag },
    );
    assert.equal(second.status, 412);
    const now = first.headers.get('etag') ?? '';
    const unchanged = await provider.ask('GET', path, undefined, { 'if-none-match': now });
    assert.equal(unchanged.status, 304);
  });
});

test('lists come in pages by index, and show what is asked for', async () => {
  for (let n = 0; n < 7; n += 1) {
    const made = await provider.ask('POST', 'Users', userOf(`page-${n}@acme.example`));
    assert.equal(made.status, 201);
  }
  const filter = encodeURIComponent('userName sw "page-" and active eq true');
  const seen: unknown[] = [];
  for (const startIndex of [1, 4, 7]) {
    const page = await provider.ask(
      'GET',
      `Users?filter=${filter}&startIndex=${startIndex}&count=3&attributes=userName`,
    );
    assert.deepEqual(
      [page.body['totalResults'], page.body['startIndex'], page.body['itemsPerPage']],
      [7, startIndex, startIndex === 7 ? 1 : 3],
    );
    for (const one of resourcesOf(page)) {
      assert.deepEqual(Object.keys(one).sort(), ['id', 'schemas', 'userName']);
      seen.push(one['userName']);
    }
  }
  assert.equal(new Set(seen).size, 7);
  const none = await provider.ask('GET', `Users?filter=${filter}&count=0`);
  assert.deepEqual([none.body['totalResults'], resourcesOf(none).length], [7, 0]);
});

test('of many changes of one group at once none is lost', async () => {
  const group = await provider.ask('POST', 'Groups', { schemas: [GROUP], displayName: 'Busy' });
  const path = `Groups/${String(group.body['id'])}`;
  const ids: unknown[] = [];
  for (let n = 0; n < 10; n += 1) {
    const made = await provider.ask('POST', 'Users', userOf(`busy-${n}@acme.example`));
    ids.push(made.body['id']);
  }
  const done = await Promise.all(
    ids.map((value) => provider.patch(path, { op: 'add', path: 'members', value: [{ value }] })),
  );
  assert.deepEqual(new Set(done.map(({ status }) => status)), new Set([200]));
  const { body } = await provider.ask('GET', path);
  const members = body['members'] as { value: string }[];
  assert.deepEqual(members.map(({ value }) => value).sort(), ids.map(String).sort());
});

test('the admin API shows what was provisioned, and leaves it to the provider', async () => {
  const made = await provider.ask(
    'POST',
    'Users',
    userOf('hal@acme.example', { displayName: 'Hal' }),
  );
  const id = String(made.body['id']);
  const shown = await admin.done('GET', `users/${id}`);
  assert.deepEqual(
    [shown.body['user'], shown.body['name'], shown.body['provisioned'], shown.body['status']],
    ['hal@acme.example', 'Hal', 'active', 'active'],
  );
  const named = await admin.ask('PATCH', `users/${id}`, { name: 'H' }, shown.etag);
  assert.equal(named.status, 409);
  // An administrator locks out whom the provider calls active, and the provider cannot undo it.
  const held = await admin.done('PATCH', `users/${id}`, { status: 'suspended' }, shown.etag);
  assert.equal(held.body['status'], 'suspended');
  await provider.patch(`Users/${id}`, { op: 'replace', path: 'active', value: false });
  await provider.patch(`Users/${id}`, { op: 'replace', path: 'active', value: true });
  assert.equal((await admin.done('GET', `users/${id}`)).body['status'], 'suspended');
  await provider.ask('DELETE', `Users/${id}`);
  assert.equal((await admin.done('GET', `users/${id}`)).body['provisioned'], 'removed');
  // Made again it is another user, and the administrator's word still stands.
  const back = await provider.ask('POST', 'Users', userOf('hal@acme.example'));
  assert.equal(back.status, 201, back.text);
  assert.notEqual(back.body['id'], id);
  const again = await admin.done('GET', `users/${String(back.body['id'])}`);
  assert.equal(again.body['status'], 'suspended');

  const bindings = await admin.done('GET', 'bindings?tenant=acme');
  const items = bindings.body['items'] as Record<string, unknown>[];
  const managed = items.find((one) => one['managedBy'] === 'scim');
  assert.deepEqual([managed?.['role'], managed?.['users']], ['analyst', ['cleo@acme.example']]);
  const path = `bindings/${String(managed?.['id'])}`;
  assert.equal((await admin.done('GET', path)).body['role'], 'analyst');
  assert.equal((await admin.ask('DELETE', path, undefined, '"1"')).status, 409);
});

test('a user whom an administrator made is taken over, with team and status', async () => {
  await admin.done('POST', 'users', { id: 'ida@acme.example', tenant: 'acme', team: 'core' });
  assert.deepEqual(await provider.found('Users', 'userName eq "ida@acme.example"'), []);
  const made = await provider.ask('POST', 'Users', userOf('ida@acme.example'));
  assert.equal(made.status, 201, made.text);
  const shown = await admin.done('GET', `users/${String(made.body['id'])}`);
  assert.deepEqual([shown.body['team'], shown.body['provisioned']], ['core', 'active']);
  assert.equal((await admin.ask('GET', 'users/ida@acme.example')).status, 404);
});

test('a tenant of the store says itself which role a group gives; a name of the language is none', async () => {
  const groupRoles = { Writers: 'developer' };
  const tenant = await admin.done('POST', 'tenants', { id: 'globex', groupRoles });
  assert.deepEqual(tenant.body['groupRoles'], groupRoles);
  const own = await openProvider(house.adminUrl, admin, 'globex');
  const made = await own.ask('POST', 'Users', userOf('joe@globex.example'));
  const members = [{ value: made.body['id'] }];
  for (const displayName of ['constructor', '__proto__', 'toString']) {
    const odd = await own.ask('POST', 'Groups', { schemas: [GROUP], displayName, members });
    assert.equal(odd.status, 201, odd.text);
  }
  const key = await house.key({ tenant: 'globex', user: 'joe@globex.example' });
  await delay(IN_FORCE_MS);
  assert.equal(await call(key), 403);
  await own.ask('POST', 'Groups', { schemas: [GROUP], displayName: 'Writers', members });
  assert.ok((await untilMs(key, 200)) < IN_FORCE_MS);
  const read = await admin.done('GET', 'tenants/globex');
  await admin.done('PATCH', 'tenants/globex', { groupRoles: {} }, read.etag);
  assert.ok((await untilMs(key, 403)) < IN_FORCE_MS);
});

test('what this server can is told, and is what it does', async () => {
  const { body } = await provider.ask('GET', 'ServiceProviderConfig');
  const isSupported = (name: string): unknown => (body[name] as { supported: boolean }).supported;
  assert.deepEqual(['patch', 'bulk', 'filter', 'changePassword', 'sort', 'etag'].map(isSupported), [
    true,
    false,
    true,
    false,
    false,
    true,
  ]);
  const types = await provider.ask('GET', 'ResourceTypes');
  assert.deepEqual(
    resourcesOf(types).map((one) => one['endpoint']),
    ['/Users', '/Groups'],
  );
  const schemas = await provider.ask('GET', 'Schemas');
  assert.deepEqual(
    resourcesOf(schemas).map((one) => one['id']),
    [USER, GROUP],
  );
  const one = await provider.ask('GET', `Schemas/${USER}`);
  assert.equal(one.body['name'], 'User', one.text);
});
