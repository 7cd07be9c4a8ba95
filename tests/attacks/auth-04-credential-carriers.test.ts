/** AUTH-04: a restriction does not depend on the header that the key came in; two are 400. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chat, DEMO, openHouse, post } from '../support/house.ts';

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
    const carriers = [
      { authorization: `Bearer ${key}` },
      { 'x-api-key': key },
      { 'api-key': key },
      { 'x-goog-api-key': key },
    ];
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
