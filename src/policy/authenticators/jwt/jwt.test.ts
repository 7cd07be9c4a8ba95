import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

import type { JsonObject, JsonValue } from '#stdx/json.ts';

import type { Authentication } from '../authenticator.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { jwtAuthenticator } from './jwt.ts';

interface Signer {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

async function newSigner(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { jwk: { ...(await exportJWK(publicKey)), kid }, privateKey };
}

async function scene(published: readonly JWK[]) {
  const state = { published, isDown: false, nowMs: 1_800_000_000_000, gate: Promise.resolve() };
  const clock = { nowMs: () => state.nowMs, monotonicMs: () => state.nowMs };
  const read = async (): Promise<JsonValue> => {
    await state.gate;
    if (state.isDown) throw new Error('down');
    return JSON.parse(JSON.stringify({ keys: state.published })) as JsonValue;
  };
  const issuer = {
    issuer: 'https://idp',
    audiences: ['a'],
    types: ['at+jwt'],
    authorizedParties: null,
    leewayMs: 0,
    maxAgeMs: null,
    keys: new IssuerKeys(read, ['ES256'], clock),
    tenant: 'acme',
    tenants: [],
    claims: {
      tenant: null,
      team: null,
      user: (said: JsonObject) => said['sub'],
      roles: null,
      kept: [],
    },
    roleNames: null,
    userPrefix: '',
  };
  const people = { isSuspended: () => false, needsBoundTokens: () => false };
  const authenticator = jwtAuthenticator([issuer], { people, dpop: null }, clock);
  const token = ({ jwk, privateKey }: Signer, jti = 'x'): Promise<string> =>
    new SignJWT({ iss: 'https://idp', aud: 'a', sub: 'ann', exp: state.nowMs / 1_000 + 1e8, jti })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: jwk.kid ?? '' })
      .sign(privateKey);
  const ask = async (text: string): Promise<string> =>
    told(await authenticator.authenticate({ carrier: 'authorization', token: text }));
  return { state, token, ask };
}

function told(answer: Authentication): string {
  if (answer === 'absent') return 'absent';
  if (answer.ok) return 'accepted';
  return 'because' in answer.error ? answer.error.because : answer.error.reason;
}

const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('a token that is known ends with its key, also where no other token ever comes', async () => {
  const [old, young] = [await newSigner('old'), await newSigner('young')];
  const { state, token, ask } = await scene([old.jwk]);
  const long = await token(old);
  assert.equal(await ask(long), 'accepted');
  state.published = [young.jwk];
  state.nowMs += 301_000;
  assert.equal(await ask(long), 'accepted', 'nobody waits for the keys to be read again');
  await settled();
  assert.equal(await ask(long), 'untrusted');
});

test('a known token counts no longer than its keys: a day without the issuer', async () => {
  const signer = await newSigner('k');
  const { state, token, ask } = await scene([signer.jwk]);
  const long = await token(signer);
  assert.equal(await ask(long), 'accepted');
  state.isDown = true;
  for (let hour = 1; hour < 24; hour += 1) {
    state.nowMs += 3_600_000;
    assert.equal(await ask(long), 'accepted');
    await settled();
  }
  state.nowMs += 3_600_000;
  assert.equal(await ask(long), 'issuer-unavailable');
});

test('a proof that is under way while its key is taken back is none', async () => {
  const [old, young] = [await newSigner('old'), await newSigner('young')];
  const { state, token, ask } = await scene([old.jwk]);
  assert.equal(await ask(await token(old, 'first')), 'accepted');
  const flying = await Promise.all(
    Array.from({ length: 20 }, (_, index) => token(old, `${index}`)),
  );
  state.nowMs += 31_000;
  state.published = [young.jwk];
  const fresh = await token(young);
  const answers = await Promise.all([ask(fresh), ...flying.map(ask)]);
  assert.equal(answers[0], 'accepted');
  for (const text of flying) assert.equal(await ask(text), 'untrusted');
});

test('all who come with a new key wait for it, and a failed read is no refusal', async () => {
  const [old, young] = [await newSigner('old'), await newSigner('young')];
  const { state, token, ask } = await scene([old.jwk]);
  await ask(await token(old));
  state.nowMs += 31_000;
  state.published = [old.jwk, young.jwk];
  const three = await Promise.all(['a', 'b', 'c'].map((jti) => token(young, jti)));
  assert.deepEqual(await Promise.all(three.map(ask)), ['accepted', 'accepted', 'accepted']);
  const next = await newSigner('next');
  state.isDown = true;
  state.nowMs += 31_000;
  const lost = await Promise.all(['a', 'b'].map((jti) => token(next, jti)));
  assert.deepEqual(await Promise.all(lost.map(ask)), ['issuer-unavailable', 'issuer-unavailable']);
  assert.equal(await ask(await token(next, 'c')), 'issuer-unavailable');
});
