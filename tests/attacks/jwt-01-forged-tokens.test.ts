/** JWT-01…11, 13, 14: tokens that look right and are not, each a 401; and the right one beside them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { exportSPKI, importJWK } from 'jose';

import { BASE, bearer, DEMO, get, type House, openHouse } from '../support/house.ts';
import {
  AUDIENCE,
  hmacWith,
  newKey,
  openIssuer,
  rawToken,
  type SigningKey,
  signWith,
  type TestIssuer,
  tokenOf,
} from '../support/issuer.ts';

let issuer: TestIssuer;
let house: House;
let rsa: SigningKey;
let curve: SigningKey;
let foreign: SigningKey;

const yaml = (): string => `${DEMO}${BASE}guards: []
auth:
  failuresPerAddress: 1000000/1m
  jwt:
    - issuer: ${issuer.url}
      audience: ${AUDIENCE}
      tenant: acme
      algorithms: [RS256, ES256]
      authorizedParties: [app]
      allowPrivateAddress: true
`;

before(async () => {
  issuer = await openIssuer();
  [rsa, curve, foreign] = await Promise.all([
    newKey('rsa-1', 'RS256'),
    newKey('ec-1'),
    newKey('ec-1'),
  ]);
  issuer.keys = [rsa.jwk, curve.jwk];
  house = await openHouse(yaml());
});
after(async () => {
  await (house as House | undefined)?.close();
  await issuer.close();
});

const ask = async (token: string): Promise<number> =>
  (await get(`${house.url}/v1/models`, bearer(token))).status;
const good = { azp: 'app' };
const nowS = (): number => Math.floor(Date.now() / 1_000);
const body = (more: object = {}): object => ({
  iss: issuer.url,
  aud: AUDIENCE,
  sub: 'ann',
  azp: 'app',
  iat: nowS(),
  exp: nowS() + 300,
  ...more,
});
const made = (key: SigningKey, claims: object = {}, header: object = {}): Promise<string> =>
  tokenOf(issuer.url, key, { claims: { ...good, ...claims }, header: { ...header } });

type Forge = () => Promise<string> | string;
const jwkText = (name: 'n' | 'x'): string => String(name === 'n' ? rsa.jwk.n : curve.jwk.x);
const headerOf = (more: object): object => ({ alg: 'ES256', kid: 'ec-1', typ: 'at+jwt', ...more });

const FORGED: readonly (readonly [name: string, forge: Forge])[] = [
  ['JWT-01 alg none', () => rawToken(headerOf({ alg: 'none' }), body(), () => 'x')],
  ['JWT-01 alg nOnE', () => rawToken(headerOf({ alg: 'nOnE' }), body(), () => 'x')],
  ['JWT-01 no signature', () => rawToken(headerOf({ alg: 'none' }), body(), () => '')],
  [
    'JWT-02 HS256 with the public key as its secret',
    async () => {
      const key = await importJWK(rsa.jwk, 'RS256', { extractable: true });
      assert.ok(!(key instanceof Uint8Array));
      const pem = await exportSPKI(key);
      return rawToken(headerOf({ alg: 'HS256', kid: 'rsa-1' }), body(), hmacWith(pem));
    },
  ],
  [
    'JWT-02 HS256 with the modulus of the key set',
    () => rawToken(headerOf({ alg: 'HS256', kid: 'rsa-1' }), body(), hmacWith(jwkText('n'))),
  ],
  [
    'JWT-03 PS256 with a key for RS256',
    () => made({ ...rsa, alg: 'PS256' }).catch(() => 'ey.ey.ey'),
  ],
  ['JWT-03 RS256 with a key for curves', () => made(curve, {}, { alg: 'ES256', kid: 'rsa-1' })],
  ['JWT-04 an unknown kid', () => made({ ...curve, kid: 'ec-9' })],
  ['JWT-04 the right kid, another key', () => made(foreign)],
  ...['../../dev/null', "x' UNION SELECT 'k", 'https://keys.evil.example/k', '__proto__', ''].map(
    (kid) => [`JWT-05 kid ${kid}`, () => made({ ...foreign, kid })] as const,
  ),
  ['JWT-05 a kid that is no text', () => signWith(curve)(headerOf({ kid: 7 }), body())],
  [
    'JWT-06 a key in the header',
    () => made({ ...foreign, kid: 'own' }, {}, { jwk: foreign.jwk, kid: 'own' }),
  ],
  [
    'JWT-06 addresses of keys in the header',
    () => made(foreign, {}, { jku: `${issuer.url}/evil`, x5u: `${issuer.url}/evil` }),
  ],
  ['JWT-07 expired', () => made(curve, { exp: nowS() - 60, iat: nowS() - 600 })],
  ['JWT-07 without an end', () => made(curve, { exp: undefined })],
  [
    'JWT-07 an end that is no number',
    () => signWith(curve)(headerOf({}), body({ exp: '9999999999' })),
  ],
  ['JWT-07 not yet', () => made(curve, { nbf: nowS() + 120 })],
  ['JWT-07 made tomorrow', () => made(curve, { iat: nowS() + 86_400, exp: nowS() + 90_000 })],
  ['JWT-08 for another audience', () => made(curve, { aud: 'another' })],
  ['JWT-08 for nobody', () => made(curve, { aud: undefined })],
  ['JWT-08 of another issuer', () => made(curve, { iss: 'https://idp.evil.example' })],
  ['JWT-08 of the issuer with a slash', () => made(curve, { iss: `${issuer.url}/` })],
  ['JWT-08 of no issuer', () => made(curve, { iss: undefined })],
  ['JWT-08 given to another client', () => made(curve, { azp: 'another' })],
  ['JWT-08 given to two clients', () => made(curve, { client_id: 'another' })],
  ['JWT-08 given to no client', () => made(curve, { azp: undefined })],
  ['JWT-09 of another type', () => made(curve, {}, { typ: 'logout+jwt' })],
  ['JWT-09 of no type', () => made(curve, {}, { typ: undefined })],
  ['JWT-10 an ID token', () => made(curve, { nonce: 'n', at_hash: 'h' })],
  ['JWT-10 a refresh token', () => made(curve, { typ: 'Refresh' })],
  [
    'JWT-11 a claim twice',
    () =>
      signWith(curve)(
        headerOf({}),
        JSON.stringify(body()).replace('"sub":"ann"', '"sub":"ann","sub":"root"'),
      ),
  ],
  [
    'JWT-11 a member of the header twice',
    () => signWith(curve)('{"alg":"ES256","kid":"ec-1","kid":"ec-2","typ":"at+jwt"}', body()),
  ],
  ['JWT-11 claims that are a list', () => signWith(curve)(headerOf({}), '[]')],
  ['JWT-12 bound to a key that nobody proves', () => made(curve, { cnf: { jkt: 'thumbprint' } })],
  ['JWT-13 longer than a token is', () => made(curve, { more: 'x'.repeat(9_000) })],
  ['JWT-14 b64 false', () => signWith(curve)(headerOf({ b64: false, crit: ['b64'] }), body())],
  ['JWT-14 critical words', () => signWith(curve)(headerOf({ crit: ['exp'] }), body())],
  ['JWT-14 a user that is no name', () => made(curve, { sub: 'two words' })],
  ['JWT-14 a user that is a list', () => made(curve, { sub: undefined, username: ['root'] })],
  ['JWT-14 a spare bit in the signature', async () => `${await made(curve)}A`],
  ['JWT-14 three parts of nothing', () => 'eyJ.eyJ.eyJ'],
];

describe('JWT: forged and unfit tokens', () => {
  test('JWT-00: a good token is let in, of either key, and in any header that carries keys', async () => {
    assert.equal(await ask(await made(curve)), 200);
    assert.equal(await ask(await made(rsa)), 200);
    const { status } = await get(`${house.url}/v1/models`, { 'x-api-key': await made(curve) });
    assert.equal(status, 200);
  });

  for (const [name, forge] of FORGED) {
    test(name, async () => {
      assert.equal(await ask(await forge()), 401);
      // Told twice, in case somebody remembers a token by less than all of it.
      assert.equal(await ask(await forge()), 401);
      assert.equal(await ask(await made(curve)), 200);
    });
  }

  test('JWT-06: no address that a token names was asked for', () => {
    assert.deepEqual(
      [...new Set(issuer.paths)].toSorted(),
      ['/.well-known/openid-configuration', '/keys'],
      'and it was asked for something, or this proves nothing',
    );
  });

  test('JWT-04: a flood of unknown kids is no flood at the issuer, and holders go on', async () => {
    assert.equal(await ask(await made(curve)), 200);
    const before = issuer.reads();
    const startMs = performance.now();
    const flood = Array.from({ length: 300 }, async (_, at) =>
      ask(await made({ ...foreign, kid: `evil-${at}` })),
    );
    assert.deepEqual([...new Set(await Promise.all(flood))], [401]);
    assert.equal(await ask(await made(curve, { jti: 'after' })), 200);
    // One reading in 30 seconds, whatever the flood; a slow machine may have taken longer.
    const windows = Math.ceil((performance.now() - startMs) / 30_000);
    assert.ok(issuer.reads() - before <= windows, `${issuer.reads() - before} readings`);
    assert.equal(issuer.paths.filter((path) => path.includes('evil')).length, 0);
  });

  test('JWT: tokens with equal beginnings are told apart (AUTH-05)', async () => {
    const token = await made(curve);
    assert.equal(await ask(token), 200);
    const last = token.lastIndexOf('.');
    for (const at of [last + 1, last + 10, token.length - 20]) {
      const other = token.charAt(at) === 'A' ? 'B' : 'A';
      assert.equal(await ask(token.slice(0, at) + other + token.slice(at + 1)), 401);
    }
  });

  test('JWT: what was wrong is in the record, and the token is in nothing', async () => {
    const token = await made(curve, { aud: 'another' });
    await ask(token);
    const records = JSON.stringify(await house.records());
    assert.match(records, /credential-rejected: unfit/u);
    for (const piece of token.split('.')) {
      assert.ok(!records.includes(piece) && !house.log().includes(piece));
    }
  });
});
