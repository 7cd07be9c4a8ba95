import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { plainUsage, type Usage } from '#domain/money.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { AnthropicMessagesStream } from './anthropic-messages-stream.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { OpenAiChatStream } from './openai-chat-stream.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiEmbeddings } from './openai-embeddings.ts';
import { OpenAiResponsesStream } from './openai-responses-stream.ts';
import { openaiResponses } from './openai-responses.ts';
import { sseEvent } from './sse-event.ts';
import { anthropicUsage, openaiChatUsage, responsesUsage } from './told-usage.ts';

const read = (text: string): JsonObject => {
  const value = parseJson(text);
  assert.ok(isJsonObject(value));
  return value;
};

const CHAT = {
  prompt_tokens: 1_000,
  completion_tokens: 300,
  total_tokens: 1_300,
  prompt_tokens_details: { cached_tokens: 900, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 200, accepted_prediction_tokens: 0 },
};
const CHAT_USAGE: Usage = {
  ...plainUsage(1_000, 300, 'provider'),
  cacheReadTokens: 900,
  reasoningTokens: 200,
};

const RESPONSE = {
  object: 'response',
  output: [
    { type: 'web_search_call', status: 'completed' },
    { type: 'reasoning' },
    { type: 'file_search_call' },
    { type: 'function_call' },
    null,
  ],
  usage: {
    input_tokens: 50,
    output_tokens: 20,
    input_tokens_details: { cached_tokens: 10, cache_write_tokens: 30 },
    output_tokens_details: { reasoning_tokens: 20 },
  },
};
const RESPONSE_USAGE: Usage = {
  ...plainUsage(50, 20, 'provider'),
  cacheReadTokens: 10,
  cacheWriteTokens: 30,
  reasoningTokens: 20,
  hostedToolCalls: 2,
};

const MESSAGE = {
  input_tokens: 5,
  cache_read_input_tokens: 100,
  cache_creation_input_tokens: 40,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 30 },
  output_tokens: 60,
  output_tokens_details: { thinking_tokens: 50 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 7 },
};
const MESSAGE_USAGE: Usage = {
  inputTokens: 145,
  outputTokens: 60,
  cacheReadTokens: 100,
  cacheWriteTokens: 40,
  cacheWriteLongTokens: 30,
  reasoningTokens: 50,
  hostedToolCalls: 2,
  source: 'provider',
};

