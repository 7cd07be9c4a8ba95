/** RBAC-01, RBAC-02, TEN-01, BOOT-01: every route × every kind of caller, and every write × every field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { z } from 'zod';

import { seedObjects } from './admin-seeds.contract.ts';
import { SHOWN_REF } from './audit/audit.contract.ts';
import {
  type Ask,
  type Caller,
  callers,
  type House,
  openHouse,
  TEST_NOW_MS,
} from './admin.contract.ts';
import { newPassword, type Person } from './people/people.contract.ts';
import type { AdminRoute } from './route.ts';
import { adminRoutes } from './routes.ts';

/**
 * Who may, written by hand: the point is that it is not read from what is tested.
 * v viewer, a security auditor, o operator, p platform administrator, c one that is confined to the
 * tenant, t tenant administrator, 1 one-time token,
 * s a platform administrator in person, with a session.
 */
const MAY: Readonly<Record<string, string>> = {
  'GET /admin/v1/status': 'vaop1s',
  'GET /admin/v1/config': 'vaop1s',
  'POST /admin/v1/config/diff': 'p1s',
  'POST /admin/v1/config/apply': 'p1s',
  'GET /admin/v1/config/{section}': 'vaop1s',
  'GET /admin/v1/config/{section}/{name}': 'vaop1s',
  'POST /admin/v1/config/{section}': 'p1s',
  'PATCH /admin/v1/config/{section}/{name}': 'p1s',
  'DELETE /admin/v1/config/{section}/{name}': 'p1s',
  'GET /admin/v1/models': 'vaop1s',
  'GET /admin/v1/secrets': 'vaop1s',
  'POST /admin/v1/secrets/rewrap': 'p1s',
  'POST /admin/v1/reload': 'op1s',
  'POST /admin/v1/alerts/{name}/test': 'op1s',
  'GET /admin/v1/audit/sinks': 'vaop1s',
  'POST /admin/v1/audit/sinks/{name}/test': 'op1s',
  'GET /admin/v1/tenants': 'vaopct1s',
  'GET /admin/v1/tenants/{id}': 'vaopct1s',
  'POST /admin/v1/tenants': 'p1s',
  'PATCH /admin/v1/tenants/{id}': 'p1s',
  'DELETE /admin/v1/tenants/{id}': 'p1s',
  'GET /admin/v1/tenants/{id}/export': 'pct1s',
  'GET /admin/v1/tenants/{tenant}/roles': 'vaopct1s',
  'GET /admin/v1/tenants/{tenant}/roles/{name}': 'vaopct1s',
  'POST /admin/v1/tenants/{tenant}/roles': 'pct1s',
  'PATCH /admin/v1/tenants/{tenant}/roles/{name}': 'pct1s',
  'DELETE /admin/v1/tenants/{tenant}/roles/{name}': 'pct1s',
  'POST /admin/v1/policy/explain': 'vaopct1s',
  'POST /admin/v1/policy/test': 'vaopct1s',
  'GET /admin/v1/teams': 'vaopct1s',
  'GET /admin/v1/teams/{id}': 'vaopct1s',
  'POST /admin/v1/teams': 'opct1s',
  'PATCH /admin/v1/teams/{id}': 'opct1s',
  'DELETE /admin/v1/teams/{id}': 'opct1s',
  'GET /admin/v1/users': 'vaopct1s',
  'GET /admin/v1/users/{id}': 'vaopct1s',
  'POST /admin/v1/users': 'opct1s',
  'PATCH /admin/v1/users/{id}': 'opct1s',
  'DELETE /admin/v1/users/{id}': 'opct1s',
  'GET /admin/v1/bindings': 'vaopct1s',
  'GET /admin/v1/bindings/{id}': 'vaopct1s',
  'POST /admin/v1/bindings': 'opct1s',
  'PATCH /admin/v1/bindings/{id}': 'opct1s',
  'DELETE /admin/v1/bindings/{id}': 'opct1s',
  'GET /admin/v1/keys': 'vaopct1s',
  'GET /admin/v1/keys/{id}': 'vaopct1s',
  'POST /admin/v1/keys': 'opct1s',
  'PATCH /admin/v1/keys/{id}': 'opct1s',
  'POST /admin/v1/keys/{id}/release': 'opct1s',
  'POST /admin/v1/keys/{id}/rotate': 'opct1s',
  'DELETE /admin/v1/keys/{id}': 'opct1s',
  'GET /admin/v1/runs': 'vaopct1s',
  'GET /admin/v1/runs/{id}': 'vaopct1s',
  'DELETE /admin/v1/runs/{id}': 'opct1s',
  'GET /admin/v1/admin-tokens': 'vaopct1s',
  'GET /admin/v1/admin-tokens/{id}': 'vaopct1s',
  'POST /admin/v1/admin-tokens': 'pct1s',
  'DELETE /admin/v1/admin-tokens/{id}': 'pct1s',
  'GET /admin/v1/tool-pins': 'vaopct1s',
  'GET /admin/v1/tool-pins/{id}': 'vaopct1s',
  'DELETE /admin/v1/tool-pins/{id}': 'opct1s',
  'GET /admin/v1/usage': 'vaopct1s',
  'GET /admin/v1/statements/{tenant}': 'vaopct1s',
  'GET /admin/v1/approvals': 'opct1s',
  'POST /admin/v1/approvals/{id}/approve': 'opct1s',
  'POST /admin/v1/approvals/{id}/refuse': 'opct1s',
  'GET /admin/v1/tenants/{tenant}/provider-secrets': 'vaopct1s',
  'GET /admin/v1/tenants/{tenant}/provider-secrets/{name}': 'vaopct1s',
  'POST /admin/v1/tenants/{tenant}/provider-secrets': 'pct1s',
  'DELETE /admin/v1/tenants/{tenant}/provider-secrets/{name}': 'pct1s',
  'GET /admin/v1/audit/log': 'vaop1s',
  'GET /admin/v1/audit/verification': 'vaop1s',
  'POST /admin/v1/audit/verification': 'aop1s',
  'GET /admin/v1/audit/records/{writer}/{seq}/proof': 'vaop1s',
  'GET /admin/v1/holds': 'apct1s',
  'POST /admin/v1/holds': 'apct1s',
  'DELETE /admin/v1/holds/{id}': 'apct1s',
  'POST /admin/v1/erasures': 'pct1s',
  'GET /admin/v1/content-leaves': 'apct1s',
  'POST /admin/v1/content-leaves': 'apct1s',
  'POST /admin/v1/content-leaves/{id}/agree': 'apct1s',
  'POST /admin/v1/content-leaves/{id}/reveal': 'apct1s',
  'POST /admin/v1/sessions': '1',
  'POST /admin/v1/accounts/first': '1',
  'GET /admin/v1/accounts': 'apct1s',
  'GET /admin/v1/accounts/{id}': 'apct1s',
  'POST /admin/v1/accounts': 'pct1s',
  'PATCH /admin/v1/accounts/{id}': 'pct1s',
  'POST /admin/v1/accounts/{id}/reset': 'pct1s',
  'DELETE /admin/v1/accounts/{id}': 'pct1s',
  'GET /admin/v1/sessions': 'apct1s',
  'DELETE /admin/v1/sessions/{id}': 'pct1s',
  'GET /admin/v1/rights': 'vaopct1si',
  'GET /admin/v1/me': 's',
  'GET /admin/v1/me/sessions': 's',
  'DELETE /admin/v1/me/sessions/{id}': 's',
  'POST /admin/v1/me/logout': 's',
  'POST /admin/v1/me/password': 's',
  'POST /admin/v1/me/totp': 's',
  'POST /admin/v1/me/totp/confirm': 's',
  'POST /admin/v1/me/totp/remove': 's',
};

