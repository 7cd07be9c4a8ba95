import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { randomBase62 } from '#stdx/base62.ts';
import type { JsonValue } from '#stdx/json.ts';

import { formatAdminToken, parseAdminToken } from './admin-token.ts';
import { seedObjects } from './admin-seeds.contract.ts';
import { type Caller, type House, openHouse, textIn } from './admin.contract.ts';
import { filesOf } from './site.ts';

const KEYS = '/admin/v1/keys';

async function made(house: House, tenant = 'acme') {
  const token = house.token('platform-admin');
  const created = await house.ask('POST', KEYS, { token, body: { tenant, name: 'ci' } });
  assert.equal(created.status, 201, created.text);
  return { path: `${KEYS}/${textIn(created, 'id')}`, created };
}

test('every refused credential gets the same answer, byte for byte', async (t) => {
  const house = await openHouse(t);
  const live = String(house.token('viewer'));
  const parts = parseAdminToken(live);
  assert.ok(parts !== null);
  // The right id and checksum, and another secret: only the hash can tell.
  const forged = formatAdminToken({ id: parts.id, secret: randomBase62(43) });
  const offers: readonly (Record<string, string> | undefined)[] = [
    undefined,
    { authorization: 'Bearer nonsense' },
    { authorization: 'Basic dXNlcjpwYXNz' },
    { authorization: `Bearer ${forged}` },
    { authorization: `Bearer ${await house.addToken({ revokedMs: 1 })}` },
    { authorization: `Bearer ${await house.addToken({ expiresMs: 1 })}` },
    { authorization: `Bearer ${await house.addToken({ isOneTime: true, usedMs: 1 })}` },
    { authorization: `Bearer ${await house.addToken({ tenant: 'gone' })}` },
    { 'x-api-key': live },
  ];
  const seen = new Set<string>();
  for (const headers of offers) {
    const { status, text } = await house.ask('GET', KEYS, headers === undefined ? {} : { headers });
    assert.equal(status, 401);
    seen.add(text.replace(/"requestId":"[^"]+"/u, ''));
  }
  assert.equal(seen.size, 1);
  // Unknown callers are counted; tokens whose secret was right are named.
  assert.equal(house.refused.length, 5);
  assert.deepEqual(
    house.acts.map(({ status, reason }) => [status, reason]),
    [
      [401, 'token-revoked'],
      [401, 'token-expired'],
      [401, 'token-used'],
      [401, 'tenant-suspended'],
    ],
  );
});

test('an unknown route under /admin is 401 to a stranger and 404 to a caller', async (t) => {
  const house = await openHouse(t);
  assert.equal((await house.ask('GET', '/admin/v1/nothing')).status, 401);
  const token = house.token('viewer');
  assert.equal((await house.ask('GET', '/admin/v1/nothing', { token })).status, 404);
  const wrong = await house.ask('PUT', KEYS, { token });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, 'GET, POST');
});

test('a Host that is not served is refused with 421, whatever the path', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  for (const host of ['evil.example', `evil.example:${house.port}`, '127.0.0.1.evil.example']) {
    for (const path of ['/', KEYS, '/livez', '/admin/openapi.json']) {
      const { status } = await house.ask('GET', path, { token, headers: { host } });
      assert.equal(status, 421, `${host} ${path}`);
    }
  }
  for (const host of [`localhost:${house.port}`, '[::1]', 'admin.example.com']) {
    assert.equal((await house.ask('GET', KEYS, { token, headers: { host } })).status, 200, host);
  }
});

test('a request that a page of another site sent is refused, also with a right token', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  for (const site of ['cross-site', 'same-site', 'anything']) {
    for (const [method, path] of [
      ['GET', KEYS],
      ['POST', '/admin/v1/reload'],
    ] as const) {
      const headers = { 'sec-fetch-site': site };
      const { status, headers: sent } = await house.ask(method, path, { token, headers });
      assert.equal(status, 403);
      assert.equal(sent['access-control-allow-origin'], undefined);
    }
  }
  const headers = { 'sec-fetch-site': 'same-origin' };
  assert.equal((await house.ask('GET', KEYS, { token, headers })).status, 200);
  const preflight = await house.ask('OPTIONS', KEYS, { headers: { origin: 'https://a.example' } });
  assert.equal(preflight.status, 401);
});

