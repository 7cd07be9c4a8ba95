/** AUTH-10: client certificates prove callers; those of others, of yesterday, or with two names do not. */
import assert from 'node:assert/strict';
import { hash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type Authority, type Certificate, openAuthority } from '../support/certificates.ts';
import { newProofKey, proofOf } from '../support/proofs.ts';
import { bearer, DEMO, type House, openHouse } from '../support/house.ts';
import {
  AUDIENCE,
  newKey,
  openIssuer,
  type SigningKey,
  type TestIssuer,
  tokenOf,
} from '../support/issuer.ts';

const TENANTS = `guards: []
tenants:
  - { id: bank, bindings: [{ role: developer, users: ["*"] }] }
  - { id: acme, bindings: [] }
  - { id: strict, boundTokens: true, bindings: [{ role: developer, users: ["*"] }] }
`;
const SPIFFE = 'spiffe://bank.example/agent';

let dir: string;
let authority: Authority;
let foreign: Authority;
let issuer: TestIssuer;
let signer: SigningKey;
let house: House;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'llmproxy-mtls-'));
  [authority, foreign] = [openAuthority(), openAuthority()];
  [issuer, signer] = await Promise.all([openIssuer(), newKey('k')]);
  issuer.keys = [signer.jwk];
  const own = authority.issue('DNS:localhost,IP:127.0.0.1');
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  house = await openHouse(`${DEMO}${TENANTS}
server:
  listen: "127.0.0.1:0"
  tls: { cert: ${put('c.pem', own.cert)}, key: ${put('k.pem', own.key)}, clientCa: ${put('ca.pem', authority.cert)}, clientCrl: ${put('crl.pem', authority.revoke())}, clientAuth: optional }
auth:
  failuresPerAddress: 1000/1m
  mtls:
    - { uri: "spiffe://bank.example/*", tenant: bank }
    - { dns: "*.agents.example", tenant: acme, user: false, roles: [viewer] }
  resource: { url: "https://llm.example.com" }
  tokens: { lifetime: 5m }
  dpop: {}
  jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, tenant: bank, allowPrivateAddress: true }]
`);
});
after(async () => {
  await (house as House | undefined)?.close();
  await issuer.close();
  authority.remove();
  foreign.remove();
  rmSync(dir, { recursive: true });
});

/** The status; 0 where there was no connection. Each call has a connection of its own. */
function ask(shown: Certificate | null, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      `${house.url}/v1/models`,
      { agent: false, ca: authority.cert, headers, ...shown },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', () => resolve(0)).end();
  });
}

interface Sent {
  readonly path: string;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

/** A request and its JSON. */
function send(
  shown: Certificate | null,
  { path, form, headers = {} }: Sent,
): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const sent = request(
      house.url + path,
      {
        agent: false,
        ca: authority.cert,
        method: form === undefined ? 'GET' : 'POST',
        headers: { ...(form !== undefined && type), ...headers },
        ...shown,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (more: string) => void (text += more));
        response.on('end', () => {
          const body = JSON.parse(text) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, body });
        });
      },
    );
    sent.on('error', reject).end(form === undefined ? '' : new URLSearchParams(form).toString());
  });
}