const LETTER: Readonly<Record<Caller, string>> = {
  none: '-',
  viewer: 'v',
  'security-auditor': 'a',
  'tenant-admin': 't',
  operator: 'o',
  'platform-admin': 'p',
  confined: 'c',
  'one-time': '1',
  person: 's',
  // Nothing of this API: what it may is SCIM (scim/scim-rights.test.ts).
  provisioner: 'i',
};

const nameOf = ({ method, path }: AdminRoute): string => `${method} ${path}`;

const questionOf = (tenant: string) => ({ principal: { tenant }, call: { model: 'demo' } });

const LIMIT = { per: ['key'], requests: '60/1m' };

let count = 0;
/** A body that the route takes, for a tenant. */
function bodyFor(
  route: AdminRoute,
  tenant: string,
  person?: Person,
): Record<string, unknown> | undefined {
  count += 1;
  const password = person?.password ?? newPassword();
  const bodies: Readonly<Record<string, Record<string, unknown>>> = {
    'POST /admin/v1/tenants': { id: `made-${count}` },
    'PATCH /admin/v1/tenants/{id}': { name: `N${count}` },
    'POST /admin/v1/tenants/{tenant}/roles': { name: `made-${count}`, allow: [] },
    'PATCH /admin/v1/tenants/{tenant}/roles/{name}': {
      allow: [{ actions: ['chat'], models: ['demo'] }],
    },
    'POST /admin/v1/tenants/{tenant}/provider-secrets': {
      provider: 'vendor',
      secret: newPassword(),
    },
    'POST /admin/v1/policy/explain': questionOf(tenant),
    'POST /admin/v1/policy/test': {
      tenant,
      cases: [{ ...questionOf(tenant), expect: 'allow' }],
    },
    'POST /admin/v1/teams': { id: `made-${count}`, tenant },
    'PATCH /admin/v1/teams/{id}': { name: `N${count}` },
    'POST /admin/v1/users': { id: `made-${count}`, tenant },
    'PATCH /admin/v1/users/{id}': { status: 'suspended' },
    'POST /admin/v1/bindings': { tenant, role: 'viewer', users: ['*'] },
    'PATCH /admin/v1/bindings/{id}': { users: ['ann'] },
    'POST /admin/v1/config/{section}': { name: `made-${count}`, value: LIMIT },
    'PATCH /admin/v1/config/{section}/{name}': { value: LIMIT },
    'POST /admin/v1/config/diff': {
      changes: [{ section: 'limits', name: `made-${count}`, value: LIMIT }],
    },
    'POST /admin/v1/config/apply': {
      changes: [{ section: 'limits', name: `made-${count}`, value: LIMIT }],
    },
    'POST /admin/v1/secrets/rewrap': { rotateKeys: true },
    'POST /admin/v1/keys': { tenant },
    'PATCH /admin/v1/keys/{id}': { name: 'renamed' },
    'POST /admin/v1/keys/{id}/rotate': { overlap: '1h' },
    'POST /admin/v1/admin-tokens': { role: 'viewer', tenant },
    'POST /admin/v1/accounts/first': { login: `first-${count}`, password: newPassword() },
    'POST /admin/v1/accounts': { login: `made-${count}`, role: 'viewer', tenant },
    'PATCH /admin/v1/accounts/{id}': { name: `N${count}` },
    'POST /admin/v1/accounts/{id}/reset': { removeSecondFactor: true },
    'POST /admin/v1/holds': { tenant, user: 'ann', reason: 'a case' },
    'POST /admin/v1/erasures': { tenant, user: `gone-${count}` },
    'POST /admin/v1/content-leaves': { tenant, reason: 'a case' },
    'POST /admin/v1/content-leaves/{id}/reveal': { ref: SHOWN_REF },
    'POST /admin/v1/me/password': { current: password, password: newPassword() },
    'POST /admin/v1/me/totp': { password },
    'POST /admin/v1/me/totp/confirm': { code: person?.code(TEST_NOW_MS) ?? '000000' },
    'POST /admin/v1/me/totp/remove': { password },
  };
  return bodies[nameOf(route)];
}

