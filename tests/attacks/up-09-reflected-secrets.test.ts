/** UP-09: a provider that writes our secret into its answer does not hand it to the caller. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { aliasesYaml } from '../support/streams.ts';
import { chunk, completion, json, openUpstream } from '../support/upstream.ts';

/** Looks like a vendor's key to anyone, and was made now. */
const SECRET = ['sk', 'ant', 'api03', `${randomBytes(60).toString('hex').slice(0, 93)}AA`].join(
  '-',
);
const GUARD = 'guards: [{ name: secrets, type: secrets, on: [reply], action: redact }]';

const yaml = (url: string, guards: string): string => `
providers:
  local: { type: openai, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
${guards}
${BASE}`;

test('UP-09: in a body or across the events of a stream, it is masked and counted', async () => {
  const upstream = await openUpstream((seen, response) => {
    const echoed = `you sent ${String(seen.headers.authorization)} to us`;
    if (seen.json['stream'] !== true) {
      json(response, 200, completion(echoed, { note: echoed }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const char of echoed) response.write(chunk(char));
    response.end(`${chunk('', 'stop')}data: [DONE]\n\n`);
  });
  const house = await openHouse(yaml(upstream.url, GUARD), { UPSTREAM_KEY: SECRET });
  try {
    const headers = bearer(await house.key());
    for (const stream of [false, true]) {
      const answer = await post(`${house.url}/v1/chat/completions`, chat('x', { stream }), headers);
      assert.equal(answer.status, 200);
      assert.match(answer.text.replaceAll(/"\}.*?"content":"/gsu, ''), /you sent/u);
      const joined = [...answer.text.matchAll(/"content":"(?<said>[^"]*)"/gu)]
        .map(({ groups }) => groups?.['said'])
        .join('');
      for (const text of [answer.text, joined]) {
        assert.ok(!text.includes(SECRET));
        assert.ok(!text.includes(SECRET.slice(14, 60)), 'nor the middle of it');
      }
    }
    assert.equal(upstream.seen[0]?.headers.authorization, `Bearer ${SECRET}`, 'it was really sent');
    const redactions = (await house.records())
      .filter(({ kind }) => kind === 'complete')
      .map(({ guards = [] }) => guards.filter(({ action }) => action === 'redact').length);
    assert.deepEqual(
      redactions.map((count) => count > 0),
      [true, true],
    );
    assert.ok(!house.log().includes(SECRET));
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-09: an error answer that quotes it is replaced by our words, with no guard at all', async () => {
  const upstream = await openUpstream();
  const statuses = [400, 401, 403, 404, 422, 429, 500, 503];
  const house = await openHouse(aliasesYaml(upstream, statuses.length), { UPSTREAM_KEY: SECRET });
  try {
    const headers = bearer(await house.key());
    for (const [index, status] of statuses.entries()) {
      for (const stream of [false, true]) {
        upstream.script = (seen, response) => {
          const error = {
            message: `Incorrect API key: ${SECRET}`,
            code: SECRET,
            type: String(seen.headers.authorization),
            param: SECRET,
          };
          json(response, status, { error }, { 'x-key': SECRET, 'www-authenticate': SECRET });
        };
        const answer = await post(
          `${house.url}/v1/chat/completions`,
          chat('x', { model: `m${index}`, stream }),
          headers,
        );
        assert.ok(answer.status >= 400);
        assert.ok(
          !answer.text.includes(SECRET) && !JSON.stringify([...answer.headers]).includes(SECRET),
        );
      }
    }
    assert.ok(upstream.seen.length >= 2 * statuses.length);
    assert.ok(!JSON.stringify(await house.records()).includes(SECRET));
    assert.ok(!house.log().includes(SECRET));
  } finally {
    await house.close();
    await upstream.close();
  }
});
