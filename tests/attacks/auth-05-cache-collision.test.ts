/** AUTH-05: what was remembered of one token is never an answer for another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  apiKeyAuthenticator,
  type KeyStore,
  type StoredKey,
} from '#policy/authenticators/api-key.ts';
import { formatApiKey, macOf, newApiKey } from '#policy/authenticators/api-key-format.ts';
import { systemClock } from '#stdx/clock.ts';

const PEPPER = Buffer.alloc(32, 7);

function keyOf(id: string): { token: string; stored: StoredKey } {
  const parts = newApiKey('live', id);
  const stored: StoredKey = {
    principal: {
      tenant: id,
      team: null,
      user: null,
      serviceAccount: null,
      keyId: id,
      roles: [],
      claims: {},
      provenBy: 'api-key',
      scope: null,
      parent: null,
      run: null,
    },
    mode: 'live',
    secrets: [{ mac: macOf(PEPPER, id, parts.secret), pepperVersion: 1, notAfterMs: null }],
    expiresMs: null,
    flaw: null,
  };
  return { token: formatApiKey(parts), stored };
}

test('AUTH-05: of 5,000 pairs that share long beginnings, 0 are taken for each other', async () => {
  const known = new Map<string, StoredKey>();
  const keys: KeyStore = { find: (id) => Promise.resolve(known.get(id)), pepper: () => PEPPER };
  const authenticator = apiKeyAuthenticator(keys, systemClock);
  const authenticate = (token: string) =>
    authenticator.authenticate({ carrier: 'authorization', token });
  for (let index = 0; index < 5_000; index += 1) {
    const id = `A${String(index).padStart(11, '0')}`;
    const good = keyOf(id);
    const forged = keyOf(id);
    known.set(id, good.stored);
    const first = await authenticate(good.token);
    assert.ok(first !== 'absent' && first.ok && first.value.keyId === id);
    const second = await authenticate(forged.token);
    assert.ok(second !== 'absent' && !second.ok, 'the same id with another secret is another key');
  }
});

test('AUTH-05: a key that was renewed or revoked is not answered from memory', async () => {
  const { token, stored } = keyOf('B00000000000');
  let current: StoredKey | undefined = stored;
  const keys: KeyStore = { find: () => Promise.resolve(current), pepper: () => PEPPER };
  const authenticator = apiKeyAuthenticator(keys, systemClock);
  const isIn = async (): Promise<boolean> => {
    const answer = await authenticator.authenticate({ carrier: 'authorization', token });
    return answer !== 'absent' && answer.ok;
  };
  assert.equal(await isIn(), true);
  current = { ...stored, flaw: 'revoked' };
  assert.equal(await isIn(), false);
  current = {
    ...stored,
    secrets: [{ mac: Buffer.alloc(32, 3), pepperVersion: 1, notAfterMs: null }],
  };
  assert.equal(await isIn(), false);
  current = undefined;
  assert.equal(await isIn(), false);
});
