/**
 * JWT-12: a token that is bound to a key is worth nothing without a fresh proof of that key for that
 * very request; a proof is worth something once, in this process and after a reload.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openAdmin } from '../support/admin.ts';
import { bearer, DEMO, get, type House, openHouse } from '../support/house.ts';
import {
  AUDIENCE,
  newKey,
  openIssuer,
  type SigningKey,
  type TestIssuer,
  tokenOf,
} from '../support/issuer.ts';
import { newProofKey, type ProofChanges, type ProofKey, proofOf } from '../support/proofs.ts';

const ORIGIN = 'https://llm.example.com';
const MODELS = `${ORIGIN}/v1/models`;

interface Scene {
  readonly house: House;
  readonly issuer: TestIssuer;
  readonly signing: SigningKey;
  readonly yaml: string;
  readonly holder: ProofKey;
  /** Bound to the holder's key. */
  readonly token: string;
  readonly ask: (headers: Record<string, string>, path?: string) => Promise<number>;
  readonly prove: (changes?: ProofChanges, url?: string, key?: ProofKey) => Promise<string>;
}

const TENANTS = `
tenants:
  - { id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
  - { id: strict, boundTokens: true, bindings: [{ role: developer, users: ["*"] }] }
`;

async function scene(run: (scene: Scene) => Promise<void>, dpop = 'dpop: {}'): Promise<void> {
  const [issuer, signing, holder] = await Promise.all([openIssuer(), newKey('k'), newProofKey()]);
  issuer.keys = [signing.jwk];
  const yaml = `${DEMO}${TENANTS}guards: []
auth:
  failuresPerAddress: 100000/1m
  resource: { url: "${ORIGIN}" }
  ${dpop}
  jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, claims: { tenant: org }, tenants: [acme, strict, stored], allowPrivateAddress: true }]
`;
  const house = await openHouse(yaml);
  try {
    const claims = { org: 'acme', cnf: { jkt: holder.thumbprint } };
    const token = await tokenOf(issuer.url, signing, { claims });
    const ask: Scene['ask'] = async (headers, path = '/v1/models') =>
      (await get(house.url + path, headers)).status;
    const prove: Scene['prove'] = (changes = {}, url = MODELS, key = holder) =>
      proofOf(key, { method: 'GET', url, token }, changes);
    await run({ house, issuer, signing, yaml, holder, token, ask, prove });
  } finally {
    await house.close();
    await issuer.close();
  }
}

const dpop = (token: string, proof: string): Record<string, string> => ({
  authorization: `DPoP ${token}`,
  dpop: proof,
});

test('JWT-12: with a proof the token works, once a proof, also after a reload', async () => {
  await scene(async ({ house, yaml, token, ask, prove }) => {
    const first = await prove();
    assert.equal(await ask(dpop(token, first)), 200);
    assert.equal(await ask(dpop(token, first)), 401);
    assert.equal(await ask(dpop(token, await prove())), 200);
    const applied = await house.apply(yaml.replace('dpop: {}', 'dpop: { ageMax: 5m }'));
    assert.deepEqual(applied.problems, []);
    assert.equal(await ask(dpop(token, first)), 401);
    const many = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const proof = await prove();
        return await Promise.all([ask(dpop(token, proof)), ask(dpop(token, proof))]);
      }),
    );
    for (const pair of many) assert.deepEqual(new Set(pair), new Set([200, 401]));
    const records = JSON.stringify(await house.records());
    assert.match(records, /credential-rejected: replayed/u);
    // The address is that of the request, with what follows it, and nothing of its query.
    assert.equal(
      await ask(dpop(token, await prove({}, `${ORIGIN}/v1/models/demo`)), '/v1/models/demo'),
      200,
    );
    assert.equal(await ask(dpop(token, await prove({}, `${MODELS}?x=1#y`)), '/v1/models?x=1'), 200);
  });
});

test('JWT-12: a proof of another key, request, token or time is none', async () => {
  await scene(async ({ token, ask, prove, holder }) => {
    const [thief, rsa] = await Promise.all([newProofKey(), newProofKey('RS256')]);
    const nowS = Math.floor(Date.now() / 1_000);
    const changed: readonly (readonly [what: string, proof: Promise<string>])[] = [
      ['another key', prove({}, MODELS, thief)],
      ['another key of another kind', prove({}, MODELS, rsa)],
      ['the key shown, signed by another', prove({ signer: thief.privateKey })],
      ['another method', prove({ claims: { htm: 'POST' } })],
      ['another path', prove({}, `${ORIGIN}/v1/chat/completions`)],
      ['another path of one prefix', prove({}, `${ORIGIN}/openai/v1/models`)],
      ['another host', prove({}, 'https://evil.example/v1/models')],
      ['another scheme', prove({}, 'http://llm.example.com/v1/models')],
      ['a name in the address', prove({}, 'https://llm.example.com@evil.example/v1/models')],
      ['another token', prove({ claims: { ath: 'x'.repeat(43) } })],
      ['no token', prove({ claims: { ath: undefined } })],
      ['no id', prove({ claims: { jti: undefined } })],
      ['an endless id', prove({ claims: { jti: 'x'.repeat(300) } })],
      ['yesterday', prove({ claims: { iat: nowS - 86_400 } })],
      ['two minutes ago', prove({ claims: { iat: nowS - 120 } })],
      ['tomorrow', prove({ claims: { iat: nowS + 86_400 } })],
      ['no time', prove({ claims: { iat: undefined } })],
      ['another type', prove({ header: { typ: 'JWT' } })],
      ['a critical extension', prove({ header: { crit: ['x'], x: 1 } }).catch(() => 'e.e.e')],
      ['a private key', prove({ header: { jwk: { ...holder.jwk, d: 'AAAA' } } })],
      ['no key', prove({ header: { jwk: undefined } })],
      ['an address of a key', prove({ header: { jwk: undefined, jku: 'https://evil.example' } })],
      ['the token itself', Promise.resolve(token)],
      ['nothing', Promise.resolve('')],
      ['alg none', prove().then((proof) => `${unsigned(proof)}.`)],
      ['alg none and a signature', prove().then((proof) => `${unsigned(proof)}.AAAA`)],
    ];
    for (const [what, proof] of changed) {
      assert.equal(await ask(dpop(token, await proof)), 401, what);
    }
    assert.equal(await ask(dpop(token, await prove())), 200);
  });
});

