/**
 * ADM-09: a request whose body is kept back until its credential is taken away. Who was shut out while
 * the body came makes, changes and provisions nothing, by the admin API or by SCIM.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';

import { type House, openHouse } from '#admin/admin.contract.ts';
import { addPerson, browserHeaders } from '#admin/people/people.contract.ts';

const TOKENS = '/admin/v1/admin-tokens';
const PLATFORM = JSON.stringify({ role: 'platform-admin' });
const EVE = JSON.stringify({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: 'eve@example.com',
});

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const idOf = (token: string): string => `adm_${token.split('_')[1] ?? ''}`;

interface Held {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Resolves when the credential was proven and the body is awaited; then the body can be sent. */
async function held({ port }: House, { path, headers, body }: Held) {
  const length = { 'content-length': String(Buffer.byteLength(body)), expect: '100-continue' };
  const type = { 'content-type': 'application/json' };
  const asking = http.request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path,
    headers: { ...type, ...headers, ...length },
  });
  asking.flushHeaders();
  await once(asking, 'continue');
  return async (): Promise<number> => {
    const answered = once(asking, 'response');
    asking.end(body);
    const [response] = (await answered) as [http.IncomingMessage];
    response.resume();
    return response.statusCode ?? 0;
  };
}

async function writeAs(house: House, method: 'PATCH' | 'DELETE', path: string, body?: unknown) {
  const token = house.token('platform-admin');
  const { headers } = await house.ask('GET', path, { token });
  const match = { 'if-match': String(headers['etag']) };
  const done = await house.ask(method, path, { token, body, headers: match });
  assert.equal(done.status, 200, done.text);
}

test('ADM-09: a token that is revoked while its body comes makes no other token', async (t) => {
  const house = await openHouse(t);
  const stolen = await house.addToken({ role: 'platform-admin' });
  const send = await held(house, { path: TOKENS, headers: bearer(stolen), body: PLATFORM });
  await writeAs(house, 'DELETE', `${TOKENS}/${idOf(stolen)}`);
  const before = (await house.storage.adminTokens.list({ limit: 100 })).items.length;
  assert.equal(await send(), 401);
  const after = await house.storage.adminTokens.list({ limit: 100 });
  assert.equal(after.items.length, before);
  // Whose credential is good waits as long, and is served.
  const good = await house.addToken({ role: 'platform-admin' });
  const go = await held(house, { path: TOKENS, headers: bearer(good), body: PLATFORM });
  assert.equal(await go(), 201);
});

test('ADM-09: nor does a session of an account that is disabled while its body comes', async (t) => {
  const house = await openHouse(t);
  const { storage, peppers, time, port } = house;
  const person = await addPerson({ storage, peppers, nowMs: time.nowMs });
  const headers = browserHeaders(person.session, port);
  const send = await held(house, { path: TOKENS, headers, body: PLATFORM });
  const disabled = { status: 'disabled' };
  await writeAs(house, 'PATCH', `/admin/v1/accounts/acc_${person.account.id}`, disabled);
  assert.equal(await send(), 401);
});

test('ADM-09: a SCIM token that is revoked while its body comes provisions nobody', async (t) => {
  const house = await openHouse(t);
  const stolen = await house.addToken({ role: 'provisioner', tenant: 'acme' });
  const headers = { ...bearer(stolen), 'content-type': 'application/scim+json' };
  const send = await held(house, { path: '/scim/v2/Users', headers, body: EVE });
  await writeAs(house, 'DELETE', `${TOKENS}/${idOf(stolen)}`);
  assert.equal(await send(), 401);
  const token = house.token('platform-admin');
  const users = await house.ask('GET', '/admin/v1/users?tenant=acme', { token });
  assert.deepEqual(users.body['items'], []);
});
