/** RBAC-01, RBAC-02, TEN-01, BOOT-01: every route × every kind of caller, and every write × every field. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { z } from 'zod';

import { formatApiKey } from '#policy/authenticators/api-key-format.ts';

import { seed, seedHold, seedObjects } from './admin-seeds.contract.ts';
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
 * Who may, written by hand: the point is that it is not read from what is tested. The letters are those
 * of `LETTER`: c is a platform administrator who is confined to the tenant, 1 the one-time token, s a
 * platform administrator in person, with a session.
 */
/** The gateway as a whole: its state, its configuration. */
const LOOKERS = 'vaop1s';
const RUNNERS = 'op1s';
const CHECKERS = 'aop1s';
const OWNERS = 'p1s';
/** What is of a tenant. */
const READERS = 'vaopct1s';
const OPERATORS = 'opct1s';
const AUDITORS = 'apct1s';
const JUDGES = 'aopct1s';
const ADMINISTRATORS = 'pct1s';
const NEWCOMER = '1';
const PERSON = 's';
/** Also the token of an identity provider: what one may do is no secret to oneself. */
const EVERYBODY = 'vaopct1si';

const MAY: Readonly<Record<string, string>> = {
  'GET /admin/v1/status': LOOKERS,
  'GET /admin/v1/config': LOOKERS,
  'POST /admin/v1/config/diff': OWNERS,
  'POST /admin/v1/config/apply': OWNERS,
  'GET /admin/v1/config-changes': LOOKERS,
  'POST /admin/v1/config-changes': OWNERS,
  'POST /admin/v1/config-changes/{id}/agree': OWNERS,
  'DELETE /admin/v1/config-changes/{id}': OWNERS,
  'POST /admin/v1/config-changes/{id}/undo': OWNERS,
  'GET /admin/v1/config-fields/{section}': LOOKERS,
  'GET /admin/v1/config/{section}': LOOKERS,
  'GET /admin/v1/config/{section}/{name}': LOOKERS,
  'POST /admin/v1/config/{section}': OWNERS,
  'PATCH /admin/v1/config/{section}/{name}': OWNERS,
  'DELETE /admin/v1/config/{section}/{name}': OWNERS,
  'GET /admin/v1/models': LOOKERS,
  'GET /admin/v1/secrets': LOOKERS,
  'POST /admin/v1/secrets/rewrap': OWNERS,
  'POST /admin/v1/reload': RUNNERS,
  'POST /admin/v1/alerts/{name}/test': RUNNERS,
  'GET /admin/v1/alert-rules': LOOKERS,
  'GET /admin/v1/alert-silences': LOOKERS,
  'POST /admin/v1/alert-silences': RUNNERS,
  'DELETE /admin/v1/alert-silences/{id}': RUNNERS,
  'GET /admin/v1/audit/sinks': LOOKERS,
  'POST /admin/v1/audit/sinks/{name}/test': RUNNERS,
  'GET /admin/v1/tenants': READERS,
  'GET /admin/v1/tenants/{id}': READERS,
  'POST /admin/v1/tenants': OWNERS,
  'PATCH /admin/v1/tenants/{id}': OWNERS,
  'DELETE /admin/v1/tenants/{id}': OWNERS,
  'GET /admin/v1/tenants/{id}/export': ADMINISTRATORS,
  'GET /admin/v1/tenants/{tenant}/roles': READERS,
  'GET /admin/v1/tenants/{tenant}/roles/{name}': READERS,
  'POST /admin/v1/tenants/{tenant}/roles': ADMINISTRATORS,
  'PATCH /admin/v1/tenants/{tenant}/roles/{name}': ADMINISTRATORS,
  'DELETE /admin/v1/tenants/{tenant}/roles/{name}': ADMINISTRATORS,
  'POST /admin/v1/policy/explain': READERS,
  'POST /admin/v1/policy/test': READERS,
  'GET /admin/v1/policy/condition': READERS,
  'GET /admin/v1/teams': READERS,
  'GET /admin/v1/teams/{id}': READERS,
  'POST /admin/v1/teams': OPERATORS,
  'PATCH /admin/v1/teams/{id}': OPERATORS,
  'DELETE /admin/v1/teams/{id}': OPERATORS,
  'GET /admin/v1/service-accounts': READERS,
  'GET /admin/v1/service-accounts/{id}': READERS,
  'POST /admin/v1/service-accounts': OPERATORS,
  'PATCH /admin/v1/service-accounts/{id}': OPERATORS,
  'DELETE /admin/v1/service-accounts/{id}': OPERATORS,
  'GET /admin/v1/users': READERS,
  'GET /admin/v1/users/{id}': READERS,
  'POST /admin/v1/users': OPERATORS,
  'PATCH /admin/v1/users/{id}': OPERATORS,
  'DELETE /admin/v1/users/{id}': OPERATORS,
  'GET /admin/v1/bindings': READERS,
  'GET /admin/v1/bindings/{id}': READERS,
  'POST /admin/v1/bindings': OPERATORS,
  'PATCH /admin/v1/bindings/{id}': OPERATORS,
  'DELETE /admin/v1/bindings/{id}': OPERATORS,
  'GET /admin/v1/keys': READERS,
  'GET /admin/v1/keys/{id}': READERS,
  'POST /admin/v1/keys': OPERATORS,
  'PATCH /admin/v1/keys/{id}': OPERATORS,
  'POST /admin/v1/keys/{id}/release': OPERATORS,
  'POST /admin/v1/keys/{id}/rotate': OPERATORS,
  'DELETE /admin/v1/keys/{id}': OPERATORS,
  'GET /admin/v1/runs': READERS,
  'GET /admin/v1/runs/{id}': READERS,
  'DELETE /admin/v1/runs/{id}': OPERATORS,
  'GET /admin/v1/admin-tokens': READERS,
  'GET /admin/v1/admin-tokens/{id}': READERS,
  'POST /admin/v1/admin-tokens': ADMINISTRATORS,
  'DELETE /admin/v1/admin-tokens/{id}': ADMINISTRATORS,
  'GET /admin/v1/tool-pins': READERS,
  'GET /admin/v1/tool-pins/{id}': READERS,
  'DELETE /admin/v1/tool-pins/{id}': OPERATORS,
  'GET /admin/v1/usage': READERS,
  'GET /admin/v1/statements/{tenant}': READERS,
  'GET /admin/v1/series': READERS,
  'GET /admin/v1/series/live': READERS,
  'GET /admin/v1/limits': READERS,
  'GET /admin/v1/budgets': READERS,
  'GET /admin/v1/findings': READERS,
  'POST /admin/v1/findings': JUDGES,
  'GET /admin/v1/findings/export': READERS,
  'GET /admin/v1/offenders': READERS,
  'GET /admin/v1/approvals': OPERATORS,
  'POST /admin/v1/approvals/{id}/approve': OPERATORS,
  'POST /admin/v1/approvals/{id}/refuse': OPERATORS,
  'GET /admin/v1/tenants/{tenant}/provider-secrets': READERS,
  'GET /admin/v1/tenants/{tenant}/provider-secrets/{name}': READERS,
  'POST /admin/v1/tenants/{tenant}/provider-secrets': ADMINISTRATORS,
  'DELETE /admin/v1/tenants/{tenant}/provider-secrets/{name}': ADMINISTRATORS,
  'GET /admin/v1/audit/log': LOOKERS,
  'GET /admin/v1/audit/verification': LOOKERS,
  'POST /admin/v1/audit/verification': CHECKERS,
  'GET /admin/v1/audit/records/{writer}/{seq}/proof': READERS,
  'GET /admin/v1/audit/records': READERS,
  'GET /admin/v1/audit/tail': READERS,
  'GET /admin/v1/audit/records/{writer}/{seq}': READERS,
  'GET /admin/v1/playground': OPERATORS,
  'POST /admin/v1/playground/calls': OPERATORS,
  'GET /admin/v1/views': READERS,
  'POST /admin/v1/views': READERS,
  'DELETE /admin/v1/views/{id}': READERS,
  'GET /admin/v1/reports/{name}': AUDITORS,
  'GET /admin/v1/holds': AUDITORS,
  'POST /admin/v1/holds': AUDITORS,
  'DELETE /admin/v1/holds/{id}': AUDITORS,
  'POST /admin/v1/erasures': ADMINISTRATORS,
  'POST /admin/v1/subject-exports': ADMINISTRATORS,
  'GET /admin/v1/content-leaves': AUDITORS,
  'POST /admin/v1/content-leaves': AUDITORS,
  'POST /admin/v1/content-leaves/{id}/agree': AUDITORS,
  'POST /admin/v1/content-leaves/{id}/reveal': AUDITORS,
  'POST /admin/v1/sessions': NEWCOMER,
  'POST /admin/v1/accounts/first': NEWCOMER,
  'GET /admin/v1/accounts': AUDITORS,
  'GET /admin/v1/accounts/{id}': AUDITORS,
  'POST /admin/v1/accounts': ADMINISTRATORS,
  'PATCH /admin/v1/accounts/{id}': ADMINISTRATORS,
  'POST /admin/v1/accounts/{id}/reset': ADMINISTRATORS,
  'DELETE /admin/v1/accounts/{id}': ADMINISTRATORS,
  'GET /admin/v1/sessions': AUDITORS,
  'DELETE /admin/v1/sessions/{id}': ADMINISTRATORS,
  'GET /admin/v1/rights': EVERYBODY,
  'GET /admin/v1/me': PERSON,
  'GET /admin/v1/me/sessions': PERSON,
  'DELETE /admin/v1/me/sessions/{id}': PERSON,
  'POST /admin/v1/me/logout': PERSON,
  'POST /admin/v1/me/password': PERSON,
  'POST /admin/v1/me/totp': PERSON,
  'POST /admin/v1/me/totp/confirm': PERSON,
  'POST /admin/v1/me/totp/remove': PERSON,
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
  // Nothing of this API but to ask its rights: what it may is SCIM (scim/scim-rights.test.ts).
  provisioner: 'i',
};

