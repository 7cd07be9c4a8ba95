/** UP-11: after the first token there is no second try; before it there is, in the same record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { eventsOf, isErrorEvent, saidOf, terminalRecords } from '../support/streams.ts';
import {
  answering,
  chunk,
  json,
  openUpstream,
  type Script,
  sse,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

/** The second is asked only when the first was. */
const yaml = (first: string, second: string): string => `
providers:
  one: { type: openai, baseUrl: "${first}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
  two: { type: openai, baseUrl: "${second}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo:
    deployments: [{ provider: one, model: m, weight: 1 }, { provider: two, model: m, weight: 0 }]
    price: { inputPerMTok: 1, outputPerMTok: 2 }
guards: []
${BASE}`;

const begun =
  (fail: (response: Parameters<Script>[1]) => void): Script =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('the first token '));
    setTimeout(() => fail(response), 20);
  };
const FAILURES: readonly (readonly [what: string, script: Script, reason: string])[] = [
  ['a cut', begun((response) => response.destroy()), 'provider-cut'],
  ['an early end', begun((response) => response.end()), 'provider-cut'],
  [
    'an error event',
    begun((response) => response.end(sse({ error: { message: 'no', code: 500 } }))),
    'provider-failed',
  ],
  ['garbage', begun((response) => response.end('data: <html>\n\n')), 'provider-failed'],
];

test('UP-11: nothing is retried after a byte went out; one record, with the one attempt', async () => {
  const one = await openUpstream();
  const two = await openUpstream(answering('of another answer'));
  const house = await openHouse(yaml(one.url, two.url), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    for (const [what, script, reason] of FAILURES) {
      one.script = script;
      const asked = one.seen.length;
      const answer = await post(
        `${house.url}/v1/chat/completions`,
        chat('x', { stream: true }),
        headers,
      );
      const events = eventsOf(answer.text);
      assert.equal(saidOf(events.slice(0, -1)), 'the first token ', what);
      assert.ok(isErrorEvent(events.at(-1)), what);
      assert.equal(one.seen.length, asked + 1, what);
      const own = (await house.records()).filter(
        ({ requestId }) => requestId === answer.headers.get('x-request-id'),
      );
      assert.deepEqual(
        own.map(({ kind }) => kind),
        ['admit', 'complete'],
      );
      assert.deepEqual([own[1]?.attempts?.length, own[1]?.reason], [1, reason], what);
      assert.ok((own[1]?.usage?.outputTokens ?? 0) >= 4);
    }
    assert.equal(two.seen.length, 0);
  } finally {
    await house.close();
    await one.close();
    await two.close();
  }
});

test('UP-11: before the first byte another deployment answers, and one record has every attempt', async () => {
  const one = await openUpstream((_, response) => json(response, 500, { error: {} }));
  const two = await openUpstream(answering('of the other'));
  const house = await openHouse(yaml(one.url, two.url), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    for (const stream of [false, true]) {
      const answer = await post(`${house.url}/v1/chat/completions`, chat('x', { stream }), headers);
      assert.equal(answer.status, 200);
      assert.equal(two.seen.length, stream ? 2 : 1);
    }
    const ends = [...terminalRecords(await house.records()).values()];
    assert.equal(ends.length, 2);
    for (const { attempts = [], provider, decision } of ends) {
      assert.deepEqual([provider, decision], ['two', 'allow']);
      assert.ok(attempts.length >= 2);
      assert.ok(
        attempts
          .slice(0, -1)
          .every(
            ({ provider: by, status, fault }) =>
              by === 'one' && status === 500 && fault === 'provider-failed',
          ),
      );
      assert.deepEqual(
        [attempts.at(-1)?.provider, attempts.at(-1)?.status, attempts.at(-1)?.fault],
        ['two', 200, undefined],
      );
    }
  } finally {
    await house.close();
    await one.close();
    await two.close();
  }
});
