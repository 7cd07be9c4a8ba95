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
