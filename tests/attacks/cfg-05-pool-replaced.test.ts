/** CFG-05: a provider's pool is replaced while answers stream through it: 0 broken streams. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { chunk, openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

test('CFG-05: 20 streams outlive 5 configurations with other providers', async () => {
  const upstream = await openUpstream(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let index = 0; index < 20; index += 1) {
      response.write(chunk(`w${index} `));
      await new Promise((next) => setTimeout(next, 25));
    }
    response.end(`${chunk('', 'stop')}data: [DONE]\n\n`);
  });
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    const streams = Array.from({ length: 20 }, () =>
      post(`${house.url}/v1/chat/completions`, chat('x', { stream: true }), headers),
    );
    await new Promise((next) => setTimeout(next, 100));
    for (let index = 0; index < 5; index += 1) {
      const more = `, timeouts: { total: ${10 + index}m }`;
      assert.equal((await house.apply(`${upstreamYaml(upstream, more)}${BASE}`)).applied, true);
      await new Promise((next) => setTimeout(next, 30));
    }
    for (const { status, text } of await Promise.all(streams)) {
      assert.equal(status, 200);
      assert.match(text, /w19 /u);
      assert.match(text, /data: \[DONE\]\n\n$/u);
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});