test('targets that two parsers read differently are refused', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const paths = ['//admin/v1/keys', '/admin/v1/../v1/keys', '/admin%2fv1/keys', '/admin/v1/./keys'];
  for (const path of [...paths, '/admin\\v1', '/x%2e%2e/']) {
    assert.equal((await house.ask('GET', path, { token })).status, 400, path);
  }
});

test('every answer carries the headers that a browser needs to be safe with it', async (t) => {
  const house = await openHouse(t);
  for (const path of [
    '/',
    '/livez',
    '/metrics',
    '/readyz',
    KEYS,
    '/admin/openapi.json',
    '/no.js',
  ]) {
    const { headers } = await house.ask('GET', path);
    const policy = String(headers['content-security-policy']);
    for (const part of [
      "default-src 'self'",
      "frame-ancestors 'none'",
      'require-trusted-types-for',
    ]) {
      assert.ok(policy.includes(part), path);
    }
    assert.ok(!policy.includes('unsafe'));
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(String(headers['x-request-id']), /^req_/u);
    if (path.startsWith('/admin')) assert.equal(headers['cache-control'], 'no-store');
  }
});

test('a write needs JSON, of bounded size and depth, without duplicate keys, in UTF-8', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const post = (body: unknown, type = 'application/json') =>
    house.ask('POST', KEYS, { token, body, headers: { 'content-type': type } });
  assert.equal((await post('tenant=acme', 'application/x-www-form-urlencoded')).status, 415);
  assert.equal((await post('{"tenant":"acme"}', 'text/plain')).status, 415);
  assert.equal((await post('')).status, 400);
  assert.equal((await post('[')).status, 400);
  assert.equal((await post('{"tenant":"acme","tenant":"other"}')).status, 400);
  assert.equal((await post(`{"tenant":${'['.repeat(40)}${']'.repeat(40)}}`)).status, 400);
  assert.equal((await post(JSON.stringify({ tenant: 'x'.repeat(70_000) }))).status, 413);
  assert.equal((await post({ tenant: 'acme' }, 'application/json; charset=utf-8')).status, 201);
  assert.equal(
    (await house.ask('POST', '/admin/v1/reload', { token, body: { a: 1 } })).status,
    400,
  );
  assert.equal((await house.ask('POST', '/admin/v1/reload', { token, body: {} })).status, 200);
});

test('a refused value is named by its path and never repeated', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const canary = `canary${'z'.repeat(20)} <script>`;
  const bodies: readonly [JsonValue, string][] = [
    [{ tenant: canary }, 'tenant'],
    [{ tenant: 'acme', roles: ['ok', canary] }, 'roles.1'],
    [{ tenant: 'acme', mode: canary }, 'mode'],
    [{ tenant: 'acme', expires: canary }, 'expires'],
    [{ tenant: 'acme', [canary]: 1 }, '?'],
  ];
  for (const [body, field] of bodies) {
    const answered = await house.ask('POST', KEYS, { token, body });
    assert.equal(answered.status, 400);
    assert.equal(answered.body['field'], field);
    assert.equal(answered.headers['content-type'], 'application/problem+json');
    assert.equal(answered.body['type'], 'urn:llmproxy:problem:request-malformed');
    assert.ok(!answered.text.includes('canary') && !answered.text.includes('script'));
  }
  const query = await house.ask('GET', `${KEYS}?limit=10&limit=20`, { token });
  assert.equal(query.status, 400);
  assert.equal((await house.ask('GET', `${KEYS}?limit=201`, { token })).body['field'], 'limit');
  assert.equal((await house.ask('GET', `${KEYS}?sort=x`, { token })).body['field'], 'sort');
});

