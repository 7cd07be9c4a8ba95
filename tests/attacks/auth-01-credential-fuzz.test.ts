/** AUTH-01: whatever stands in a credential, the store sees nothing of it that is not a key's id. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { apiKeyAuthenticator, type KeyStore } from '#policy/authenticators/api-key.ts';
import { readCredential } from '#policy/authenticators/credential.ts';
import { systemClock } from '#stdx/clock.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

const NASTY = [
  "' OR 1=1 --",
  '"; DROP TABLE keys; --',
  '\u0000',
  '../../etc/passwd',
  '${env:X}',
  '\u202e',
  '%00',
  'llmp_live_',
  'llmp_live_000000000000_',
];

const token = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(...NASTY),
  fc.tuple(fc.constantFrom(...NASTY), fc.string({ maxLength: 80 })).map((parts) => parts.join('')),
);

test('AUTH-01: 10,000 fuzzed credentials reach no look-up, and none is an error', async () => {
  const lookups: string[] = [];
  const keys: KeyStore = {
    find: (id) => {
      lookups.push(id);
      return Promise.resolve(undefined);
    },
    pepper: () => Buffer.alloc(32, 1),
  };
  const authenticator = apiKeyAuthenticator(keys, systemClock);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('authorization', 'x-api-key', 'api-key', 'x-goog-api-key'),
      fc.constantFrom('', 'Bearer ', 'bearer  ', 'Basic '),
      token,
      async (name, scheme, text) => {
        const credential = readCredential([name, scheme + text]);
        if (!credential.ok) return;
        const answer = await authenticator.authenticate(credential.value);
        assert.ok(answer === 'absent' || !answer.ok);
      },
    ),
    { numRuns: 10_000 },
  );
  assert.deepEqual(lookups, [], 'a wrong checksum costs no look-up');
});

test('AUTH-01: over HTTP, 0 answers of 5xx', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    for (const text of [...NASTY, 'x'.repeat(15_000), "'".repeat(1_000)]) {
      const printable = [...text].filter((char) => char >= ' ' && char <= '~').join('');
      const answer = await post(
        `${house.url}/v1/chat/completions`,
        chat('x'),
        bearer(printable || 'x'),
      );
      assert.ok(answer.status === 401 || answer.status === 431, `${answer.status}`);
    }
  } finally {
    await house.close();
  }
});
