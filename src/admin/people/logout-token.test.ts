/** A logout of a provider: taken once, and once is when the sessions have ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { Fault } from '#domain/fault.ts';
import { err, ok } from '#stdx/result.ts';

import { openHouse } from '../admin.contract.ts';
import { seed } from '../admin-seeds.contract.ts';
import { LoginThrottle } from './login-throttle.ts';
import { LogoutTokens } from './logout-token.ts';
import { ownerOf } from './oidc-claims.ts';
import { Passwords } from './password-hash.ts';
import { addPerson } from './people.contract.ts';

const ISSUER = 'https://idp.example.com';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

async function provider() {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const section = { issuer: ISSUER, clientId: 'us' };
  const tokens = new LogoutTokens(section, async () => ({ keys: [jwk] }) as never, clock);
  const token = await new SignJWT({ events: { [EVENT]: {} } })
    .setProtectedHeader({ alg: 'RS256', kid: 'k', typ: 'logout+jwt' })
    .setIssuer(ISSUER)
    .setAudience('us')
    .setSubject('ann')
    .setJti('j1')
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(privateKey);
  const issuer = {
    name: 'Example',
    settings: 's',
    begin: async () => err('oidc-failed' as const),
    finish: async () => err('oidc-failed' as const),
    logout: async (said: string) => {
      const target = await tokens.read(said);
      return target === null ? err('oidc-failed' as const) : ok(target);
    },
  };
  const people = { passwords: new Passwords(), throttle: new LoginThrottle(clock), issuer };
  return { people, token };
}

test('a logout that the store could not take is taken when it is said again, and then no more', async (t) => {
  const { people, token } = await provider();
  const house = await openHouse(t, { people, log: { write: () => {} } });
  const { storage, peppers, time } = house;
  const { session, sessionId } = await addPerson({ storage, peppers, nowMs: time.nowMs });
  await seed(storage, async (tx) => {
    const record = await tx.sessions.find(sessionId);
    assert.ok(record !== null);
    const issued = { account: null, owner: ownerOf(ISSUER, 'ann'), settings: 's' };
    return await tx.sessions.update({ ...record, ...issued, proof: 'oidc' });
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const say = async (): Promise<number> =>
    (await house.ask('POST', '/admin/v1/logout/oidc', { body: `logout_token=${token}`, headers }))
      .status;
  const change = storage.change.bind(storage);
  Object.assign(storage, { change: () => Promise.reject(new Fault('storage-failed', 'a test')) });
  assert.equal(await say(), 503);
  Object.assign(storage, { change });
  assert.equal((await house.ask('GET', '/admin/v1/me', { session })).status, 200);
  assert.equal(await say(), 200);
  assert.equal((await house.ask('GET', '/admin/v1/me', { session })).status, 401);
  assert.equal(await say(), 400);
});
