/** Who may do SCIM: every route × every kind of caller, and what the log says of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Caller, callers, type House, openHouse } from '../admin.contract.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { SCIM_BASE, type ScimRoute } from './scim-route.ts';
import { scimRoutes } from './scim-routes.ts';

/** Written by hand, as in rbac.test.ts: only a token of one tenant may, and a viewer never. */
const MAY: readonly Caller[] = ['provisioner', 'confined', 'tenant-admin'];

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const TYPE = { 'content-type': 'application/scim+json' };

const bodyFor = ({ method, path }: ScimRoute, name: string): unknown => {
  const isUser = path.startsWith('/Users');
  if (method === 'PATCH') {
    const Operations = [{ op: 'replace', path: 'externalId', value: `x-${name}` }];
    return { schemas: [PATCH], Operations };
  }
  if (method === 'GET' || method === 'DELETE') return undefined;
  return isUser ? { schemas: [USER], userName: name } : { schemas: [GROUP], displayName: name };
};

async function made(house: House, kind: 'Users' | 'Groups', name: string): Promise<string> {
  const route = scimRoutes.find(({ method, path }) => method === 'POST' && path === `/${kind}`);
  assert.ok(route !== undefined);
  const token = house.token('provisioner');
  const body = bodyFor(route, name);
  const answered = await house.ask('POST', `${SCIM_BASE}/${kind}`, { token, body, headers: TYPE });
  assert.equal(answered.status, 201, answered.text);
  return String(answered.body['id']);
}

async function pathFor(house: House, { path }: ScimRoute, name: string): Promise<string> {
  if (!path.endsWith('{id}')) return SCIM_BASE + path;
  const [, kind = ''] = path.split('/');
  if (kind === 'Users' || kind === 'Groups') {
    return `${SCIM_BASE}/${kind}/${await made(house, kind, name)}`;
  }
  return SCIM_BASE + path.replace('{id}', kind === 'Schemas' ? USER : 'User');
}

test('each route lets in exactly those who may', async (t) => {
  const house = await openHouse(t);
  let cells = 0;
  for (const route of scimRoutes) {
    for (const caller of callers) {
      const name = randomBase62(8);
      const path = await pathFor(house, route, name);
      const as = await house.as(caller);
      // What is there by this name already is the user of the path.
      const body = bodyFor(route, route.method === 'POST' ? `${name}-2` : name);
      const answered = await house.ask(route.method, path, { ...as, body, headers: TYPE });
      const cell = `${route.method} ${route.path} as ${caller}: ${answered.text}`;
      // A request that claims to come from a page of this site, and a person, is no provider.
      const expected = caller === 'none' ? 401 : MAY.includes(caller) ? route.status : 403;
      assert.equal(answered.status, expected, cell);
      if (answered.status >= 400)
        assert.equal(answered.headers['content-type'], TYPE['content-type']);
      cells += 1;
    }
  }
  assert.equal(cells, scimRoutes.length * callers.length);
  assert.ok(scimRoutes.length >= 17);
});

test('a provisioner is of one tenant, and reaches nothing of the admin API', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const ask = (body: unknown) =>
    house.ask('POST', '/admin/v1/admin-tokens', {
      token,
      body: { role: 'provisioner', ...Object(body) },
    });
  const refused = await ask({});
  assert.deepEqual([refused.status, refused.body['field']], [403, 'role']);
  assert.equal((await ask({ tenant: 'acme' })).status, 201);
  const own = house.token('provisioner');
  assert.equal((await house.ask('GET', '/admin/v1/users', { token: own })).status, 403);
  const none = await house.ask('GET', `${SCIM_BASE}/Users`, { token });
  assert.equal(none.status, 403);
  assert.match(none.text, /of one tenant/u);
});

test('every write is in the log with its transaction, without names of people; refusals too', async (t) => {
  const house = await openHouse(t);
  const token = house.token('provisioner');
  const before = (await house.storage.outbox.pending(1_000)).length;
  const id = await made(house, 'Users', 'ann@example.com');
  const path = `${SCIM_BASE}/Users/${id}`;
  const Operations = [
    { op: 'replace', path: 'displayName', value: 'Ann Secretname' },
    { op: 'add', path: 'emails', value: [{ value: 'ann@home.example' }] },
    { op: 'replace', path: 'active', value: false },
  ];
  const body = { schemas: [PATCH], Operations };
  const patched = await house.ask('PATCH', path, { token, body, headers: TYPE });
  assert.equal(patched.status, 200, patched.text);
  // The same again is no change, and writes nothing.
  assert.equal((await house.ask('PATCH', path, { token, body, headers: TYPE })).status, 200);
  assert.equal((await house.ask('DELETE', path, { token })).status, 204);
  const entries = (await house.storage.outbox.pending(1_000)).slice(before);
  assert.deepEqual(
    entries.map(({ action, tenant, resource }) => [action, tenant, resource]),
    ['create', 'update', 'delete'].map((what) => [`scim-user.${what}`, 'acme', `user/${id}`]),
  );
  const [, update] = entries;
  assert.deepEqual(update?.diff, {
    active: { before: true, after: false },
    displayName: 'changed',
    emails: 'changed',
  });
  assert.doesNotMatch(JSON.stringify(entries), /example|Secretname/u);
  const viewer = house.token('viewer');
  await house.ask('DELETE', path, { token: viewer });
  const act = house.acts.at(-1);
  assert.deepEqual(
    [act?.action, act?.status, act?.resource],
    ['scim-user.delete', 403, 'scim/Users/{id}'],
  );
});

test('a leaver stays locked out until the tenant goes; an administrator takes no record of theirs away', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  await house.ask('POST', '/admin/v1/tenants', { token, body: { id: 'brief' } });
  const provisioner = await house.addToken({ role: 'provisioner', tenant: 'brief' });
  const headers = { 'content-type': 'application/scim+json' };
  const wanted = { token: provisioner, body: { schemas: [USER], userName: 'ann' }, headers };
  const { body: made } = await house.ask('POST', '/scim/v2/Users', wanted);
  const remove = async (path: string) => {
    const { headers: read } = await house.ask('GET', path, { token });
    const asked = { token, headers: { 'if-match': String(read.etag) } };
    const { status, body } = await house.ask('DELETE', path, asked);
    return { status, type: String(body['type']).split(':').at(-1) };
  };
  const user = `/admin/v1/users/${String(made['id'])}`;
  const kept = { status: 409, type: 'managed-by-provider' };
  assert.deepEqual(await remove(user), kept);
  await remove(`/admin/v1/admin-tokens/adm_${provisioner.split('_')[1] ?? ''}`);
  assert.equal((await remove('/admin/v1/tenants/brief')).type, 'not-empty');
  const again = await house.addToken({ role: 'provisioner', tenant: 'brief' });
  const gone = await house.ask('DELETE', `/scim/v2/Users/${String(made['id'])}`, { token: again });
  assert.equal(gone.status, 204);
  assert.deepEqual(await remove(user), kept);
  const { provisioning } = house.storage;
  assert.deepEqual(await provisioning.lockedOut(), [{ tenant: 'brief', user: 'ann' }]);
  await remove(`/admin/v1/admin-tokens/adm_${again.split('_')[1] ?? ''}`);
  assert.equal((await remove('/admin/v1/tenants/brief')).status, 204);
  assert.deepEqual(await provisioning.lockedOut(), []);
});
