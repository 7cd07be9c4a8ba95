/** Tokens of this gateway, end to end with a client library of OAuth 2.0: given, used, ended, refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { BASE, bearer, DEMO, get, type House, openHouse } from '../support/house.ts';

const LOCAL = { [oauth.allowInsecureRequests]: true } as const;

/** The address of a gateway is written in its configuration, so a free port is looked for first. */
async function openIssuing(more = ''): Promise<House> {
  const probe = await openHouse(`${DEMO}${BASE}guards: []`);
  const { port } = new URL(probe.url);
  await probe.close();
  return await openHouse(`${DEMO}${BASE}guards: []
server: { listen: "127.0.0.1:${port}" }
auth:
  failuresPerAddress: 30/1h
  resource: { url: "http://127.0.0.1:${port}" }
  tokens: { lifetime: 1m }
${more}`);
}

const idOf = (key: string): string => `key_${key.split('_')[2]}`;

async function granted(house: House, key: string, auth: typeof oauth.ClientSecretBasic) {
  const issuer = new URL(house.url);
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...LOCAL });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const client = { client_id: idOf(key) };
  const answer = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    auth(key),
    new URLSearchParams(),
    LOCAL,
  );
  return await oauth.processClientCredentialsResponse(server, client, answer);
}

const models = async (house: House, token: string): Promise<number> =>
  (await get(`${house.url}/v1/models`, bearer(token))).status;

const ask = (house: House, form: string | Record<string, string>, headers: object = {}) =>
  fetch(`${house.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });

test('a library finds the server, gets a token for a key and uses it; ending the key ends it', async () => {
  const house = await openIssuing();
  try {
    const key = await house.key();
    for (const auth of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
      const {
        access_token: token,
        token_type: type,
        expires_in: life,
      } = await granted(house, key, auth);
      assert.deepEqual([type, life], ['bearer', 60]);
      assert.equal(await models(house, token), 200);
      assert.equal(await models(house, token), 200, 'and again, from memory');
      const last = token.at(-10) === 'A' ? 'B' : 'A';
      assert.equal(await models(house, token.slice(0, -10) + last + token.slice(-9)), 401);
    }
    const { access_token: token } = await granted(house, key, oauth.ClientSecretBasic);
    const records = await house.records();
    const issued = records.filter(({ action }) => action === 'token.issue');
    assert.deepEqual([...new Set(issued.map(({ resource }) => resource))], [`key/${idOf(key)}`]);
    const used = records.find(({ kind }) => kind === 'complete');
    assert.deepEqual([used?.tenant, used?.user], ['acme', 'alice']);
    const told = JSON.stringify(records) + house.log();
    assert.ok(!told.includes(token.slice(-40)) && !told.includes(key.slice(-20)));
    await house.revoke(key);
    assert.equal(await models(house, token), 401, 'a token is a stand-in of its key');
  } finally {
    await house.close();
  }
});

test('other clients can verify it: RFC 9068, by the published keys', async () => {
  const house = await openIssuing();
  try {
    const { access_token: token } = await granted(
      house,
      await house.key(),
      oauth.ClientSecretBasic,
    );
    const { createRemoteJWKSet, jwtVerify } = await import('jose');
    const keys = createRemoteJWKSet(new URL(`${house.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: house.url,
      audience: house.url,
      typ: 'at+jwt',
    });
    assert.equal(protectedHeader.alg, 'EdDSA');
    assert.match(String(payload.sub), /^key_\w{12}$/u);
    const { text } = await get(`${house.url}/.well-known/jwks.json`);
    assert.ok(!text.includes('"d"'), 'private parts are not published');
  } finally {
    await house.close();
  }
});