test('a change without the version that was read does not happen, nor with an old one', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const { path } = await made(house);
  const remove = (headers: Record<string, string>) => house.ask('DELETE', path, { token, headers });
  assert.equal((await remove({})).status, 428);
  assert.equal((await remove({ 'if-match': '*' })).status, 428);
  for (const stale of ['"2"', 'W/"1"', '1', '"x"', '"1", "2"']) {
    assert.equal((await remove({ 'if-match': stale })).status, 412, stale);
  }
  const rotate = { token, body: {}, headers: { 'if-match': '"1"' } };
  const both = await Promise.all([1, 2].map(() => house.ask('POST', `${path}/rotate`, rotate)));
  assert.deepEqual(
    both.map(({ status }) => status).sort((a, b) => a - b),
    [200, 412],
  );
  assert.equal((await remove({ 'if-match': '"2"' })).status, 200);
  assert.equal((await remove({ 'if-match': '"3"' })).status, 200);
  const again = { token, body: {}, headers: { 'if-match': '"3"' } };
  const refused = await house.ask('POST', `${path}/rotate`, again);
  assert.equal(refused.body['type'], 'urn:llmproxy:problem:key-revoked');
  assert.ok(house.acts.some(({ status, reason }) => status === 412 && reason === 'stale-version'));
  assert.ok(house.acts.some(({ action, status }) => action === 'key.rotate' && status === 409));
});

test('pages of every size give each item once, in order', async (t) => {
  const house = await openHouse(t);
  const token = house.token('viewer');
  const platform = house.token('platform-admin');
  for (let index = 0; index < 11; index += 1) {
    await made(house);
    const body = { id: `t${index}-x` };
    await house.ask('POST', '/admin/v1/tenants', { token: platform, body });
    await house.ask('POST', '/admin/v1/bindings', {
      token: platform,
      body: { tenant: 'filed', role: 'viewer', users: ['*'] },
    });
  }
  for (const path of [KEYS, '/admin/v1/tenants', '/admin/v1/bindings']) {
    const whole = await idsOf(house, `${path}?limit=200`, token);
    assert.ok(whole.length >= 11 && new Set(whole).size === whole.length, path);
    assert.deepEqual(whole, whole.toSorted());
    for (const limit of [1, 3, 7]) {
      assert.deepEqual(await pagedIds(house, path, limit), whole, `${path} by ${limit}`);
    }
  }
});

async function pagedIds(house: House, path: string, limit: number): Promise<string[]> {
  const token = house.token('viewer');
  const seen: string[] = [];
  let after = '';
  for (let page = 0; page < 50; page += 1) {
    const answered = await house.ask('GET', `${path}?limit=${limit}${after}`, { token });
    seen.push(...ids(answered.body['items']));
    if (answered.body['next'] === null) break;
    after = `&after=${textIn(answered, 'next')}`;
  }
  return seen;
}

const ids = (items: unknown): string[] =>
  Array.isArray(items) ? items.map((item: { id: string }) => item.id) : [];

const idsOf = async (house: House, path: string, token: string | undefined) =>
  ids((await house.ask('GET', path, { token })).body['items']);

test('what the file declares is shown as its own and cannot be written', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const headers = { 'if-match': '"1"' };
  const writes: readonly [string, string, JsonValue | undefined][] = [
    ['POST', '/admin/v1/tenants', { id: 'filed' }],
    ['PATCH', '/admin/v1/tenants/filed', { status: 'suspended' }],
    ['DELETE', '/admin/v1/tenants/filed', undefined],
    ['POST', '/admin/v1/tenants/filed/roles', { name: 'analyst', allow: [] }],
    ['PATCH', '/admin/v1/tenants/filed/roles/analyst', { allow: [] }],
    ['DELETE', '/admin/v1/tenants/filed/roles/analyst', undefined],
    ['PATCH', '/admin/v1/bindings/bnd_file-filed-0', { users: [] }],
    ['DELETE', '/admin/v1/bindings/bnd_file-filed-0', undefined],
  ];
  for (const [method, path, body] of writes) {
    const answered = await house.ask(method, path, { token, body, headers });
    assert.equal(answered.status, 409, `${method} ${path}`);
    assert.equal(answered.body['type'], 'urn:llmproxy:problem:managed-by-file');
  }
  for (const path of [
    'tenants/filed',
    'tenants/filed/roles/analyst',
    'bindings/bnd_file-filed-0',
  ]) {
    const { body } = await house.ask('GET', `/admin/v1/${path}`, { token });
    assert.equal(body['managedBy'], 'file', path);
  }
  // The store may still add to what the file declares.
  const added = { name: 'extra', allow: [] };
  const role = await house.ask('POST', '/admin/v1/tenants/filed/roles', { token, body: added });
  assert.equal(role.status, 201);
  assert.equal(role.body['managedBy'], 'store');
  const twice = await house.ask('POST', '/admin/v1/tenants', { token, body: { id: 'acme' } });
  assert.equal(twice.body['type'], 'urn:llmproxy:problem:already-exists');
});

