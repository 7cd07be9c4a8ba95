/**
 * AUTH-13: a key that is bound to networks does nothing from elsewhere, also where no model is called: no
 * run of it is minted, read or ended, and no token is given for it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answerOf, BASE, bearer, DEMO, openHouse, post } from '../support/house.ts';
import { scopeOf } from '../support/runs.ts';

const INSIDE = { 'x-forwarded-for': '192.0.2.7' };
const ELSEWHERE = { 'x-forwarded-for': '203.0.113.9' };
const SCOPE = scopeOf('192.0.2.0/24');

test('AUTH-13: runs and tokens of a key are for its networks, as its calls are', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []
server: { listen: "127.0.0.1:0", trustedProxies: [127.0.0.1] }
auth: { resource: { url: "https://llm.example.com" }, tokens: { lifetime: 1m } }
`);
  try {
    const key = await house.key({ scope: SCOPE });
    const mint = (from: object) =>
      post(`${house.url}/v1/runs`, { wallTime: '10m' }, { ...bearer(key), ...from });
    assert.equal((await mint(ELSEWHERE)).status, 403);
    const minted = await mint(INSIDE);
    assert.equal(minted.status, 201, minted.text);
    const run = minted.json as { id: string; token: string };
    const ask = async (method: string, token: string, from: object) => {
      const headers = { ...bearer(token), ...from };
      return await answerOf(await fetch(`${house.url}/v1/runs/${run.id}`, { method, headers }));
    };
    for (const token of [key, run.token]) {
      for (const method of ['GET', 'DELETE']) {
        assert.equal((await ask(method, token, ELSEWHERE)).status, 403, method);
      }
      assert.equal((await ask('GET', token, INSIDE)).status, 200);
    }

    const [, , id = ''] = key.split('_');
    const token = async (from: object) =>
      await answerOf(
        await fetch(`${house.url}/oauth/token`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...from },
          body: new URLSearchParams({
            grant_type: 'client_credentials',
            client_id: id,
            client_secret: key,
          }).toString(),
        }),
      );
    const refused = await token(ELSEWHERE);
    assert.deepEqual([refused.status, refused.json['error']], [400, 'unauthorized_client']);
    assert.equal((await token(INSIDE)).status, 200);
    const asked = (await house.records()).filter(({ action }) => action === 'token.issue');
    assert.deepEqual(
      asked.map(({ decision, ip, reason }) => [decision, ip, reason]),
      [
        ['deny', '203.0.113.9', 'key-out-of-scope'],
        ['allow', '192.0.2.7', undefined],
      ],
    );
    assert.equal((await ask('DELETE', run.token, INSIDE)).status, 200);
  } finally {
    await house.close();
  }
});