/** The path of a route on fresh objects of the tenant. Tenants that are removed are made first. */
async function pathFor(
  route: AdminRoute,
  house: House,
  tenant: string,
  person?: Person,
  as: Ask = {},
): Promise<string> {
  const objects = await seedObjects(house, tenant);
  if (nameOf(route) === 'POST /admin/v1/content-leaves/{id}/reveal') {
    // A leave is of who asked for it: where they may not ask, it is somebody else's.
    const body = { tenant, reason: 'a case' };
    const { body: asked } = await house.ask('POST', '/admin/v1/content-leaves', { ...as, body });
    const own = typeof asked['id'] === 'string' ? asked['id'] : objects['content-leaves'];
    return route.path.replace('{id}', own ?? '');
  }
  let own = tenant;
  if (nameOf(route) === 'DELETE /admin/v1/tenants/{id}') {
    own = `gone-${(count += 1)}`;
    const token = house.token('platform-admin');
    await house.ask('POST', '/admin/v1/tenants', { token, body: { id: own } });
  }
  const [kind = ''] = route.path.replace('/admin/v1/', '').split('/');
  const mine = `ses_${person?.sessionId ?? 'none'}`;
  const id = { ...objects, tenants: own, me: mine }[kind];
  return route.path
    .replace('{writer}', 'main')
    .replace('{seq}', '1')
    .replace('{tenant}', tenant)
    .replace('{section}', 'limits')
    .replace('{name}', objects[kind === 'config' ? kind : 'roles'] ?? '')
    .replace('{id}', id ?? '');
}

