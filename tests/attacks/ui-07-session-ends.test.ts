/** UI-07: a session ends in time, and at once where it must; the cookie is worth nothing after that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seed } from '#admin/admin-seeds.contract.ts';
import { type House, openHouse, testConfig } from '#admin/admin.contract.ts';
import { addPerson, browserHeaders, newPassword } from '#admin/people/people.contract.ts';

const ME = '/admin/v1/me';
const MINUTE_MS = 60_000;

const personIn = (house: House, wanted: Parameters<typeof addPerson>[1] = {}) =>
  addPerson({ storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs }, wanted);

test('UI-07: idle for half an hour, it is over; used, it lasts twelve hours and no longer', async (t) => {
  const house = await openHouse(t);
  const idle = await personIn(house);
  const busy = await personIn(house);
  const startMs = house.time.nowMs;
  house.time.nowMs = startMs + 29 * MINUTE_MS;
  assert.equal((await house.ask('GET', ME, { session: busy.session })).status, 200);
  house.time.nowMs = startMs + 30 * MINUTE_MS;
  const over = await house.ask('GET', ME, { session: idle.session });
  assert.equal(over.status, 401);
  // The browser is told to forget it.
  assert.match(String(over.headers['set-cookie']), /^__Host-llmproxy-session=;.*Max-Age=0$/u);
  for (let minutes = 30; minutes < 12 * 60; minutes += 20) {
    house.time.nowMs = startMs + minutes * MINUTE_MS;
    assert.equal((await house.ask('GET', ME, { session: busy.session })).status, 200);
  }
  house.time.nowMs = startMs + 12 * 60 * MINUTE_MS;
  assert.equal((await house.ask('GET', ME, { session: busy.session })).status, 401);
  assert.deepEqual(
    house.acts.map(({ reason }) => reason),
    ['session-idle', 'session-over'],
  );
});

test('UI-07: a page that reads by itself before an empty chair keeps no session alive', async (t) => {
  const house = await openHouse(t);
  const { session } = await personIn(house);
  const headers = { 'x-llmproxy-background': '1' };
  for (let minutes = 10; minutes <= 30; minutes += 10) {
    house.time.nowMs += 10 * MINUTE_MS;
    const { status } = await house.ask('GET', ME, { session, headers });
    assert.equal(status, minutes < 30 ? 200 : 401);
  }
});

test('UI-07: a refused request does not keep a session alive', async (t) => {
  const house = await openHouse(t);
  const { session } = await personIn(house);
  const { 'x-csrf-token': _none, ...headers } = browserHeaders(session, house.port);
  for (let minutes = 0; minutes < 30; minutes += 10) {
    house.time.nowMs += 10 * MINUTE_MS;
    const { status } = await house.ask('POST', '/admin/v1/reload', { headers });
    assert.equal(status, minutes < 20 ? 403 : 401);
  }
});

test('UI-07: signed out, ended by somebody, disabled, removed, suspended: 401 from the next request on', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const ends: readonly ((person: Awaited<ReturnType<typeof personIn>>) => Promise<unknown>)[] = [
    ({ session }) => house.ask('POST', `${ME}/logout`, { session }),
    ({ session, sessionId }) => house.ask('DELETE', `${ME}/sessions/ses_${sessionId}`, { session }),
    ({ sessionId }) => house.ask('DELETE', `/admin/v1/sessions/ses_${sessionId}`, { token }),
    // Changed in the store by another process: nothing of a session is remembered here.
    ({ account }) =>
      seed(house.storage, (tx) => tx.accounts.update({ ...account, status: 'disabled' })),
    ({ account }) => seed(house.storage, (tx) => tx.accounts.remove(account.id, account.version)),
    () =>
      seed(house.storage, async (tx) => {
        const tenant = await tx.tenants.find('acme');
        assert.ok(tenant !== null);
        return await tx.tenants.update({ ...tenant, status: 'suspended' });
      }),
  ];
  for (const end of ends) {
    const person = await personIn(house, { tenant: 'acme' });
    const { session } = person;
    assert.equal((await house.ask('GET', ME, { session })).status, 200);
    await end(person);
    assert.equal((await house.ask('GET', ME, { session })).status, 401, String(end));
  }
});

test('UI-07: a session of a provider ends when what its role came from is configured otherwise', async (t) => {
  const house = await openHouse(t);
  const { session, sessionId } = await personIn(house);
  await seed(house.storage, async (tx) => {
    const record = await tx.sessions.find(sessionId);
    assert.ok(record !== null);
    const issued = {
      account: null,
      owner: 'oidc/ann',
      settings: 'of before',
      proof: 'oidc',
    } as const;
    return await tx.sessions.update({ ...record, ...issued });
  });
  assert.equal((await house.ask('GET', ME, { session })).status, 401);
});

/** Somebody with the password signs in just after the open sessions were read, to be ended. */
function signInBetween(house: House, { account, password }: Awaited<ReturnType<typeof personIn>>) {
  const { people } = house.storage;
  const sessionsOf = people.sessionsOf.bind(people);
  const found = { session: '' };
  Object.assign(people, {
    sessionsOf: async (owner: string) => {
      const open = await sessionsOf(owner);
      Object.assign(people, { sessionsOf });
      found.session = await signIn(house, { login: account.login, password });
      return open;
    },
  });
  return found;
}

async function signIn(house: House, body: { readonly login: string; readonly password: string }) {
  const { status, text, headers } = await house.ask('POST', '/admin/v1/login', { body });
  assert.equal(status, 200, text);
  const [, session = ''] =
    /__Host-llmproxy-session=([^;]+)/u.exec(String(headers['set-cookie'])) ?? [];
  return session;
}

test('UI-07: no session of the old password outlives a new one, or a reset, that it was opened beside', async (t) => {
  const house = await openHouse(t);
  const own = await personIn(house);
  const thief = signInBetween(house, own);
  const body = { current: own.password, password: newPassword() };
  const changed = await house.ask('POST', `${ME}/password`, { session: own.session, body });
  assert.equal(changed.status, 200, changed.text);
  assert.equal((await house.ask('GET', ME, thief)).status, 401);

  const reset = await personIn(house);
  const other = signInBetween(house, reset);
  const token = house.token('platform-admin');
  const path = `/admin/v1/accounts/acc_${reset.account.id}`;
  const { headers } = await house.ask('GET', path, { token });
  const asked = { token, body: {}, headers: { 'if-match': String(headers.etag) } };
  assert.equal((await house.ask('POST', `${path}/reset`, asked)).status, 200);
  assert.equal((await house.ask('GET', ME, other)).status, 401);
});

test('UI-07: a session that never showed the second factor does not become whole when another one sets it up', async (t) => {
  const required = { listen: '127.0.0.1:0', accounts: { secondFactor: 'required' } };
  const config = testConfig({ admin: required });
  const house = await openHouse(t, { config: () => config });
  const person = await personIn(house);
  const { account, password, session } = person;
  const before = await signIn(house, { login: account.login, password });
  const beside = signInBetween(house, person);
  assert.equal((await house.ask('GET', '/admin/v1/keys', { session: before })).status, 403);
  const body = { code: person.code(house.time.nowMs) };
  const set = await house.ask('POST', `${ME}/totp/confirm`, { session, body });
  assert.equal(set.status, 200, set.text);
  assert.equal((await house.ask('GET', '/admin/v1/keys', { session: before })).status, 401);
  assert.equal((await house.ask('GET', '/admin/v1/keys', beside)).status, 401);
  assert.equal((await house.ask('GET', '/admin/v1/keys', { session })).status, 200);
});