async function tokenBy(
  shown: Certificate | null,
  key: string,
  headers: Record<string, string> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const form = {
    grant_type: 'client_credentials',
    client_id: `key_${key.split('_')[2]}`,
    client_secret: key,
  };
  const { status, body } = await send(shown, { path: '/oauth/token', form, headers });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

const claimsIn = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;

/** On the connections that the agent keeps. */
const askBy = (agent: Agent): Promise<number> =>
  new Promise((resolve) => {
    const sent = request(`${house.url}/v1/models`, { agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', () => resolve(0)).end();
  });

const thumbprintOf = ({ cert }: Certificate): string =>
  hash('sha256', new X509Certificate(cert).raw, 'base64url');
const YEAR = { from: '20240101000000Z', to: '20250101000000Z' };

describe('AUTH-10', () => {
  test('AUTH-10: a certificate is its caller; the record says who and how', async () => {
    assert.equal(await ask(authority.issue(`URI:${SPIFFE}`)), 200);
    assert.equal(await ask(authority.issue('DNS:one.agents.example')), 200);
    const done = (await house.records()).filter(({ kind }) => kind === 'complete');
    assert.deepEqual(
      done.map(({ auth, tenant, user }) => [auth, tenant, user]),
      [
        ['mtls', 'bank', SPIFFE],
        ['mtls', 'acme', undefined],
      ],
    );
  });

  test('AUTH-10: nobody without one, with a foreign, an old, an unknown or an ambiguous one', async () => {
    assert.equal(await ask(null), 401);
    assert.equal(await ask(foreign.issue(`URI:${SPIFFE}`)), 401);
    assert.equal(await ask(authority.issue(`URI:${SPIFFE}`, YEAR)), 401);
    assert.equal(await ask(authority.issue('URI:spiffe://evil.example/agent')), 401);
    assert.equal(await ask(authority.issue(`URI:${SPIFFE},URI:spiffe://bank.example/root`)), 401);
    assert.equal(await ask(authority.issue('DNS:agents.example.evil.example')), 401);
  });

  test('AUTH-10: a header that says what a certificate would say is nothing', async () => {
    for (const name of ['x-forwarded-client-cert', 'x-ssl-client-s-dn', 'ssl-client-cert']) {
      assert.equal(await ask(null, { [name]: `URI=${SPIFFE}` }), 401);
    }
  });

  test('AUTH-10: a credential in a header goes before, and a wrong one is not made good', async () => {
    const shown = authority.issue(`URI:${SPIFFE}`);
    assert.equal(await ask(shown, bearer(await house.key({ tenant: 'bank' }))), 200);
    assert.equal(await ask(shown, bearer('llmp_live_wrong')), 401);
  });

  test('AUTH-10: a token that is bound to a certificate works with that one alone (RFC 8705)', async () => {
    const [mine, other] = [authority.issue(`URI:${SPIFFE}`), authority.issue(`URI:${SPIFFE}`)];
    const bound = (cnf: object): Promise<string> =>
      tokenOf(issuer.url, signer, { claims: { cnf } });
    const token = await bound({ 'x5t#S256': thumbprintOf(mine) });
    assert.equal(await ask(mine, bearer(token)), 200);
    for (const shown of [other, null, foreign.issue(`URI:${SPIFFE}`)]) {
      assert.equal(await ask(shown, bearer(token)), 401);
    }
    assert.equal(await ask(mine, bearer(token)), 200, 'and again, from memory');
    for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': thumbprintOf(mine), jkt: 'x' }, {}]) {
      assert.equal(await ask(mine, bearer(await bound(cnf))), 401);
    }
  });

  test('AUTH-10: a token of this gateway is bound to the certificate that it was asked for with', async () => {
    const [mine, other] = [authority.issue(`URI:${SPIFFE}`), authority.issue(`URI:${SPIFFE}`)];
    const key = await house.key({ tenant: 'strict' });
    const given = await tokenBy(mine, key);
    assert.equal(given['token_type'], 'Bearer');
    const token = String(given['access_token']);
    assert.deepEqual(claimsIn(token)['cnf'], { 'x5t#S256': thumbprintOf(mine) });
    assert.equal(await ask(mine, bearer(token)), 200);
    for (const shown of [other, null, foreign.issue(`URI:${SPIFFE}`)]) {
      assert.equal(await ask(shown, bearer(token)), 401);
    }
    assert.equal(await ask(mine, bearer(token)), 200, 'and again, from memory');
    // Of a certificate that counts for nobody, and with none: a bearer's, which this tenant does not take.
    for (const shown of [authority.issue(`URI:${SPIFFE}`, YEAR), null]) {
      const plain = String((await tokenBy(shown, key))['access_token']);
      assert.equal(claimsIn(plain)['cnf'], undefined);
      assert.equal(await ask(mine, bearer(plain)), 401);
    }
    // A proof goes before: one thing is bound to, and the certificate opens nothing then.
    const holder = await newProofKey();
    const url = 'https://llm.example.com/oauth/token';
    const asking = { method: 'POST', url, token: null };
    const proven = await tokenBy(mine, key, { dpop: await proofOf(holder, asking) });
    assert.equal(proven['token_type'], 'DPoP');
    assert.deepEqual(claimsIn(String(proven['access_token']))['cnf'], { jkt: holder.thumbprint });
    assert.equal(await ask(mine, bearer(String(proven['access_token']))), 401);
    for (const name of ['oauth-authorization-server', 'oauth-protected-resource']) {
      const { body } = await send(null, { path: `/.well-known/${name}` });
      assert.equal(body['tls_client_certificate_bound_access_tokens'], true, name);
    }
  });

  test('AUTH-10: a certificate that is revoked is nobody, seconds after the list has it', async () => {
    const [mine, other] = [authority.issue(`URI:${SPIFFE}`), authority.issue(`URI:${SPIFFE}`)];
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert, ...mine });
    assert.deepEqual([await ask(mine), await ask(other), await askBy(agent)], [200, 200, 200]);
    writeFileSync(join(dir, 'crl.pem'), authority.revoke(mine));
    const startMs = performance.now();
    while ((await ask(mine)) !== 401) {
      assert.ok(performance.now() - startMs < 5_000, 'within seconds');
      await delay(100);
    }
    assert.equal(await ask(other), 200);
    assert.equal(await askBy(agent), 401, 'its old connection was closed');
    agent.destroy();
    // What cannot be read is no list: the one of before stays in force.
    writeFileSync(join(dir, 'crl.pem'), 'nonsense');
    await delay(2_500);
    assert.deepEqual([await ask(mine), await ask(other)], [401, 200]);
    assert.match(house.log(), /tls-refused/u);
  });
});