describe('usage as providers tell it', () => {
  test('chat, whole and as a stream', () => {
    assert.deepEqual(openaiChat.readReply({ usage: CHAT }, 'openai-chat').usage, CHAT_USAGE);
    const codec = new OpenAiChatStream({ dialect: 'openai-chat', wantsStreamUsage: false });
    const event = sseEvent('', JSON.stringify({ choices: [], usage: CHAT }));
    assert.deepEqual(codec.read(event).usage, CHAT_USAGE);
  });

  test('thinking that is in the total alone is output all the same', () => {
    const usage = { prompt_tokens: 20, completion_tokens: 151, total_tokens: 553 };
    assert.equal(openaiChatUsage({ usage })?.outputTokens, 533);
    assert.equal(openaiChatUsage({ usage: { ...usage, total_tokens: 3 } })?.outputTokens, 151);
    assert.equal(openaiChatUsage({ usage: { ...usage, total_tokens: '553' } })?.outputTokens, 151);
  });

  test('responses, whole and as a stream, with the tools that were run', () => {
    assert.deepEqual(openaiResponses.readReply(RESPONSE, 'openai-responses').usage, RESPONSE_USAGE);
    const data = JSON.stringify({ type: 'response.completed', response: RESPONSE });
    const reading = new OpenAiResponsesStream().read(sseEvent('response.completed', data));
    assert.deepEqual(reading.usage, RESPONSE_USAGE);
  });

  test('messages, whole: the input is the sum of what is told apart', () => {
    assert.deepEqual(
      anthropicMessages.readReply({ usage: MESSAGE }, 'anthropic-messages').usage,
      MESSAGE_USAGE,
    );
    assert.deepEqual(
      anthropicMessages.readReply({ input_tokens: 12 }, 'anthropic-messages').usage,
      plainUsage(12, 0, 'provider'),
    );
  });

  test('messages as a stream: what the first report says of the input holds to the end', () => {
    const codec = new AnthropicMessagesStream('anthropic-messages');
    const of = (type: string, members: object) =>
      codec.read(sseEvent(type, JSON.stringify({ type, ...members }))).usage;
    const first = { ...MESSAGE, output_tokens: 1, output_tokens_details: {}, server_tool_use: {} };
    of('message_start', { message: { usage: first } });
    const last = {
      output_tokens: 60,
      output_tokens_details: { thinking_tokens: 50 },
      server_tool_use: { web_search_requests: 2 },
    };
    assert.deepEqual(of('message_delta', { delta: {}, usage: last }), MESSAGE_USAGE);
    assert.deepEqual(of('message_delta', { delta: {}, usage: MESSAGE }), MESSAGE_USAGE);
  });

  test('embeddings have input alone', () => {
    const usage = { prompt_tokens: 8, total_tokens: 8 };
    assert.deepEqual(
      openaiEmbeddings.readReply({ usage }, 'openai-embeddings').usage,
      plainUsage(8, 0, 'provider'),
    );
  });

  test('a part that is more than its whole is billed as plain', () => {
    const details = { ...CHAT, prompt_tokens_details: { cached_tokens: 1_001 } };
    assert.equal(openaiChatUsage({ usage: details })?.cacheReadTokens, 0);
    const thought = { ...CHAT, completion_tokens_details: { reasoning_tokens: 301 } };
    assert.equal(openaiChatUsage({ usage: thought })?.reasoningTokens, 0);
  });
});

const HOSTILE: fc.Arbitrary<string> = fc.constantFrom(
  '-1',
  '1.5',
  '1e308',
  '1e999',
  '-0.0',
  '9007199254740993',
  '"12"',
  '"NaN"',
  'null',
  'true',
  '[]',
  '[1]',
  '{}',
  '{"toString":1}',
  '0',
  '7',
  '1000000000',
  '1000000001',
);

/** The same shape with a lie in the place of every leaf. */
const lies = (shape: JsonValue): fc.Arbitrary<string> =>
  isJsonObject(shape)
    ? fc.oneof(
        {
          weight: 6,
          arbitrary: fc
            .tuple(...Object.values(shape).map((member) => lies(member ?? null)))
            .map((members) => {
              const keys = Object.keys(shape);
              return `{${members.map((member, at) => `"${keys[at]}":${member}`).join(',')}}`;
            }),
        },
        { weight: 1, arbitrary: HOSTILE },
      )
    : HOSTILE;

describe('usage that a provider makes up', () => {
  const readers = [
    ['chat', CHAT, (body: JsonObject) => openaiChatUsage(body)],
    ['responses', RESPONSE.usage, (body: JsonObject) => responsesUsage(body)],
    ['messages', MESSAGE, (body: JsonObject) => anthropicUsage(body['usage'])],
  ] as const;
  for (const [name, shape, usageOf] of readers) {
    test(`${name}: only counts get through, and parts are parts`, () => {
      const check = fc.property(lies(shape), (lie) => {
        const usage = usageOf(read(`{"usage":${lie},"output":7}`));
        if (usage === null) return;
        const { source, ...counts } = usage;
        assert.equal(source, 'provider');
        for (const count of Object.values(counts))
          assert.ok(Number.isSafeInteger(count) && count >= 0, lie);
        assert.ok(usage.cacheReadTokens + usage.cacheWriteTokens <= usage.inputTokens);
        assert.ok(usage.cacheWriteLongTokens <= usage.cacheWriteTokens);
        assert.ok(usage.reasoningTokens <= usage.outputTokens);
      });
      fc.assert(check, { numRuns: 1_000 });
    });
  }
});
