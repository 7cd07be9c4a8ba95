/** LEAK-02: a provider that reflects our request gives none of it to the caller. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { completion, openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

test('LEAK-02: response headers come from an allow-list; 0 reflected', async () => {
  const upstream = await openUpstream((seen, response) => {
    for (const [name, value] of Object.entries(seen.headers)) {
      if (name === 'connection' || name === 'content-length') continue;
      response.setHeader(`x-reflected-${name}`, String(value));
    }
    response.setHeader('x-goog-api-key', String(seen.headers.authorization));
    response.setHeader('set-cookie', 'a=b');
    response.setHeader('server', 'vendor');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(completion('fine')));
  });
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('x'),
      bearer(await house.key()),
    );
    assert.equal(answer.status, 200);
    const names = [...answer.headers.keys()].sort();
    assert.deepEqual(names, [
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
      'request-id',
      'x-llmproxy-cost-usd',
      'x-request-id',
    ]);
    assert.ok(!JSON.stringify([...answer.headers]).includes(UPSTREAM_ENV.UPSTREAM_KEY));
  } finally {
    await house.close();
    await upstream.close();
  }
});