test('a tenant with a live key is not removed, so its keys cannot come back with its name', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  await house.ask('POST', '/admin/v1/tenants', { token, body: { id: 'brief' } });
  const { path } = await made(house, 'brief');
  const headers = { 'if-match': '"1"' };
  const remove = () => house.ask('DELETE', '/admin/v1/tenants/brief', { token, headers });
  assert.equal((await remove()).body['type'], 'urn:llmproxy:problem:not-empty');
  await house.ask('DELETE', path, { token, headers });
  assert.equal((await remove()).status, 204);
});

test('each change is in the outbox with its actor, and a refused one is not', async (t) => {
  const house = await openHouse(t);
  const token = house.token('operator');
  const id = String(token).slice(6, 18);
  const body = { id: 'ann@example.com', tenant: 'acme', name: 'Ann Example' };
  await house.ask('POST', '/admin/v1/users', { token, body });
  const path = '/admin/v1/users/ann%40example.com';
  const headers = { 'if-match': '"1"' };
  await house.ask('PATCH', path, { token, headers, body: { status: 'suspended', name: 'B' } });
  await house.ask('PATCH', path, { token, headers, body: { status: 'active' } });
  await house.ask('POST', '/admin/v1/reload', { token });
  await house.ask('POST', '/admin/v1/tenants', { token, body: { id: 'nope' } });
  const entries = (await house.storage.outbox.pending(100)).filter(({ actor }) => actor !== 'test');
  const seen = entries.map(({ actor, action, resource, tenant }) => ({
    actor,
    action,
    resource,
    tenant,
  }));
  const actor = `admin:${id}`;
  assert.deepEqual(seen, [
    { actor, action: 'user.create', resource: 'user/ann@example.com', tenant: 'acme' },
    { actor, action: 'user.update', resource: 'user/ann@example.com', tenant: 'acme' },
    { actor, action: 'config.reload', resource: 'config', tenant: null },
  ]);
  assert.deepEqual(entries[1]?.diff, {
    status: { before: 'active', after: 'suspended' },
    name: 'changed',
  });
  assert.deepEqual(
    house.acts.map(({ action, status, reason }) => [action, status, reason]),
    [
      ['user.update', 412, 'stale-version'],
      ['tenant.create', 403, 'forbidden'],
    ],
  );
});

test('refused acts of one token are recorded up to a bound, and counted beyond it', async (t) => {
  const house = await openHouse(t);
  const token = house.token('viewer');
  for (let index = 0; index < 30; index += 1)
    await house.ask('POST', '/admin/v1/reload', { token });
  assert.equal(house.acts.length, 10);
  assert.equal(house.refused.length, 20);
});

test('no answer ever holds a stored hash, and a secret stands in one answer alone', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const { path, created } = await made(house);
  const key = textIn(created, 'key');
  const rotated = await house.ask('POST', `${path}/rotate`, {
    token,
    body: { overlap: '0s' },
    headers: { 'if-match': '"1"' },
  });
  const admin = await house.ask('POST', '/admin/v1/admin-tokens', {
    token,
    body: { role: 'viewer' },
  });
  const secrets = [key, textIn(rotated, 'key'), textIn(admin, 'token')];
  await seedObjects(house, 'acme');
  for (const kind of [
    'keys',
    'admin-tokens',
    'users',
    'service-accounts',
    'teams',
    'bindings',
    'tenants',
    'tool-pins',
  ]) {
    const { body } = await house.ask('GET', `/admin/v1/${kind}?limit=200`, { token });
    for (const id of ids(body['items'])) {
      assert.equal((await house.ask('GET', `/admin/v1/${kind}/${id}`, { token })).status, 200);
    }
  }
  for (const path of ['status', 'config', 'models']) {
    await house.ask('GET', `/admin/v1/${path}`, { token });
  }
  const all = house.answers.join('\n');
  const macs = await storedMacs(house);
  assert.ok(macs.length > 8);
  for (const mac of macs) assert.ok(!all.includes(mac));
  for (const secret of secrets) {
    assert.ok(secret.length > 60);
    assert.equal(all.split(secret).length - 1, 1);
    // Nor in what the audit log will say of it.
    const outbox = JSON.stringify(await house.storage.outbox.pending(1_000));
    assert.ok(!outbox.includes(secret.slice(-40)) && !macs.some((mac) => outbox.includes(mac)));
  }
  // A stored hash is no credential.
  for (const mac of macs) assert.equal((await house.ask('GET', KEYS, { token: mac })).status, 401);
});