/** The same claims under a header that says that nobody has signed them. */
function unsigned(proof: string): string {
  const [header = '', claims = ''] = proof.split('.');
  const read = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
  const none = Buffer.from(JSON.stringify({ ...read, alg: 'none' })).toString('base64url');
  return `${none}.${claims}`;
}

test('JWT-12: a bound token is no bearer token, and a bearer token needs no proof and takes none', async () => {
  await scene(async ({ house, issuer, signing, token, ask, prove }) => {
    assert.equal(await ask(bearer(token)), 401, 'as a bearer token');
    assert.equal(await ask({ ...bearer(token), dpop: await prove() }), 401, 'under another scheme');
    assert.equal(await ask({ 'x-api-key': token, dpop: await prove() }), 401, 'in another header');
    assert.equal(await ask({ authorization: `DPoP ${token}` }), 401, 'without its proof');
    const twice = [
      ['authorization', `DPoP ${token}`],
      ['dpop', await prove()],
      ['dpop', await prove()],
    ];
    assert.equal(
      await ask(twice as unknown as Record<string, string>),
      401,
      'with two, joined by fetch',
    );
    const plain = await tokenOf(issuer.url, signing, { claims: { org: 'acme' } });
    assert.equal(await ask(bearer(plain)), 200);
    const { holder } = { holder: await newProofKey() };
    const request = { method: 'GET', url: MODELS, token: plain };
    assert.equal(await ask(dpop(plain, await proofOf(holder, request))), 401);
    const key = await house.key();
    assert.equal(await ask(dpop(key, await proofOf(holder, { ...request, token: key }))), 401);
    for (const cnf of [{ jkt: 7 }, { jwk: {} }, { jkt: 'a', 'x5t#S256': 'b' }, {}, 'x']) {
      const odd = await tokenOf(issuer.url, signing, { claims: { org: 'acme', cnf } });
      assert.equal(await ask(bearer(odd)), 401, JSON.stringify(cnf));
    }
  });
});

test('JWT-12: a tenant can ask for bound tokens, and then others are worth nothing', async () => {
  await scene(async ({ issuer, signing, holder, ask }) => {
    const plain = await tokenOf(issuer.url, signing, { claims: { org: 'strict' } });
    assert.equal(await ask(bearer(plain)), 401);
    const cnf = { jkt: holder.thumbprint };
    const bound = await tokenOf(issuer.url, signing, { claims: { org: 'strict', cnf } });
    const proof = await proofOf(holder, { method: 'GET', url: MODELS, token: bound });
    assert.equal(await ask(dpop(bound, proof)), 200);
  });
});

test('JWT-12: a tenant of the store can ask for them too, and take it back; the file has the last word', async () => {
  await scene(async ({ house, yaml, issuer, signing, holder, ask }) => {
    const admin = await openAdmin(house);
    const made = await admin.done('POST', 'tenants', { id: 'stored', boundTokens: true });
    assert.equal(made.body['boundTokens'], true);
    const role = { tenant: 'stored', role: 'developer', users: ['*'], keys: ['*'] };
    await admin.done('POST', 'bindings', role);
    const plain = await tokenOf(issuer.url, signing, { claims: { org: 'stored' } });
    const cnf = { jkt: holder.thumbprint };
    const bound = await tokenOf(issuer.url, signing, { claims: { org: 'stored', cnf } });
    const proven = async (): Promise<number> => {
      const proof = await proofOf(holder, { method: 'GET', url: MODELS, token: bound });
      return await ask(dpop(bound, proof));
    };
    assert.deepEqual([await ask(bearer(plain)), await proven()], [401, 200]);
    const key = await house.key({ tenant: 'stored' });
    assert.equal(await ask(bearer(key)), 200, 'keys do as before');
    const next = await admin.done('PATCH', 'tenants/stored', { boundTokens: false }, made.etag);
    assert.deepEqual([await ask(bearer(plain)), await proven()], [200, 200]);
    await admin.done('PATCH', 'tenants/stored', { boundTokens: true }, next.etag);
    assert.equal(await ask(bearer(plain)), 401, 'also one that was taken before');
    const changes = (await house.records()).filter(({ action }) => action === 'tenant.update');
    assert.deepEqual(changes[0]?.diff, { boundTokens: { before: true, after: false } });
    const declared = yaml.replace('tenants:\n', 'tenants:\n  - { id: stored }\n');
    assert.deepEqual((await house.apply(declared)).problems, []);
    assert.equal(await ask(bearer(plain)), 200, 'what the file declares, it owns');
  });
});

test('JWT-12: where no proofs are taken, tokens that need one are worth nothing', async () => {
  await scene(async ({ house, token, ask, prove }) => {
    assert.equal(await ask(dpop(token, await prove())), 401);
    assert.equal(await ask(bearer(token)), 401);
    const refused = await get(`${house.url}/v1/models`);
    assert.doesNotMatch(String(refused.headers.get('www-authenticate')), /DPoP/u);
  }, '');
});
