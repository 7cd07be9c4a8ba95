/** UI-04: a session that an attacker chose, kept, or read somewhere opens nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse } from '#admin/admin.contract.ts';
import { SESSION_COOKIE } from '#admin/people/cookies.ts';
import { addPerson, browserHeaders } from '#admin/people/people.contract.ts';
import { newSessionToken, sessionIdOf } from '#admin/people/session-token.ts';

const LOGIN = '/admin/v1/login';
const ME = '/admin/v1/me';

async function scene(t: Parameters<typeof openHouse>[0]) {
  const house = await openHouse(t);
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const person = await addPerson(place);
  const body = { login: person.account.login, password: person.password };
  return { house, person, body };
}

const cookiesOf = (headers: { readonly 'set-cookie'?: string[] | undefined }): readonly string[] =>
  headers['set-cookie'] ?? [];

test('UI-04: signing in gives a new id, whatever the browser brought, and ends what it had', async (t) => {
  const { house, person, body } = await scene(t);
  const planted = newSessionToken();
  const mine = person.session;
  for (const brought of [planted, mine, 'a', 'x'.repeat(43)]) {
    const headers = { cookie: `${SESSION_COOKIE}=${brought}` };
    const answered = await house.ask('POST', LOGIN, { body, headers });
    assert.equal(answered.status, 200, answered.text);
    const [cookie = ''] = cookiesOf(answered.headers);
    assert.ok(!cookie.includes(brought) || brought === 'a');
    const headersOfOld = { cookie: `${SESSION_COOKIE}=${brought}` };
    assert.equal((await house.ask('GET', ME, { headers: headersOfOld })).status, 401);
  }
});

test('UI-04: the cookie is for this host, over TLS or this machine, and for no script', async (t) => {
  const { house, body } = await scene(t);
  const { headers } = await house.ask('POST', LOGIN, { body });
  const cookies = cookiesOf(headers);
  assert.equal(cookies.length, 2);
  for (const cookie of cookies) {
    assert.match(cookie, /^__Host-/u);
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict']) {
      assert.ok(cookie.split('; ').includes(attribute), cookie);
    }
    assert.ok(!/domain=/iu.test(cookie));
  }
});

test('UI-04: what the store holds of a session opens none', async (t) => {
  const { house, person } = await scene(t);
  const stored = sessionIdOf(person.session);
  assert.notEqual(await house.storage.sessions.find(stored), null);
  for (const value of [stored, stored.padEnd(43, '0'), `ses_${stored}`]) {
    const headers = { cookie: `${SESSION_COOKIE}=${value}` };
    assert.equal((await house.ask('GET', ME, { headers })).status, 401);
  }
});

test('UI-04: a session is read from its one cookie: no other name, no query, no header', async (t) => {
  const { house, person } = await scene(t);
  const { session } = person;
  const offers = [
    { cookie: `llmproxy-session=${session}` },
    { cookie: `__host-llmproxy-session=${session}` },
    { cookie: `${SESSION_COOKIE}=${session}; ${SESSION_COOKIE}=${session}` },
    { authorization: `Bearer ${session}` },
    { 'x-session': session },
  ];
  for (const headers of offers) {
    assert.equal((await house.ask('GET', ME, { headers })).status, 401, JSON.stringify(headers));
  }
  assert.equal((await house.ask('GET', `${ME}?session=${session}`)).status, 401);
  // Two credentials are ambiguous, also when each would do.
  const token = house.token('platform-admin');
  const both = { token, headers: browserHeaders(session, house.port) };
  assert.equal((await house.ask('GET', '/admin/v1/keys', both)).status, 400);
});