async function versionOf(house: House, path: string): Promise<string> {
  const read = path.replace(/\/(?:rotate|release|reset)$/u, '');
  const { headers } = await house.ask('GET', read, { token: house.token('platform-admin') });
  return String(headers.etag);
}

async function askRoute(house: House, route: AdminRoute, tenant: string, caller: Caller) {
  // Each exchange burns a one-time token.
  const isBurnt = caller === 'one-time' && route.permission === 'session.create';
  const wanted = { role: 'platform-admin', isOneTime: true } as const;
  const as = isBurnt ? { token: await house.addToken(wanted) } : await house.as(caller);
  const person = 'person' in as ? as.person : undefined;
  const path = await pathFor(route, house, tenant, person, as);
  const headers = route.ifMatch ? { 'if-match': await versionOf(house, path) } : {};
  const body = bodyFor(route, tenant, person);
  return await house.ask(route.method, path, { ...as, body, headers });
}

test('the table names every route, and no other', () => {
  assert.ok(adminRoutes.length > 30);
  assert.deepEqual(adminRoutes.map(nameOf).sort(), Object.keys(MAY).sort());
});

test('each route lets in exactly those whom the table names', async (t) => {
  const house = await openHouse(t);
  let cells = 0;
  for (const route of adminRoutes) {
    for (const caller of callers) {
      const answered = await askRoute(house, route, 'acme', caller);
      const isAllowed = MAY[nameOf(route)]?.includes(LETTER[caller]) === true;
      const expected = caller === 'none' ? 401 : isAllowed ? route.status : 403;
      const cell = `${nameOf(route)} as ${caller}: ${answered.text}`;
      assert.equal(answered.status, expected, cell);
      if (route.response !== null && answered.status === route.status) {
        assert.ok(route.response.safeParse(answered.body).success, cell);
      }
      cells += 1;
    }
  }
  assert.equal(cells, adminRoutes.length * callers.length);
});

test('for a token of one tenant the objects of another do not exist', async (t) => {
  const house = await openHouse(t);
  let asked = 0;
  for (const route of adminRoutes.filter(({ scope }) => scope === 'tenant')) {
    const { status, body } = await askRoute(house, route, 'other', 'confined');
    asked += 1;
    if (status === 200) {
      // A list without a filter: it is of the own tenant, whatever there is elsewhere.
      assert.ok(Array.isArray(body['items']), nameOf(route));
      assert.ok(!JSON.stringify(body).includes('"other"'), nameOf(route));
    } else assert.equal(status, 404, nameOf(route));
  }
  assert.ok(asked > 25);
  const filtered = await house.ask('GET', '/admin/v1/keys?tenant=other', {
    token: house.token('confined'),
  });
  assert.equal(filtered.status, 404);
});

