/** AUTH-04: a restriction does not depend on the header that the key came in; two are 400. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { KeyScope } from '#domain/key-scope.ts';

import { chat, DEMO, openHouse, post } from '../support/house.ts';

const carriersOf = (key: string): Record<string, string>[] => [
  { authorization: `Bearer ${key}` },
  { 'x-api-key': key },
  { 'api-key': key },
  { 'x-goog-api-key': key },
];

test('AUTH-04: each restriction holds for each carrier, and duplicates are refused', async () => {
  const house = await openHouse(`${DEMO}guards: []
tenants:
  - id: acme
    roles: { reader: { allow: [{ actions: [models], models: ["*"] }] } }
    bindings: [{ role: reader, users: ["*"] }]
`);
  try {
    const key = await house.key();
    const url = `${house.url}/v1/chat/completions`;
    const carriers = carriersOf(key);
    for (const carrier of carriers) assert.equal((await post(url, chat('x'), carrier)).status, 403);
    for (const first of carriers) {
      for (const second of carriers) {
        if (first !== second)
          assert.equal((await post(url, chat('x'), { ...first, ...second })).status, 400);
      }
    }
    // A credential in the query is no credential: addresses end up in logs.
    assert.equal((await post(`${url}?key=${key}`, chat('x'), {})).status, 401);
  } finally {
    await house.close();
  }
});

const NOTHING: KeyScope = {
  actions: null,
  models: null,
  tools: null,
  networks: null,
  hours: null,
  when: null,
};
const SCOPES: readonly (readonly [part: string, scope: Partial<KeyScope>, status: number])[] = [
  ['actions', { actions: ['embeddings'] }, 403],
  ['models', { models: ['other'] }, 404],
  ['tools', { tools: ['read'] }, 403],
  ['networks', { networks: ['192.0.2.0/24'] }, 403],
  ['when', { when: 'call.isStreamed' }, 403],
  ['nothing', {}, 200],
];

test('AUTH-04: the scope of a key, of a key above it, and its expiry hold for each carrier', async () => {
  const house = await openHouse(`${DEMO}guards: []
tenants: [{ id: acme, roles: { own: { allow: [{ actions: ["*"], models: ["*"] }] } } }]
`);
  try {
    const url = `${house.url}/v1/chat/completions`;
    const tool = { type: 'function', function: { name: 'pay', parameters: { type: 'object' } } };
    const ask = async (key: string): Promise<number[]> =>
      await Promise.all(
        carriersOf(key).map(
          async (carrier) => (await post(url, chat('x', { tools: [tool] }), carrier)).status,
        ),
      );
    for (const [part, narrower, status] of SCOPES) {
      const scope = { ...NOTHING, ...narrower };
      const key = await house.key({ roles: ['own'], scope });
      assert.deepEqual(new Set(await ask(key)), new Set([status]), part);
      const child = await house.key({ roles: ['own'], parent: key.split('_')[2] ?? '' });
      assert.deepEqual(new Set(await ask(child)), new Set([status]), `${part}, above`);
    }
    const over = await house.key({ roles: ['own'], expiresMs: Date.now() - 1 });
    const below = await house.key({ roles: ['own'], parent: over.split('_')[2] ?? '' });
    for (const key of [over, below, await house.key({ isHoney: true })]) {
      assert.deepEqual(new Set(await ask(key)), new Set([401]));
    }
  } finally {
    await house.close();
  }
});
