import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exportJWK, generateKeyPair, type JWK } from 'jose';

import type { JsonValue } from '#stdx/json.ts';

import { IssuerKeys } from './issuer-keys.ts';

const jwkOf = async (kid: string, alg = 'ES256', more: object = {}): Promise<JWK> => {
  const { publicKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(publicKey)), kid, ...more };
};

/** An issuer whose clock stands still until a test moves it. */
function scene(published: JWK[]) {
  const state = { published, isDown: false, reads: 0, nowMs: 1_000_000 };
  const clock = { nowMs: () => state.nowMs, monotonicMs: () => state.nowMs };
  const read = (): Promise<JsonValue> => {
    state.reads += 1;
    if (state.isDown) return Promise.reject(new Error('down'));
    return Promise.resolve(JSON.parse(JSON.stringify({ keys: state.published })) as JsonValue);
  };
  return { state, keys: new IssuerKeys(read, ['ES256', 'RS256', 'PS256'], clock) };
}
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

test('keys are read once for many that ask at once, and again when they are old', async () => {
  const { state, keys } = scene([await jwkOf('a')]);
  const found = await Promise.all(Array.from({ length: 50 }, () => keys.find('a', 'ES256')));
  assert.ok(found.every((key) => key?.algorithm === 'ES256'));
  assert.equal(state.reads, 1);
  state.nowMs += 299_000;
  await keys.find('a', 'ES256');
  assert.equal(state.reads, 1);
  state.nowMs += 1_000;
  await keys.find('a', 'ES256');
  assert.equal(state.reads, 2);
});

test('a flood of unknown kids reads the keys once in 30 seconds', async () => {
  const { state, keys } = scene([await jwkOf('a')]);
  await keys.find('a', 'ES256');
  state.nowMs += 40_000;
  for (let index = 0; index < 500; index += 1) {
    assert.equal(await keys.find(`evil-${index}`, 'ES256'), null);
    state.nowMs += 100;
  }
  // 40 s after the first read, then each 30 s of the 50 s that the flood takes.
  assert.equal(state.reads, 3);
  assert.notEqual(await keys.find('a', 'ES256'), null, 'the good key is there all the time');
});

test('a rotation is seen by the first token with the new key, and ends the old one', async () => {
  const [old, young] = [await jwkOf('old'), await jwkOf('young')];
  const { state, keys } = scene([old]);
  let changes = 0;
  keys.onChange = () => void (changes += 1);
  await keys.find('old', 'ES256');
  state.nowMs += 31_000;
  state.published = [young];
  assert.notEqual(await keys.find('young', 'ES256'), null);
  assert.equal(await keys.find('old', 'ES256'), null);
  assert.equal(changes, 2, 'whoever remembers what the old key proved is told');
});

test('keys serve for a day while the issuer is down, and then nobody is let in', async () => {
  const { state, keys } = scene([await jwkOf('a')]);
  await keys.find('a', 'ES256');
  state.isDown = true;
  for (let hour = 1; hour < 24; hour += 1) {
    state.nowMs += 3_600_000;
    assert.notEqual(await keys.find('a', 'ES256'), null, `after ${hour} h`);
    await settled();
  }
  state.nowMs += 3_600_000;
  await assert.rejects(keys.find('a', 'ES256'));
  await assert.rejects(keys.find('a', 'ES256'), 'and it is not asked again at once');
  state.isDown = false;
  state.nowMs += 31_000;
  assert.notEqual(await keys.find('a', 'ES256'), null);
});

test('an issuer that was never there is asked once in 30 seconds', async () => {
  const { state, keys } = scene([]);
  state.isDown = true;
  for (let index = 0; index < 20; index += 1) await assert.rejects(keys.find('a', 'ES256'));
  assert.equal(state.reads, 1);
});

test('a set that is none changes nothing', async () => {
  const { state, keys } = scene([await jwkOf('a')]);
  await keys.find('a', 'ES256');
  for (const broken of [
    'text',
    {},
    { keys: 'x' },
    { keys: Array.from({ length: 101 }, () => ({})) },
  ]) {
    state.nowMs += 301_000;
    state.published = broken as never;
    await keys.find('a', 'ES256');
    await settled();
    assert.notEqual(await keys.find('a', 'ES256'), null);
  }
});

test('a key is for its own kind, its own algorithm and signatures alone', async () => {
  const { keys } = scene([
    await jwkOf('rsa', 'RS256'),
    await jwkOf('rsa-only', 'RS256', { alg: 'RS256' }),
    await jwkOf('sealed', 'ES256', { use: 'enc' }),
    await jwkOf('signing', 'ES256', { key_ops: ['sign'] }),
    await jwkOf('twice'),
    await jwkOf('twice'),
    { kty: 'oct', k: 'c2VjcmV0', kid: 'shared' },
    { kty: 'RSA', n: 'AQ', e: 'AQAB', kid: 'tiny' },
  ]);
  const isThere = async (kid: string | null, alg: string) => (await keys.find(kid, alg)) !== null;
  assert.equal(await isThere('rsa', 'RS256'), true);
  assert.equal(await isThere('rsa', 'PS256'), true, 'a key that does not say may be for both');
  assert.equal(await isThere('rsa-only', 'PS256'), false);
  assert.equal(await isThere('rsa', 'ES256'), false);
  assert.equal(await isThere('rsa', 'RS512'), false, 'the operator did not allow it');
  assert.equal(await isThere('rsa', 'HS256'), false);
  for (const kid of ['sealed', 'signing', 'twice', 'shared']) {
    assert.equal(await isThere(kid, 'ES256'), false, kid);
  }
  assert.equal(await isThere(null, 'RS256'), false, 'several fit, so none is meant');
});

test('a token without a kid is of the one key that fits', async () => {
  const { keys } = scene([await jwkOf('a'), await jwkOf('b', 'RS256')]);
  assert.notEqual(await keys.find(null, 'ES256'), null);
});

test('private parts of a published key are not taken', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { keys } = scene([{ ...(await exportJWK(privateKey)), kid: 'leaked' }]);
  assert.equal((await keys.find('leaked', 'ES256'))?.key.type, 'public');
});