async function storedMacs({ storage }: House): Promise<string[]> {
  const keys = await storage.keys.list({ limit: 1_000 });
  const tokens = await storage.adminTokens.list({ limit: 1_000 });
  return [
    ...keys.items.flatMap(({ secrets }) => secrets.map(({ macHex }) => macHex)),
    ...tokens.items.map(({ macHex }) => macHex),
  ];
}

test('of exchanges of the one-time token at once, one wins, and then the token is burnt', async (t) => {
  const house = await openHouse(t);
  const token = house.token('one-time');
  assert.equal((await house.ask('GET', KEYS, { token })).status, 200);
  const all = await Promise.all(
    Array.from({ length: 8 }, () => house.ask('POST', '/admin/v1/sessions', { token })),
  );
  const won = all.filter(({ status }) => status === 201);
  assert.equal(won.length, 1);
  assert.ok(all.every(({ status }) => status === 201 || status === 401));
  assert.equal(house.oneTimeUsed, 1);
  assert.equal((await house.ask('GET', KEYS, { token })).status, 401);
  assert.equal((await house.ask('POST', '/admin/v1/sessions', { token })).status, 401);

  const [winner] = won;
  assert.ok(winner !== undefined);
  const session = textIn(winner, 'token');
  assert.equal(textIn(winner, 'expiresAt'), '2026-11-24T00:00:00.000Z');
  assert.equal((await house.ask('GET', KEYS, { token: session })).status, 200);
  // A session cannot renew itself: its end is an end.
  assert.equal((await house.ask('POST', '/admin/v1/sessions', { token: session })).status, 403);
  house.time.nowMs += 12 * 3_600_000;
  assert.equal((await house.ask('GET', KEYS, { token: session })).status, 401);
});

test('the one-time token does not work through a proxy', async (t) => {
  const house = await openHouse(t);
  const token = house.token('one-time');
  for (const name of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) {
    const { status } = await house.ask('GET', KEYS, { token, headers: { [name]: '127.0.0.1' } });
    assert.equal(status, 401, name);
  }
});

test('a token says whose hand it is, also one that a token has made', async (t) => {
  const house = await openHouse(t);
  const path = '/admin/v1/admin-tokens';
  const person = await house.as('person');
  const made = await house.ask('POST', path, { ...person, body: { role: 'platform-admin' } });
  assert.match(textIn(made, 'madeBy'), /^account:acc_/u);
  const token = textIn(made, 'token');
  const below = await house.ask('POST', path, { token, body: { role: 'viewer' } });
  assert.equal(textIn(below, 'madeBy'), textIn(made, 'madeBy'));
});

test('health answers without a credential, and a missing dashboard says how to build it', async (t) => {
  const house = await openHouse(t);
  assert.equal((await house.ask('GET', '/livez')).text, 'ok\n');
  assert.equal((await house.ask('GET', '/readyz')).status, 200);
  assert.equal((await house.ask('GET', '/metrics')).text, 'llmproxy_up 1\n');
  const page = await house.ask('GET', '/');
  assert.equal(page.status, 200);
  assert.match(page.text, /npm run build/u);
  assert.equal((await house.ask('POST', '/')).status, 405);
});