test('wrong clients, forms and wishes get the errors of RFC 6749, and no token', async () => {
  const house = await openIssuing();
  try {
    const [key, other] = [await house.key(), await house.key()];
    const grant = { grant_type: 'client_credentials' };
    const own = { ...grant, client_id: idOf(key), client_secret: key };
    const basic = (id: string, secret: string) => ({
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    });
    const cases: readonly (readonly [number, string, Response])[] = [
      [401, 'invalid_client', await ask(house, grant)],
      [401, 'invalid_client', await ask(house, { ...own, client_secret: other })],
      [401, 'invalid_client', await ask(house, { ...own, client_id: idOf(other) })],
      [401, 'invalid_client', await ask(house, { ...own, client_secret: 'wrong' })],
      [401, 'invalid_client', await ask(house, own, basic(idOf(key), key))],
      [401, 'invalid_client', await ask(house, grant, basic('', key))],
      [401, 'invalid_client', await ask(house, grant, bearer(key))],
      [400, 'unsupported_grant_type', await ask(house, { ...own, grant_type: 'password' })],
      [400, 'invalid_scope', await ask(house, { ...own, scope: 'admin' })],
      [
        400,
        'invalid_request',
        await ask(house, `${new URLSearchParams(own).toString()}&client_id=x`),
      ],
      [400, 'invalid_request', await ask(house, own, { 'content-type': 'application/json' })],
      [400, 'invalid_request', await ask(house, { ...own, more: 'x'.repeat(9_000) })],
    ];
    for (const [status, error, response] of cases) {
      const body = (await response.json()) as Record<string, unknown>;
      assert.deepEqual([response.status, body['error']], [status, error]);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.equal(body['access_token'], undefined);
      assert.ok(!JSON.stringify(body).includes(key.slice(-20)));
    }
    await house.revoke(key);
    assert.equal((await ask(house, own)).status, 401);
    for (let index = 0; index < 40; index += 1) await ask(house, { ...own, client_secret: 'no' });
    const slow = await ask(house, own);
    assert.deepEqual([slow.status, slow.headers.get('retry-after') !== null], [429, true]);
  } finally {
    await house.close();
  }
});

test('asking for tokens counts as a request of the key', async () => {
  const limits = 'limits: [{ name: few, per: [key], requests: 3/1h }]\n';
  const house = await openIssuing(limits);
  try {
    const key = await house.key();
    const form = { grant_type: 'client_credentials', client_id: idOf(key), client_secret: key };
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await ask(house, form)).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.equal((await get(`${house.url}/v1/models`, bearer(key))).status, 429);
    assert.equal(house.running.world.limitStore.openCount, 0);
  } finally {
    await house.close();
  }
});

test('where the log takes no record no token is given, and nothing stays held', async () => {
  const house = await openIssuing('limits: [{ name: some, per: [key], requests: 30/1h }]\n');
  try {
    const key = await house.key();
    const { world } = house.running;
    const append = world.audit.append.bind(world.audit);
    Object.defineProperty(world.audit, 'append', {
      value: (draft: Parameters<typeof append>[0]) =>
        draft.action === 'token.issue' ? Promise.reject(new Error('a disk')) : append(draft),
    });
    const form = { grant_type: 'client_credentials', client_id: idOf(key), client_secret: key };
    assert.equal((await ask(house, form)).status, 503);
    assert.equal(world.limitStore.openCount, 0);
  } finally {
    await house.close();
  }
});

test('a gateway that was not told to gives no tokens and publishes no keys', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const key = await house.key();
    const form = { grant_type: 'client_credentials', client_id: idOf(key), client_secret: key };
    assert.equal((await ask(house, form)).status, 400);
    assert.equal((await get(`${house.url}/.well-known/jwks.json`)).status, 404);
    assert.equal((await get(`${house.url}/.well-known/oauth-authorization-server`)).status, 404);
  } finally {
    await house.close();
  }
});

test('a library gets a token that is bound to its key, and proves it with each request', async () => {
  const house = await openIssuing('  dpop: {}\n');
  try {
    const key = await house.key();
    const issuer = new URL(house.url);
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...LOCAL });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    assert.ok(server.dpop_signing_alg_values_supported?.includes('ES256') === true);
    const client: oauth.Client = { client_id: idOf(key) };
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const answer = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(key),
      new URLSearchParams(),
      { DPoP, ...LOCAL },
    );
    const granted = await oauth.processClientCredentialsResponse(server, client, answer);
    assert.equal(granted.token_type, 'dpop');
    const { access_token: token } = granted;
    const address = new URL(`${house.url}/v1/models`);
    const none = new Headers();
    for (let index = 0; index < 3; index += 1) {
      const options = { DPoP, ...LOCAL };
      const listed = await oauth.protectedResourceRequest(
        token,
        'GET',
        address,
        none,
        null,
        options,
      );
      assert.equal(listed.status, 200, await listed.text());
    }
    assert.equal(await models(house, token), 401, 'a thief has the token and not the key');
    const thief = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const stolen = oauth.protectedResourceRequest(token, 'GET', address, none, null, {
      DPoP: thief,
      ...LOCAL,
    });
    await assert.rejects(stolen, /WWW-Authenticate/u);
    const refused = await ask(
      house,
      { grant_type: 'client_credentials', client_id: idOf(key), client_secret: key },
      { dpop: 'x.y.z' },
    );
    assert.equal(refused.status, 400);
    assert.equal(((await refused.json()) as { error: string }).error, 'invalid_dpop_proof');
  } finally {
    await house.close();
  }
});
