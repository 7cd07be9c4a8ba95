/** AUTH-09: strangers who try credentials cost little, and shut nobody out who is known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, DEMO, get, openHouse } from '../support/house.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';
import { json, openUpstream } from '../support/upstream.ts';

test('AUTH-09: after so many failures an address proves nothing new, and known callers go on', async () => {
  const [issuer, server, key] = await Promise.all([openIssuer(), openUpstream(), newKey('k')]);
  issuer.keys = [key.jwk];
  server.script = ({ body }, response) =>
    json(response, 200, { active: body.startsWith('token=known'), sub: 'bob' });
  const secret = ['a', 'secret', 'of', 'the', 'test'].join('-');
  const house = await openHouse(
    `${DEMO}${BASE}guards: []
auth:
  failuresPerAddress: 20/1h
  jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, tenant: acme, allowPrivateAddress: true }]
  introspection: [{ endpoint: "${server.url}", clientId: c, clientSecret: "\${env:C}", tenant: acme, allowPrivateAddress: true }]
`,
    { C: secret },
  );
  const ask = async (token: string) => await get(`${house.url}/v1/models`, bearer(token));
  try {
    const apiKey = await house.key();
    const [token, fresh] = [
      await tokenOf(issuer.url, key),
      await tokenOf(issuer.url, key, { claims: { jti: 'another' } }),
    ];
    for (const good of [apiKey, token, 'known-opaque']) assert.equal((await ask(good)).status, 200);
    const statuses = [];
    for (let index = 0; index < 60; index += 1) {
      const guess =
        index % 2 === 0 ? `guess-${index}` : `${token.slice(0, -8)}${index + 10_000_000}`;
      statuses.push((await ask(guess)).status);
    }
    assert.deepEqual([...new Set(statuses.slice(0, 20))], [401]);
    assert.deepEqual([...new Set(statuses.slice(20))], [429]);
    assert.equal(server.seen.length, 1 + 10, 'no question is asked for those who came too often');
    for (const good of [apiKey, token, 'known-opaque']) assert.equal((await ask(good)).status, 200);
    const other = await ask(fresh);
    assert.equal(other.status, 429, 'a token that nobody knows yet waits');
    const wrong = apiKey.slice(0, -1) + (apiKey.endsWith('a') ? 'b' : 'a');
    assert.equal((await ask(wrong)).status, 429);
    const records = JSON.stringify(await house.records());
    assert.match(records, /credential-limited/u);
  } finally {
    await house.close();
    await issuer.close();
    await server.close();
  }
});
