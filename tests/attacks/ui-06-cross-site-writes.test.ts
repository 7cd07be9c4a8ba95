/** UI-06: a page of another site cannot act with the session of whoever looks at it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seedObjects } from '#admin/admin-seeds.contract.ts';
import { openHouse } from '#admin/admin.contract.ts';
import { addPerson, browserHeaders } from '#admin/people/people.contract.ts';
import { adminRoutes } from '#admin/routes.ts';

test('UI-06: every route that changes something wants Origin, Sec-Fetch-Site and the token of the session', async (t) => {
  const house = await openHouse(t);
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const person = await addPerson(place);
  const other = await addPerson(place);
  const own = browserHeaders(person.session, house.port);
  const { origin: _origin, ...noOrigin } = own;
  const { 'x-csrf-token': _csrf, ...noToken } = own;
  const foreign = browserHeaders(other.session, house.port)['x-csrf-token'] ?? '';
  const attacks: readonly (readonly [string, Record<string, string>])[] = [
    ['cross-site', noOrigin],
    ['cross-site', { ...own, origin: 'https://evil.example' }],
    ['cross-site', { ...own, origin: 'null' }],
    ['cross-site', { ...own, origin: `http://127.0.0.1:${house.port + 1}` }],
    ['cross-site', { ...own, origin: `http://localhost:${house.port}` }],
    ['cross-site', { ...own, 'sec-fetch-site': 'cross-site' }],
    ['cross-site', { ...own, 'sec-fetch-site': 'same-site' }],
    ['cross-site', { ...own, 'sec-fetch-site': 'none' }],
    ['csrf', noToken],
    ['csrf', { ...own, 'x-csrf-token': '' }],
    ['csrf', { ...own, 'x-csrf-token': person.session }],
    // Of a session that the attacker has: it is bound to that one.
    ['csrf', { ...own, 'x-csrf-token': foreign }],
  ];
  const objects = await seedObjects(house, 'acme');
  const before = (await house.storage.outbox.pending(10_000)).length;
  let asked = 0;
  for (const route of adminRoutes.filter(({ method }) => method !== 'GET')) {
    const [kind = ''] = route.path.replace('/admin/v1/', '').split('/');
    const path = route.path
      .replace('{tenant}', 'acme')
      .replace('{section}', 'limits')
      .replace('{name}', objects['roles'] ?? '')
      .replace('{id}', objects[kind] ?? 'x');
    for (const [reason, headers] of attacks) {
      const body = route.method === 'DELETE' ? undefined : {};
      const answered = await house.ask(route.method, path, { headers, body });
      assert.equal(answered.status, 403, `${route.method} ${path} ${JSON.stringify(headers)}`);
      assert.equal(answered.body['type'], `urn:llmproxy:problem:${reason}`);
      asked += 1;
    }
  }
  assert.ok(asked > 300);
  assert.equal((await house.storage.outbox.pending(10_000)).length, before);
  // The same session, from its own page.
  const fine = await house.ask('POST', '/admin/v1/reload', { headers: own });
  assert.equal(fine.status, 200, fine.text);
});

test('UI-06: a read with the cookie from another site is refused, and no answer lets one read', async (t) => {
  const house = await openHouse(t);
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const { session } = await addPerson(place);
  for (const site of ['cross-site', 'same-site']) {
    const headers = { ...browserHeaders(session, house.port), 'sec-fetch-site': site };
    const { status, headers: sent } = await house.ask('GET', '/admin/v1/me', { headers });
    assert.equal(status, 403);
    assert.equal(sent['access-control-allow-origin'], undefined);
    assert.equal(sent['access-control-allow-credentials'], undefined);
  }
});

test('UI-06: nobody is signed in as somebody else by a page of another site', async (t) => {
  const house = await openHouse(t);
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const attacker = await addPerson(place);
  const body = { login: attacker.account.login, password: attacker.password };
  for (const headers of [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
  ]) {
    const { status, headers: sent } = await house.ask('POST', '/admin/v1/login', { body, headers });
    assert.ok(status === 403 || status === 415, String(status));
    assert.equal(sent['set-cookie'], undefined);
  }
});
