/**
 * BUD-05: a caller that leaves while a model thinks, unseen, pays for it: as much as there was time for, and
 * never more than is held. It was the way to have a model think for nothing, past any budget.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { BASE, bearer, type House, openHouse } from '../support/house.ts';
import { eventually } from '../support/programs.ts';
import { chunk, openUpstream, type Script, sse, UPSTREAM_ENV } from '../support/upstream.ts';

const THINKS_MS = 700;
/** The fastest that there is: tokens a millisecond. */
const FASTEST = 3;

const event = (type: string, more: object): string => sse({ type, ...more }, type);
const responses: Script = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(
    event('response.created', { response: { id: 'resp_1', object: 'response', output: [] } }) +
      event('response.output_item.added', {
        output_index: 0,
        item: { type: 'reasoning', id: 'rs', summary: [] },
      }),
  );
};
const chatThatSaysAWord: Script = async (_seen, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(sse({ id: 'c', object: 'chat.completion.chunk', choices: [] }));
  await delay(THINKS_MS);
  response.write(chunk('Well'));
};

/** Of the call, when it has ended. */
const usageOf = (house: House) =>
  eventually(async () => {
    const ended = (await house.records()).find(({ kind }) => kind === 'complete');
    return ended?.usage ?? assert.fail('the call has ended');
  }, 5_000);

/** It thinks unasked, and has begun to answer when the caller leaves. */
const responsesThatSaysAWord: Script = async (seen, response, socket) => {
  await responses(seen, response, socket);
  await delay(THINKS_MS);
  const place = { item_id: 'm', output_index: 1, content_index: 0 };
  response.write(event('response.output_text.delta', { ...place, delta: 'Well' }));
};

const cases = [
  [
    'Responses, after a word of the answer',
    '/v1/responses',
    responsesThatSaysAWord,
    { input: 'x' },
    10_000,
  ],
  ['Responses, before anything is seen', '/v1/responses', responses, { input: 'x' }, 10_000],
  [
    'Chat, after a word of the answer, where thinking was asked for',
    '/v1/chat/completions',
    chatThatSaysAWord,
    { messages: [{ role: 'user', content: 'x' }], reasoning_effort: 'high' },
    10_000,
  ],
  ['no more than is held', '/v1/responses', responses, { input: 'x' }, 500],
] as const;

for (const [name, path, script, body, most] of cases) {
  test(`BUD-05: thinking that nobody saw is paid for: ${name}`, async () => {
    const upstream = await openUpstream(script);
    const house = await openHouse(
      `
providers:
  local: { type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 1000 } }
budgets: [{ name: b, per: [tenant], usd: 500, period: month }]
guards: []
${BASE}`,
      UPSTREAM_ENV,
    );
    try {
      const headers = { 'content-type': 'application/json', ...bearer(await house.key()) };
      const bound = path === '/v1/responses' ? 'max_output_tokens' : 'max_completion_tokens';
      const leaving = new AbortController();
      const startMs = performance.now();
      const response = await fetch(`${house.url}${path}`, {
        method: 'POST',
        signal: leaving.signal,
        headers,
        body: JSON.stringify({ model: 'demo', stream: true, [bound]: most, ...body }),
      });
      const reader = response.body?.getReader();
      await reader?.read();
      await delay(THINKS_MS + 100);
      leaving.abort();
      await reader?.read().catch(() => {});
      const { outputTokens, source } = await usageOf(house);
      const timeFor = (performance.now() - startMs) * FASTEST;
      assert.equal(source, 'estimated');
      assert.ok(outputTokens >= Math.min(most, THINKS_MS * FASTEST), `${outputTokens} tokens`);
      assert.ok(outputTokens <= Math.min(most, timeFor + 1), `${outputTokens} tokens`);
    } finally {
      await house.close();
      await upstream.close();
    }
  });
}
