/** What a call is charged where its usage alone does not say so, and what the log says is held for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { json, openUpstream, sse, type Upstream, UPSTREAM_ENV } from '../support/upstream.ts';

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

const yaml = (upstream: Upstream, model: string, more: string): string => `
providers:
  local: { type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], ${model} }
${more}
${BASE}`;

test('a chat model that searches is charged for a search, whole and streamed, and one that does not is not', async () => {
  const upstream = await openUpstream(({ json: body }, response) => {
    if (body['stream'] !== true) {
      const message = { role: 'assistant', content: 'It rains.' };
      const choices = [{ index: 0, finish_reason: 'stop', message }];
      return json(response, 200, { id: 'c', object: 'chat.completion', choices, usage: USAGE });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const choices = [{ index: 0, delta: { content: 'It rains.' }, finish_reason: 'stop' }];
    response.write(sse({ id: 'c', object: 'chat.completion.chunk', choices }));
    response.write(sse({ id: 'c', object: 'chat.completion.chunk', choices: [], usage: USAGE }));
    response.end('data: [DONE]\n\n');
    return undefined;
  });
  const price = 'price: { inputPerMTok: 1, outputPerMTok: 1, perToolCall: 0.03 }';
  const house = await openHouse(
    yaml(upstream, `allowState: [hosted-tools], ${price}`, 'guards: []'),
    UPSTREAM_ENV,
  );
  try {
    const headers = bearer(await house.key());
    for (const more of [{ web_search_options: {} }, { web_search_options: {}, stream: true }, {}]) {
      const url = `${house.url}/v1/chat/completions`;
      assert.equal((await post(url, chat('x', more), headers)).status, 200);
    }
    const ended = (await house.records()).filter(({ kind }) => kind === 'complete');
    assert.deepEqual(
      ended.map(({ usage }) => [usage?.hostedToolCalls, usage?.costNanoUsd]),
      [
        [1, 30_010_000],
        [1, 30_010_000],
        [undefined, 10_000],
      ],
    );
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('what is held for a text that guards have made longer is in the log before the call leaves', async () => {
  const upstream = await openUpstream();
  const house = await openHouse(
    yaml(
      upstream,
      'price: { inputPerMTok: 1000, outputPerMTok: 1 }',
      `budgets: [{ name: b, per: [tenant], usd: 5000, period: month }]
guards: [{ name: pii, type: pii, on: [request], entities: [email], action: redact }]`,
    ),
    UPSTREAM_ENV,
  );
  try {
    const text = Array.from({ length: 300 }, (_, index) => `a${index}@b.co`).join(' ');
    const body = chat(text, { max_tokens: 5 });
    const url = `${house.url}/v1/chat/completions`;
    assert.equal((await post(url, body, bearer(await house.key()))).status, 200);
    const held = (await house.records())
      .filter(({ reservation }) => reservation !== undefined)
      .map(({ kind, reservation }) => [kind, reservation?.estimateNanoUsd ?? 0] as const);
    assert.deepEqual(
      held.map(([kind]) => kind),
      ['admit', 'system', 'complete'],
    );
    const [admitted = 0, raised, ended] = held.map(([, nanoUsd]) => nanoUsd);
    // After a crash the call is charged what the log has said last.
    assert.equal(raised, ended);
    assert.ok(Number(raised) > admitted, `${raised} after ${admitted}`);
  } finally {
    await house.close();
    await upstream.close();
  }
});