const nameOf = ({ method, path }: AdminRoute): string => `${method} ${path}`;

const questionOf = (tenant: string) => ({ principal: { tenant }, call: { model: 'demo' } });

const LIMIT = { per: ['key'], requests: '60/1m' };

let count = 0;
/** The key that was made last for a route's path. */
let seeded = '';
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
    'POST /admin/v1/alert-silences': {
      reason: 'a change',
      endsAt: new Date(TEST_NOW_MS + 3_600_000).toISOString(),
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
    'POST /admin/v1/service-accounts': { name: `made-${count}`, tenant },
    'PATCH /admin/v1/service-accounts/{id}': { status: 'suspended' },
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
    'POST /admin/v1/config-changes': {
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
    'POST /admin/v1/playground/calls': {
      dialect: 'openai-chat',
      key: formatApiKey({ mode: 'live', id: seeded, secret: 'x'.repeat(43) }),
      call: '{}',
    },
    'POST /admin/v1/views': { name: `made-${count}`, query: { decision: 'deny' } },
    'POST /admin/v1/findings': {
      writer: 'main',
      seq: tenant === 'acme' ? 1 : 2,
      guard: 'pii',
      category: null,
      verdict: 'wrong',
    },
    'POST /admin/v1/holds': { tenant, user: 'ann', reason: 'a case' },
    'POST /admin/v1/erasures': { tenant, user: `gone-${count}` },
    'POST /admin/v1/subject-exports': { tenant, user: 'ann' },
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
const kept = new WeakMap<House, Map<string, Readonly<Record<string, string>>>>();

/** New ones where an object is named, which the call may change or remove; any where none is. */
async function objectsFor(route: AdminRoute, house: House, tenant: string) {
  const before = kept.get(house)?.get(tenant);
  const isNamed = route.path.includes('{') || route.path.includes('playground');
  if (before !== undefined && !isNamed) return before;
  const holds = route.path.includes('/holds/') ? await seedHold(house, tenant) : 'none';
  const others = await seedObjects(house, tenant);
  const objects: Readonly<Record<string, string>> = { ...others, holds };
  kept.set(house, (kept.get(house) ?? new Map()).set(tenant, objects));
  return objects;
}

async function pathFor(
  route: AdminRoute,
  house: House,
  tenant: string,
  person?: Person,
  as: Ask = {},
): Promise<string> {
  const objects = await objectsFor(route, house, tenant);
  seeded = (objects['keys'] ?? '').replace('key_', '');
  if (nameOf(route) === 'POST /admin/v1/content-leaves/{id}/reveal') {
    // A leave is of who asked for it: where they may not ask, it is somebody else's.
    const body = { tenant, reason: 'a case' };
    const { body: asked } = await house.ask('POST', '/admin/v1/content-leaves', { ...as, body });
    const own = typeof asked['id'] === 'string' ? asked['id'] : objects['content-leaves'];
    return route.path.replace('{id}', own ?? '');
  }
  if (route.path.startsWith('/admin/v1/config-changes/{id}'))
    return route.path.replace('{id}', await seedConfigChange(house, route));
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
    .replace('{seq}', tenant === 'acme' ? '1' : '2')
    .replace('{tenant}', tenant)
    .replace('{section}', 'limits')
    .replace('reports/{name}', 'reports/access')
    .replace('{name}', objects[kind === 'config' ? kind : 'roles'] ?? '')
    .replace('{id}', id ?? '')
    .replace('policy/condition', 'policy/condition?when=true');
}

/** A proposal of somebody else, or a limit that was added, to be taken back. */
async function seedConfigChange(house: House, route: AdminRoute): Promise<string> {
  const name = `change-${(count += 1)}`;
  const id = `00000000${count}`;
  const isUndone = route.path.endsWith('/undo');
  const entry = { section: 'limits', name, before: null, value: LIMIT, version: null };
  await seed(house.storage, async (tx) => {
    if (isUndone) {
      const setting = { id: `limits/${name}`, section: 'limits', name, value: LIMIT };
      await tx.settings.insert({ ...setting, createdMs: TEST_NOW_MS, version: 1 });
    }
    return await tx.configChanges.insert({
      id,
      state: isUndone ? 'applied' : 'proposed',
      entries: [entry],
      note: null,
      proposedBy: 'admin:somebody',
      proposedParty: 'admin:somebody',
      proposedMs: TEST_NOW_MS,
      appliedBy: null,
      appliedMs: null,
      undoes: null,
      version: 1,
    });
  });
  return id;
}

async function versionOf(house: House, path: string): Promise<string> {
  if (path === '/admin/v1/findings') {
    const judged = await house.storage.judgements.find('main:1:pii:');
    return `"${judged?.version ?? 0}"`;
  }
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
      if (route.response instanceof z.ZodType && answered.status === route.status) {
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
    // A stream of events tells what comes: see audit/tail-route.test.ts.
    if (route.response === 'events') continue;
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
