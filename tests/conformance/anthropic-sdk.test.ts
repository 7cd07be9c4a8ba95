/** The official Anthropic client, as it is: only its base URL and its key are ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import Anthropic from '@anthropic-ai/sdk';

import { BASE, DEMO, type House, openHouse } from '../support/house.ts';
import {
  answering,
  openUpstream,
  type Upstream,
  UPSTREAM_ENV,
  upstreamYaml,
} from '../support/upstream.ts';

const TOOL: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

const user = (content: string): Anthropic.MessageParam => ({ role: 'user', content });

describe('anthropic SDK against the demo provider', () => {
  let house: House;
  let client: Anthropic;
  before(async () => {
    house = await openHouse(
      `${DEMO}${BASE}\nguards: [{ name: house, type: topics, rules: [{ match: forbidden topic }] }]`,
    );
    client = new Anthropic({ apiKey: await house.key(), baseURL: house.url });
  });
  after(() => house.close());

  test('messages, whole', async () => {
    const answer = await client.messages.create({
      model: 'demo',
      max_tokens: 100,
      messages: [user('Hello there')],
    });
    const [block] = answer.content;
    assert.ok(block?.type === 'text');
    assert.match(block.text, /Hello there/u);
    assert.ok(answer.usage.output_tokens > 0);
  });

  test('messages, streamed', async () => {
    const stream = client.messages.stream({
      model: 'demo',
      max_tokens: 100,
      messages: [user('one two three')],
    });
    assert.match(await stream.finalText(), /one two three/u);
  });

  test('tool calls, streamed, and back', async () => {
    const first = await client.messages
      .stream({
        model: 'demo',
        max_tokens: 100,
        tools: [TOOL],
        messages: [user('use tool get_weather with Oslo')],
      })
      .finalMessage();
    assert.equal(first.stop_reason, 'tool_use');
    const call = first.content.find((block) => block.type === 'tool_use');
    assert.ok(call);
    assert.equal(call.name, 'get_weather');
    const second = await client.messages.create({
      model: 'demo',
      max_tokens: 100,
      tools: [TOOL],
      messages: [
        user('use tool get_weather with Oslo'),
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: call.id, name: call.name, input: call.input }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'snow' }] },
      ],
    });
    assert.match(JSON.stringify(second.content), /snow/u);
  });

  test('count_tokens', async () => {
    const { input_tokens: tokens } = await client.messages.countTokens({
      model: 'demo',
      messages: [user('some words to count')],
    });
    assert.ok(tokens > 0);
  });

  test('models, in the shape of an Anthropic client', async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(`${model.type} ${model.id}`);
    assert.deepEqual(names, ['model demo']);
    assert.equal((await client.models.retrieve('demo')).display_name, 'demo');
  });

  test('errors are the SDK’s own classes', async () => {
    const ask = (by: Anthropic, model: string, text: string) =>
      by.messages.create({ model, max_tokens: 5, messages: [user(text)] });
    const stranger = new Anthropic({ apiKey: 'nonsense', baseURL: house.url, maxRetries: 0 });
    await assert.rejects(ask(stranger, 'demo', 'x'), Anthropic.AuthenticationError);
    await assert.rejects(ask(client, 'absent', 'x'), Anthropic.NotFoundError);
    await assert.rejects(ask(client, 'demo', 'a forbidden topic'), Anthropic.BadRequestError);
  });

  test('a bearer token is as good as x-api-key, as Claude Code sends it', async () => {
    const bearer = new Anthropic({
      authToken: await house.key(),
      apiKey: null,
      baseURL: house.url,
    });
    const answer = await bearer.messages.create({
      model: 'demo',
      max_tokens: 5,
      messages: [user('hi')],
    });
    assert.equal(answer.type, 'message');
  });

  test('HEAD / says that something listens, before there is a credential', async () => {
    assert.equal((await fetch(house.url, { method: 'HEAD' })).status, 200);
  });
});

describe('anthropic SDK over a provider of the other vendor', () => {
  let house: House;
  let upstream: Upstream;
  let client: Anthropic;
  before(async () => {
    upstream = await openUpstream(answering('translated words'));
    house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
    client = new Anthropic({ apiKey: await house.key(), baseURL: house.url, maxRetries: 0 });
  });
  after(async () => {
    await house.close();
    await upstream.close();
  });

  test('whole and streamed', async () => {
    const whole = await client.messages.create({
      model: 'demo',
      max_tokens: 50,
      system: 'Be brief.',
      messages: [user('x')],
    });
    assert.deepEqual(
      whole.content.map((block) => (block.type === 'text' ? block.text : '')),
      ['translated words'],
    );
    assert.equal(whole.usage.input_tokens, 7);
    const stream = await client.messages
      .stream({ model: 'demo', max_tokens: 50, messages: [user('x')] })
      .finalMessage();
    assert.deepEqual(
      stream.content.map((block) => (block.type === 'text' ? block.text : '')),
      ['translated words'],
    );
    assert.equal(stream.usage.output_tokens, 3);
    const sent = upstream.seen.at(-1);
    assert.equal(sent?.path, '/v1/chat/completions');
    assert.equal(sent?.json['model'], 'm');
  });

  test('what the other side cannot take is refused by name, and nothing is sent', async () => {
    const before = upstream.seen.length;
    const ask = async () =>
      await client.messages.create({
        model: 'demo',
        max_tokens: 2000,
        thinking: { type: 'enabled', budget_tokens: 1024 },
        messages: [user('x')],
      });
    await assert.rejects(
      ask(),
      (thrown) => thrown instanceof Anthropic.BadRequestError && /thinking/u.test(thrown.message),
    );
    assert.equal(upstream.seen.length, before);
  });

  test('count_tokens is an estimate, and says so', async () => {
    const { response } = await client.messages
      .countTokens({ model: 'demo', messages: [user('some words')] })
      .withResponse();
    assert.equal(response.headers.get('x-llmproxy-token-count'), 'estimated');
  });
});
