/** The official OpenAI client, as it is: only its base URL and its key are ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import OpenAI from 'openai';

import { BASE, DEMO, type House, openHouse } from '../support/house.ts';
import {
  answering,
  json,
  openUpstream,
  type Upstream,
  UPSTREAM_ENV,
  upstreamYaml,
} from '../support/upstream.ts';

const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const;

describe('openai SDK against the demo provider', () => {
  let house: House;
  let client: OpenAI;
  before(async () => {
    house = await openHouse(
      `${DEMO}${BASE}\nguards: [{ name: house, type: topics, rules: [{ match: forbidden topic }] }]`,
    );
    client = new OpenAI({ apiKey: await house.key(), baseURL: `${house.url}/v1` });
  });
  after(() => house.close());

  test('chat, whole', async () => {
    const answer = await client.chat.completions.create({
      model: 'demo',
      messages: [{ role: 'user', content: 'Hello there' }],
    });
    assert.match(answer.choices[0]?.message.content ?? '', /Hello there/u);
    assert.ok((answer.usage?.total_tokens ?? 0) > 0);
    assert.match(answer._request_id ?? '', /^req_/u);
  });

  test('chat, streamed, with usage when asked', async () => {
    const stream = await client.chat.completions.create({
      model: 'demo',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'one two three' }],
    });
    let text = '';
    let usage = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage?.total_tokens ?? usage;
    }
    assert.match(text, /one two three/u);
    assert.ok(usage > 0);
  });

  test('chat, streamed, shows no usage chunk to whoever did not ask', async () => {
    const stream = await client.chat.completions.create({
      model: 'demo',
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
    });
    for await (const chunk of stream) assert.ok(chunk.choices.length > 0);
  });

  test('tool calls, streamed, one after another and back', async () => {
    const first = await client.chat.completions
      .stream({
        model: 'demo',
        tools: [TOOL],
        messages: [{ role: 'user', content: 'use tool get_weather with Oslo' }],
      })
      .finalChatCompletion();
    const [call] = first.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === 'function');
    assert.equal(call.function.name, 'get_weather');
    assert.equal(typeof (JSON.parse(call.function.arguments) as { city: unknown }).city, 'string');
    const second = await client.chat.completions.create({
      model: 'demo',
      tools: [TOOL],
      messages: [
        { role: 'user', content: 'use tool get_weather with Oslo' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: call.id, content: 'snow' },
      ],
    });
    assert.match(second.choices[0]?.message.content ?? '', /snow/u);
  });

  test('responses, whole and streamed', async () => {
    const whole = await client.responses.create({ model: 'demo', input: 'Hello responses' });
    assert.match(whole.output_text, /Hello responses/u);
    const stream = client.responses.stream({ model: 'demo', input: 'Hello stream' });
    const final = await stream.finalResponse();
    assert.match(final.output_text, /Hello stream/u);
    assert.ok((final.usage?.output_tokens ?? 0) > 0);
  });

  test('stored responses, chained, and refused to another key', async () => {
    const kept = await openHouse(`
providers: { demo: { type: demo } }
models: { kept: { deployments: [{ provider: demo }], allowState: [store, previous-response] } }
guards: []
${BASE}`);
    try {
      const at = { baseURL: `${kept.url}/v1`, maxRetries: 0 };
      const mine = new OpenAI({ apiKey: await kept.key(), ...at });
      const first = await mine.responses.create({ model: 'kept', input: 'one', store: true });
      const stream = mine.responses.stream({
        model: 'kept',
        input: 'two',
        store: true,
        previous_response_id: first.id,
      });
      const second = {
        model: 'kept',
        input: 'x',
        previous_response_id: (await stream.finalResponse()).id,
      };
      assert.match((await mine.responses.create(second)).output_text, /x/u);
      const theirs = new OpenAI({ apiKey: await kept.key({ user: 'bob' }), ...at });
      await assert.rejects(theirs.responses.create(second), OpenAI.BadRequestError);
    } finally {
      await kept.close();
    }
  });

  test('embeddings, as numbers and as the base64 that the SDK asks for', async () => {
    const { data } = await client.embeddings.create({ model: 'demo', input: ['a', 'b'] });
    assert.equal(data.length, 2);
    assert.ok(
      data.every(({ embedding }) => embedding.every(Number.isFinite) && embedding.length > 8),
    );
  });

  test('models', async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    assert.deepEqual(names, ['demo']);
    assert.equal((await client.models.retrieve('demo')).id, 'demo');
  });

  test('errors are the SDK’s own classes', async () => {
    const stranger = new OpenAI({ apiKey: 'nonsense', baseURL: `${house.url}/v1`, maxRetries: 0 });
    const ask = (model: string, content: string, by = client) =>
      by.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    await assert.rejects(ask('demo', 'x', stranger), OpenAI.AuthenticationError);
    await assert.rejects(ask('absent', 'x'), OpenAI.NotFoundError);
    await assert.rejects(
      ask('demo', 'a forbidden topic'),
      (thrown) => thrown instanceof OpenAI.BadRequestError && thrown.code === 'content_filter',
    );
    const forbidden = new OpenAI({
      apiKey: await house.key({ tenant: 'elsewhere' }),
      baseURL: `${house.url}/v1`,
      maxRetries: 0,
    });
    await assert.rejects(ask('demo', 'x', forbidden), OpenAI.AuthenticationError);
  });

  test('an abort ends the call on both sides', async () => {
    const stream = await client.chat.completions.create({
      model: 'demo',
      stream: true,
      messages: [{ role: 'user', content: 'demo:long=5000 demo:pace=20' }],
    });
    for await (const _ of stream) break;
    const { running, limitStore } = house.running.world;
    const untilMs = performance.now() + 5_000;
    // What is held goes back after the call has been written down, so a little after the call.
    while (running.count + limitStore.openCount > 0 && performance.now() < untilMs)
      await new Promise((r) => setTimeout(r, 20));
    assert.equal(running.count, 0);
    assert.equal(limitStore.openCount, 0);
  });
});

describe('openai SDK and what a provider does', () => {
  let house: House;
  let upstream: Upstream;
  let client: OpenAI;
  before(async () => {
    upstream = await openUpstream();
    house = await openHouse(
      `${upstreamYaml(upstream)}${BASE}limits: [{ name: few, per: [key], requests: 3/1h }]`,
      UPSTREAM_ENV,
    );
  });
  after(async () => {
    await house.close();
    await upstream.close();
  });

  const ask = () =>
    client.chat.completions.create({ model: 'demo', messages: [{ role: 'user', content: 'x' }] });

  test('a rate limit is a RateLimitError, and the wait that it names is obeyed', async () => {
    client = new OpenAI({ apiKey: await house.key(), baseURL: `${house.url}/v1`, maxRetries: 0 });
    upstream.script = answering('fine');
    for (let index = 0; index < 3; index += 1) await ask();
    await assert.rejects(ask(), (thrown) => {
      assert.ok(thrown instanceof OpenAI.RateLimitError);
      assert.ok(Number(thrown.headers.get('retry-after-ms')) > 1_000);
      return true;
    });
  });

  test('`x-should-retry: false` is obeyed: a refused call is sent once', async () => {
    client = new OpenAI({ apiKey: await house.key(), baseURL: `${house.url}/v1`, maxRetries: 3 });
    let calls = 0;
    const counting = new OpenAI({
      apiKey: await house.key(),
      baseURL: `${house.url}/v1`,
      maxRetries: 3,
      fetch: (url, init) => {
        calls += 1;
        return fetch(url as string, init);
      },
    });
    await assert.rejects(
      counting.chat.completions.create({
        model: 'absent',
        messages: [{ role: 'user', content: 'x' }],
      }),
    );
    assert.equal(calls, 1);
  });

  test('a provider that refuses the call is a BadRequestError with its code, in our words', async () => {
    client = new OpenAI({ apiKey: await house.key(), baseURL: `${house.url}/v1`, maxRetries: 0 });
    upstream.script = (_, response) =>
      json(response, 400, {
        error: {
          message: 'secret text of the provider',
          type: 'invalid_request_error',
          code: 'context_length_exceeded',
        },
      });
    await assert.rejects(ask(), (thrown) => {
      assert.ok(thrown instanceof OpenAI.BadRequestError);
      assert.equal(thrown.code, 'context_length_exceeded');
      assert.ok(!thrown.message.includes('secret text'));
      return true;
    });
  });

  test('a provider that fails is an InternalServerError', async () => {
    client = new OpenAI({ apiKey: await house.key(), baseURL: `${house.url}/v1`, maxRetries: 0 });
    upstream.script = (_, response) => json(response, 500, {});
    await assert.rejects(ask(), OpenAI.InternalServerError);
  });
});
