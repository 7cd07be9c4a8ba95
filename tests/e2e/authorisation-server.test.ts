/**
 * Tokens of a real authorisation server (`oidc-provider`), got with a client library as they are: JWTs
 * by its published keys, opaque ones by asking it, and those that are bound to a key.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';

import { bearer, DEMO, get, type House, openHouse } from '../support/house.ts';
import { type IdentityProvider, openIdentityProvider } from '../support/identity-provider.ts';

const LOCAL = { [oauth.allowInsecureRequests]: true } as const;
const JWT = 'urn:llmproxy:jwt';
const OPAQUE = 'urn:llmproxy:opaque';
const ORIGIN = 'https://llm.example.com';

interface Scene {
  readonly house: House;
  readonly provider: IdentityProvider;
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly token: (resource: string, DPoP?: oauth.DPoPHandle) => Promise<string>;
  readonly models: (headers: Record<string, string>) => Promise<number>;
}

async function scene(run: (scene: Scene) => Promise<void>): Promise<void> {
  const provider = await openIdentityProvider({});
  await provider.register('http://127.0.0.1:1');
  const { clientId, clientSecret } = provider.machine;
  const claims = 'claims: { user: client_id }, tenant: acme, allowPrivateAddress: true';
  const house = await openHouse(
    `${DEMO}guards: []
tenants: [{ id: acme, bindings: [{ role: developer, users: [${clientId}] }] }]
auth:
  resource: { url: "${ORIGIN}" }
  dpop: {}
  jwt: [{ issuer: "${provider.url}", audience: "${JWT}", ${claims} }]
  introspection: [{ endpoint: "${provider.url}/token/introspection", issuer: "${provider.url}", audience: "${OPAQUE}", clientId: ${clientId}, clientSecret: "\${env:CLIENT}", cache: 1s, ${claims} }]
`,
    { CLIENT: clientSecret },
  );
  try {
    const issuer = new URL(provider.url);
    const found = await oauth.discoveryRequest(issuer, LOCAL);
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const client: oauth.Client = { client_id: clientId };
    const auth = oauth.ClientSecretBasic(clientSecret);
    const token: Scene['token'] = async (resource, DPoP) => {
      const form = new URLSearchParams({ resource, scope: 'llm' });
      const options = DPoP === undefined ? LOCAL : { DPoP, ...LOCAL };
      const answer = await oauth.clientCredentialsGrantRequest(server, client, auth, form, options);
      return (await oauth.processClientCredentialsResponse(server, client, answer)).access_token;
    };
    const models: Scene['models'] = async (headers) =>
      (await get(`${house.url}/v1/models`, headers)).status;
    await run({ house, provider, server, client, token, models });
    assert.deepEqual(provider.errors, []);
  } finally {
    await house.close();
    await provider.close();
  }
}

test('a JWT of a real server works by its published keys, and one for somebody else does not', async () => {
  await scene(async ({ house, token, models }) => {
    assert.equal(await models(bearer(await token(JWT))), 200);
    assert.equal(await models(bearer(await token('urn:another:jwt'))), 401);
    const record = (await house.records()).find(({ kind }) => kind === 'complete');
    assert.deepEqual([record?.auth, record?.tenant, record?.user], ['jwt', 'acme', 'service']);
  });
});

test('an opaque token works while its server says so, and not once it was revoked', async () => {
  await scene(async ({ house, provider, server, client, token, models }) => {
    const opaque = await token(OPAQUE);
    assert.doesNotMatch(opaque, /\./u);
    assert.equal(await models(bearer(opaque)), 200);
    assert.equal(await models(bearer(await token('urn:another:opaque'))), 401);
    const auth = oauth.ClientSecretBasic(provider.machine.clientSecret);
    const revoked = await oauth.revocationRequest(server, client, auth, opaque, LOCAL);
    await oauth.processRevocationResponse(revoked);
    await delay(1_100);
    assert.equal(await models(bearer(opaque)), 401);
    const record = (await house.records()).find(({ kind }) => kind === 'complete');
    assert.deepEqual([record?.auth, record?.user], ['introspection', 'service']);
  });
});

test('tokens that a real server has bound to a key need its proof, in both forms', async () => {
  await scene(async ({ house, client, token, models }) => {
    const key = await oauth.generateKeyPair('ES256');
    const DPoP = oauth.DPoP(client, key);
    for (const resource of [JWT, OPAQUE]) {
      const bound = await token(resource, DPoP);
      assert.equal(await models(bearer(bound)), 401, 'without a proof');
      const address = new URL(`${ORIGIN}/v1/models`);
      const options = {
        DPoP,
        // The gateway is behind a proxy that ends TLS: proofs name the address that clients write.
        [oauth.customFetch]: (url: string, init: object) =>
          fetch(url.replace(ORIGIN, house.url), init),
      };
      const listed = await oauth.protectedResourceRequest(
        bound,
        'GET',
        address,
        new Headers(),
        null,
        options,
      );
      assert.equal(listed.status, 200, resource);
    }
  });
});