test('numbers by tenant are for who may read usage of the whole gateway', async (t) => {
  const health = { unready: () => null, metrics: (isWhole: boolean) => `whole ${isWhole}\n` };
  const house = await openHouse(t, { health });
  const asked = async (caller: Caller, headers = {}) =>
    (await house.ask('GET', '/metrics', { token: house.token(caller), headers })).text;
  assert.equal(await asked('none'), 'whole false\n');
  for (const caller of ['viewer', 'operator', 'platform-admin'] as const)
    assert.equal(await asked(caller), 'whole true\n', caller);
  for (const caller of ['tenant-admin', 'confined', 'provisioner'] as const)
    assert.equal(await asked(caller), 'whole false\n', caller);
  const wrong = { authorization: 'Bearer llmpa_nobody' };
  assert.equal((await house.ask('GET', '/metrics', { headers: wrong })).status, 401);
});

test('a configuration that is refused says where, and changes nothing', async (t) => {
  const problems = [{ field: 'models.x', problem: 'names no provider' }];
  const house = await openHouse(t, { reload: async () => ({ isApplied: false, problems }) });
  const token = house.token('operator');
  const answered = await house.ask('POST', '/admin/v1/reload', { token });
  assert.equal(answered.status, 422);
  assert.deepEqual(answered.body['errors'], problems);
  const entries = await house.storage.outbox.pending(100);
  assert.ok(!entries.some(({ action }) => action === 'config.reload'));
});

test('a failure of ours is told as one, without its words', async (t) => {
  const logged: string[] = [];
  const house = await openHouse(t, {
    status() {
      throw new Error('a foreign message with a canary');
    },
    log: { write: (_level, event, fields) => void logged.push(event + JSON.stringify(fields)) },
  });
  const answered = await house.ask('GET', '/admin/v1/status', { token: house.token('viewer') });
  assert.equal(answered.status, 500);
  assert.ok(!answered.text.includes('canary'));
  assert.equal(logged.length, 1);
  assert.ok(!logged.join('').includes('canary'));
  assert.match(logged.join(''), /admin-failed.*admin-plane\.test/u);
});

test('the dashboard is served by name, its hashed files for ever, and nothing beside it', async (t) => {
  const webDir = fs.mkdtempSync('/tmp/llmproxy-web-');
  t.after(() => fs.rmSync(webDir, { recursive: true }));
  fs.mkdirSync(join(webDir, 'dist', 'assets'), { recursive: true });
  fs.writeFileSync(join(webDir, 'secret.txt'), 'not for you');
  fs.writeFileSync(join(webDir, 'dist', 'index.html'), '<!doctype html>page');
  fs.writeFileSync(join(webDir, 'dist', 'assets', 'app-abc.js'), 'void 0');
  fs.symlinkSync(join(webDir, 'secret.txt'), join(webDir, 'dist', 'link.txt'));
  const house = await openHouse(t, { site: filesOf(join(webDir, 'dist')) });
  const asset = await house.ask('GET', '/assets/app-abc.js');
  assert.equal(asset.text, 'void 0');
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(asset.headers['content-type'], 'text/javascript; charset=utf-8');
  for (const path of ['/', '/index.html', '/anywhere/else']) {
    const { text, headers } = await house.ask('GET', path);
    assert.equal(text, '<!doctype html>page');
    assert.equal(headers['cache-control'], 'no-cache');
  }
  const paths = ['/link.txt', '/../secret.txt', '/assets/../../secret.txt', '/%2e%2e/secret.txt'];
  for (const path of [...paths, '/assets/..%2fsecret.txt', '/secret.txt', '/constructor.js']) {
    const { status, text } = await house.ask('GET', path);
    assert.ok(status === 404 || status === 400, path);
    assert.ok(!text.includes('not for you'));
  }
});

test('made-up credentials of every shape are refused without a failure', async (t) => {
  const house = await openHouse(t);
  const shapes = [
    "' OR 1=1 --",
    'llmpa_',
    '\t',
    'x'.repeat(9_000),
    'llmpa_aaaaaaaaaaaa_%00',
    '"',
    ';',
  ];
  for (let index = 0; index < 300; index += 1) {
    const shape = shapes[index % shapes.length] ?? '';
    const headers = { authorization: `Bearer ${shape}${index}` };
    assert.equal((await house.ask('GET', KEYS, { headers })).status, 401);
  }
});
