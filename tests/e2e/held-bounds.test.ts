/**
 * BUD-08: what a budget holds is at least what a call costs, however the call is made: without a bound,
 * with many answers, in a loop of tools, with thinking, images and caches. The provider says the most
 * that its documents allow: a token a byte of text, the dearest image, every token of the answer's bound.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AuditRecord } from '#audit/record.ts';

import { BASE, bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { settled } from '../support/money.ts';
import { providerOf } from '../support/stateful-upstream.ts';
import { completion, json, openUpstream, type Script, UPSTREAM_ENV } from '../support/upstream.ts';

const PRICE =
  '{ inputPerMTok: 1, outputPerMTok: 2, cacheReadPerMTok: 0.1, cacheWritePerMTok: 2.5, perImage: 0.002 }';
/** OpenAI's guide to images: gpt-4o-mini takes 2,833 tokens and 5,667 for each of at most eight tiles. */
const IMAGE_TOKENS = 2_833 + 8 * 5_667;
/** Anthropic's guide to tools: what it puts before their definitions, at most. */
const TOOL_PROMPT_TOKENS = 735;
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Of the answer, as it was sent on. */
const boundOf = (body: Record<string, unknown>): number =>
  Number(body['max_completion_tokens'] ?? body['max_tokens'] ?? Number.NaN);

const textBytes = (value: unknown): number => {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, one) => sum + textBytes(one), 0);
};

function inputOf(body: Record<string, unknown>): number {
  const messages = body['messages'] as readonly unknown[];
  const images = JSON.stringify(messages).split('"image_url":{').length - 1;
  const tools = body['tools'] === undefined ? 0 : JSON.stringify(body['tools']).length;
  const prompt = tools === 0 ? 0 : TOOL_PROMPT_TOKENS;
  return textBytes(messages) + messages.length * 4 + images * IMAGE_TOKENS + tools + prompt;
}

/** Every token that can be, of the dearest kind. */
const most: Script = ({ path, json: body }, response) => {
  const bound = boundOf(body);
  assert.ok(bound > 0, 'a call that a budget pays for has a bound');
  const input = inputOf(body);
  if (path.endsWith('/messages')) {
    const usage = { input_tokens: 1, cache_creation_input_tokens: input, output_tokens: bound };
    const content = [{ type: 'text', text: 'fine' }];
    const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content };
    return json(response, 200, { ...head, stop_reason: 'max_tokens', usage });
  }
  const output = bound * Number(body['n'] ?? 1);
  const usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    completion_tokens_details: { reasoning_tokens: output },
  };
  return json(response, 200, completion('fine', { usage }));
};

async function scene(run: (house: House, key: string, asked: () => number) => Promise<void>) {
  const upstream = await openUpstream(most);
  const models = [
    ['demo', 'local'],
    ['claude', 'vendor'],
  ].map(
    ([name, provider]) =>
      `  ${name}: { deployments: [{ provider: ${provider}, model: m }], price: ${PRICE}, allowUnscanned: [image, audio] }`,
  );
  const house = await openHouse(
    `
providers:
  local: ${providerOf('openai', upstream)}
  vendor: ${providerOf('anthropic', upstream)}
models:
${models.join('\n')}
guards: []
budgets: [{ name: b, per: [tenant], usd: 100, period: year }]
${BASE}`,
    UPSTREAM_ENV,
  );
  try {
    await run(house, await house.key(), () => upstream.seen.length);
  } finally {
    await house.close();
    await upstream.close();
  }
}

const completed = async (house: House): Promise<AuditRecord[]> =>
  (await house.records()).filter(({ kind }) => kind === 'complete');

async function heldEnough(house: House, title: string): Promise<void> {
  await settled(house);
  const record = (await completed(house)).at(-1);
  const { usage, reservation } = record ?? {};
  // `ceiling` would say that what was told is more than what was held, and was cut.
  assert.equal(usage?.source, 'provider', title);
  const [cost, held] = [usage.costNanoUsd, reservation?.estimateNanoUsd ?? 0];
  assert.ok(cost > 0 && cost <= held, `${title}: ${cost} of ${held}`);
}

const words = 'a b c d e f g h ';
const tool = (name: string) => ({
  type: 'function',
  function: { name, description: words, parameters: { type: 'object', properties: {} } },
});
const image = { type: 'image_url', image_url: { url: PIXEL, detail: 'high' } };
const seeing = (count: number) => [
  {
    role: 'user',
    content: [{ type: 'text', text: 'what?' }, ...Array.from({ length: count }, () => image)],
  },
];

const CASES: Readonly<Record<string, object>> = {
  'no bound at all': {},
  '128 answers': { n: 128, max_tokens: 50 },
  '128 answers without a bound': { n: 128 },
  'thinking that uses all of the bound': { max_completion_tokens: 3_000, reasoning_effort: 'high' },
  'definitions of tools': { tools: Array.from({ length: 40 }, (_, n) => tool(`tool_${n}`)) },
  'text that is a token a byte': { messages: [{ role: 'user', content: '🜁'.repeat(3_000) }] },
  'many short messages': {
    messages: Array.from({ length: 400 }, () => ({ role: 'user', content: 'a' })),
  },
  'one image': { messages: seeing(1), max_tokens: 9 },
  'eight images': { messages: seeing(8) },
};

for (const [title, body] of Object.entries(CASES)) {
  test(`BUD-08: ${title}: what is held is at least what it costs`, async () => {
    await scene(async (house, key) => {
      const url = `${house.url}/v1/chat/completions`;
      const answer = await post(url, chat('hello', body), bearer(key));
      assert.equal(answer.status, 200, answer.text);
      await heldEnough(house, title);
    });
  });
}

test('BUD-08: every turn of a loop of tools is held for, as its history grows', async () => {
  await scene(async (house, key) => {
    const messages: object[] = [{ role: 'user', content: 'do it' }];
    for (let turn = 0; turn < 12; turn += 1) {
      const asked = { messages, tools: [tool('read')] };
      const answer = await post(`${house.url}/v1/chat/completions`, chat('', asked), bearer(key));
      assert.equal(answer.status, 200, answer.text);
      await heldEnough(house, `turn ${turn}`);
      const call = {
        id: `c${turn}`,
        type: 'function',
        function: { name: 'read', arguments: '{}' },
      };
      messages.push({ role: 'assistant', content: null, tool_calls: [call] });
      messages.push({ role: 'tool', tool_call_id: `c${turn}`, content: words.repeat(20) });
    }
  });
});

test("BUD-08: a prompt that is written to a cache is held at the cache's price", async () => {
  await scene(async (house, key) => {
    const text = { type: 'text', text: words.repeat(200), cache_control: { type: 'ephemeral' } };
    const messages = [{ role: 'user', content: [text] }];
    const body = { model: 'claude', max_tokens: 300, messages };
    const answer = await post(`${house.url}/v1/messages`, body, { 'x-api-key': key });
    assert.equal(answer.status, 200, answer.text);
    await heldEnough(house, 'a written cache');
  });
});

test('BUD-08: sound has no bound that we know, so a budget does not pay for it', async () => {
  await scene(async (house, key, asked) => {
    const sound = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } };
    for (const body of [
      { messages: [{ role: 'user', content: [sound] }] },
      { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } },
    ]) {
      const url = `${house.url}/v1/chat/completions`;
      const answer = await post(url, chat('hello', body), bearer(key));
      assert.ok([400, 403].includes(answer.status), answer.text);
    }
    assert.equal(asked(), 0, 'and nothing is sent');
    const denied = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.ok(denied.some(({ reason }) => reason === 'price-unknown: b'));
  });
});
