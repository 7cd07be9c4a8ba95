/** CLI-09: `__proto__` and `constructor`, wherever they stand, are names like any other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, get, openHouse, post } from '../support/house.ts';
import { raw } from '../support/raw.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  'valueOf',
];
const BAD = '{"isAdmin":true,"model":"demo","stream":true,"tenant":"evil","roles":["admin"]}';
const snapshot = (): string =>
  JSON.stringify(
    [Object.prototype, Array.prototype, Function.prototype].map((proto) =>
      Reflect.ownKeys(proto).map(String).sort(),
    ),
  );

test('CLI-09: in JSON, headers, paths, queries and values: nothing is inherited, nothing fails', async () => {
  const before = snapshot();
  const upstream = await openUpstream();
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const key = await house.key();
    const headers = bearer(key);
    const url = `${house.url}/v1/chat/completions`;
    for (const name of NAMES) {
      const bodies = [
        `{"${name}":${BAD},"model":"demo","messages":[{"role":"user","content":"x"}]}`,
        `{"model":"demo","messages":[{"role":"user","content":"x","${name}":${BAD}}]}`,
        `{"model":"demo","messages":[{"role":"user","content":"x"}],"metadata":{"${name}":"a"}}`,
        `{"model":"demo","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"${name}","parameters":{"type":"object","properties":{"${name}":${BAD}}}}}]}`,
        `{"model":"demo","messages":[{"role":"user","content":"x"}],"constructor":{"prototype":${BAD}}}`,
      ];
      for (const body of bodies) {
        const answer = await post(url, body, headers);
        assert.ok(answer.status === 200 || answer.status === 400, `${name}: ${answer.status}`);
        assert.ok(
          !(answer.headers.get('content-type') ?? '').includes('event-stream'),
          'not streamed by inheritance',
        );
      }
      const inherited = await post(
        url,
        `{"${name}":${BAD},"messages":[{"role":"user","content":"x"}]}`,
        headers,
      );
      assert.equal(inherited.status, 400, 'a model that is inherited is no model');
      assert.equal(
        (await post(url, `{"model":"${name}","messages":[{"role":"user","content":"x"}]}`, headers))
          .status,
        404,
      );
      assert.equal((await get(`${house.url}/v1/models/${name}`, headers)).status, 404);
      assert.equal((await get(`${house.url}/v1/decisions/${name}`, headers)).status, 404);
      assert.equal((await get(`${house.url}/${name}`, headers)).status, 404);
      assert.equal(
        (await get(`${house.url}/v1/models?${name}=1&${name}[isAdmin]=1`, headers)).status,
        200,
      );
      const header = await raw(house.url, [
        `GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n${name}: isAdmin\r\n${name}: twice\r\nauthorization: Bearer ${key}\r\n\r\n`,
      ]);
      assert.equal(header.status, 200);
    }
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
    assert.equal(snapshot(), before);
    assert.equal(house.running.world.running.count, 0);
    for (const { tenant, kind, decision } of await house.records()) {
      if (kind === 'complete') assert.deepEqual([tenant, decision], ['acme', 'allow']);
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('CLI-09: a reply with such keys changes nothing either', async () => {
  const before = snapshot();
  const upstream = await openUpstream((seen, response) => {
    const body = `{"id":"x","__proto__":${BAD},"choices":[{"index":0,"__proto__":${BAD},"message":{"role":"assistant","content":"ok","constructor":{"prototype":${BAD}}},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"__proto__":{"total":0}}}`;
    const isStreamed = seen.json['stream'] === true;
    response.writeHead(200, {
      'content-type': isStreamed ? 'text/event-stream' : 'application/json',
    });
    response.end(isStreamed ? `data: ${body}\n\ndata: [DONE]\n\n` : body);
  });
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    for (const stream of [false, true]) {
      const { status } = await post(
        `${house.url}/v1/chat/completions`,
        { model: 'demo', stream, messages: [{ role: 'user', content: 'x' }] },
        headers,
      );
      assert.equal(status, 200);
    }
    assert.equal(snapshot(), before);
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  } finally {
    await house.close();
    await upstream.close();
  }
});