test('nobody gives a role that may more than their own, or one of tenants without a tenant', async (t) => {
  const house = await openHouse(t);
  const give = async (caller: Caller, role: string, tenant: string | null) => {
    const token = house.token(caller);
    const body = { role, tenant };
    const tokens = await house.ask('POST', '/admin/v1/admin-tokens', { token, body });
    const account = { ...body, login: `given-${(count += 1)}` };
    const accounts = await house.ask('POST', '/admin/v1/accounts', { token, body: account });
    assert.equal(tokens.status, accounts.status, `${caller} ${role}`);
    return tokens.status;
  };
  for (const role of ['viewer', 'operator', 'security-auditor', 'tenant-admin', 'platform-admin']) {
    const status = role === 'platform-admin' ? 403 : 201;
    assert.equal(await give('tenant-admin', role, 'acme'), status, role);
    assert.equal(await give('platform-admin', role, 'acme'), 201, role);
    assert.equal(await give('tenant-admin', role, null), 404, role);
  }
  assert.equal(await give('platform-admin', 'tenant-admin', null), 403);
  const stray = await house.addToken({ role: 'tenant-admin', tenant: null });
  const asked = await house.ask('GET', '/admin/v1/keys', { token: stray });
  assert.equal(asked.status, 403, 'written into the store by hand');
});

test('a confined administrator makes no token that reaches beyond the tenant', async (t) => {
  const house = await openHouse(t);
  const token = house.token('confined');
  const ask = (body: unknown) => house.ask('POST', '/admin/v1/admin-tokens', { token, body });
  assert.equal((await ask({ role: 'viewer' })).status, 404);
  assert.equal((await ask({ role: 'viewer', tenant: null })).status, 404);
  assert.equal((await ask({ role: 'viewer', tenant: 'filed' })).status, 404);
  assert.equal((await ask({ role: 'operator', tenant: 'acme' })).status, 201);
});

/** What records hold and no caller may set: a body that names one is refused, by its path. */
const FORBIDDEN = [
  'macHex',
  'secrets',
  'version',
  'createdMs',
  'revokedMs',
  'usedMs',
  'isOneTime',
  'pepperVersion',
  'managedBy',
  'constructor',
  'surprise',
];

test('every write refuses every field that is not its own, and says which', async (t) => {
  const house = await openHouse(t);
  let asked = 0;
  for (const route of adminRoutes.filter(({ body }) => body !== null)) {
    const isOwn = route.scope === 'own';
    const isFirst = route.permission === 'session.create';
    const caller = isOwn ? 'person' : isFirst ? 'one-time' : 'platform-admin';
    const as = await house.as(caller);
    const path = await pathFor(route, house, 'acme', undefined, as);
    const headers = route.ifMatch ? { 'if-match': await versionOf(house, path) } : {};
    for (const field of FORBIDDEN) {
      const body = { ...bodyFor(route, 'acme'), [field]: 'x' };
      const answered = await house.ask(route.method, path, { ...as, body, headers });
      assert.equal(answered.status, 400, `${nameOf(route)} ${field}`);
      assert.equal(answered.body['field'], field);
      asked += 1;
    }
    // A prototype is no field either, and does not become one on the way.
    const text = JSON.stringify(bodyFor(route, 'acme')).replace('{', '{"__proto__":{"a":1},');
    const answered = await house.ask(route.method, path, { ...as, body: text, headers });
    assert.equal(answered.status, 400, `${nameOf(route)} __proto__`);
  }
  assert.ok(asked > 100);
});

test('an edit can set the fields of its schema and no identity', () => {
  for (const route of adminRoutes.filter(({ method }) => method === 'PATCH')) {
    assert.ok(route.body instanceof z.ZodObject);
    for (const field of ['id', 'tenant', 'role']) {
      assert.ok(!(field in route.body.shape), `${nameOf(route)} ${field}`);
    }
  }
});
