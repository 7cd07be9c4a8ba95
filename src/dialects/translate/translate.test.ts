import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { DialectName } from '#domain/call.ts';
import type { JsonObject, JsonValue } from '#stdx/json.ts';

import { listOf, objectOf } from '../neutral/wire.ts';
import { OUTPUT_TOKENS_DEFAULT } from '../neutral/write-anthropic-call.ts';
import { anthropicWith, openaiWith } from './sdk.contract.ts';
import { sseEvent } from '../sse-event.ts';
import {
  canTranslate,
  openTranslation,
  translateCall,
  translateReply,
  type ReplyContext,
} from './translate.ts';

const context: ReplyContext = { model: 'fast', requestId: 'r1', createdS: 1_700_000_000 };

function translated(from: DialectName, body: JsonObject, to: DialectName): JsonObject {
  const result = translateCall(from, body, to);
  assert.ok(result.ok, result.ok ? '' : `refused ${JSON.stringify(result.error)}`);
  return result.value;
}

function refusedField(from: DialectName, body: JsonObject, to: DialectName): string | null {
  const result = translateCall(from, body, to);
  if (result.ok) return null;
  return result.error.reason === 'field-unsupported' ? result.error.field : result.error.reason;
}

const WEATHER_SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
};

const CHAT_CALL: JsonObject = {
  model: 'fast',
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'auto' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'call_1',
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Rome"}' },
        },
        { id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
    { role: 'developer', content: 'Answer in French.' },
    { role: 'user', content: 'And now?' },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'weather',
        description: 'The weather',
        parameters: WEATHER_SCHEMA,
        strict: true,
      },
    },
    { type: 'function', function: { name: 'now' } },
  ],
  tool_choice: 'required',
  parallel_tool_calls: false,
  temperature: 0.5,
  top_p: 0.9,
  stop: 'END',
  stream: true,
  stream_options: { include_usage: true },
  user: 'u-7',
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'out', schema: { type: 'object' }, strict: true },
  },
  n: 1,
  logprobs: false,
  store: false,
  presence_penalty: 0,
  logit_bias: {},
  seed: null,
};

test('a chat call in the words of Anthropic', () => {
  assert.deepEqual(translated('openai-chat', CHAT_CALL, 'anthropic-messages'), {
    max_tokens: OUTPUT_TOKENS_DEFAULT,
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } },
          { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'call_1',
            content: [{ type: 'text', text: 'sunny' }],
          },
          { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
        ],
      },
      { role: 'system', content: 'Answer in French.' },
      { role: 'user', content: 'And now?' },
    ],
    tools: [
      { name: 'weather', description: 'The weather', input_schema: WEATHER_SCHEMA, strict: true },
      { name: 'now', input_schema: { type: 'object', properties: {} } },
    ],
    tool_choice: { type: 'any', disable_parallel_tool_use: true },
    temperature: 0.5,
    top_p: 0.9,
    stop_sequences: ['END'],
    stream: true,
    metadata: { user_id: 'u-7' },
    output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
  });
});

const ANTHROPIC_CALL: JsonObject = {
  model: 'fast',
  max_tokens: 100,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  messages: [
    { role: 'user', content: 'hi' },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          is_error: true,
          content: [{ type: 'text', text: 'no such city' }],
        },
        { type: 'text', text: 'Try again.', cache_control: { type: 'ephemeral' } },
        { type: 'image', source: { type: 'url', url: 'https://images.example/a.png' } },
      ],
    },
  ],
  tools: [
    {
      name: 'weather',
      description: 'The weather',
      input_schema: WEATHER_SCHEMA,
      cache_control: { type: 'ephemeral' },
    },
  ],
  tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
  stop_sequences: ['END'],
  metadata: { user_id: 'u-7' },
  thinking: { type: 'disabled' },
};

test('an Anthropic call in the words of chat', () => {
  assert.deepEqual(translated('anthropic-messages', ANTHROPIC_CALL, 'openai-chat'), {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [
          {
            id: 'toolu_1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Rome"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'toolu_1', content: 'Error: no such city' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Try again.' },
          { type: 'image_url', image_url: { url: 'https://images.example/a.png' } },
        ],
      },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'weather', description: 'The weather', parameters: WEATHER_SCHEMA },
      },
    ],
    tool_choice: { type: 'function', function: { name: 'weather' } },
    parallel_tool_calls: false,
    max_completion_tokens: 100,
    stop: ['END'],
    user: 'u-7',
  });
});

const RESPONSES_INPUT: JsonValue[] = [
  { role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
  {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'Hm.' }],
    encrypted_content: 'c2ln',
  },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
  },
  {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'call_1',
    name: 'weather',
    arguments: '{"city":"Rome"}',
    status: 'completed',
  },
  { type: 'function_call', call_id: 'call_2', name: 'now', arguments: '{}' },
  { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
  {
    type: 'function_call_output',
    call_id: 'call_2',
    output: [{ type: 'input_text', text: 'noon' }],
  },
];

const RESPONSES_CALL: JsonObject = {
  model: 'fast',
  instructions: 'Be brief.',
  input: RESPONSES_INPUT,
  tools: [
    {
      type: 'function',
      name: 'weather',
      description: 'The weather',
      parameters: WEATHER_SCHEMA,
      strict: true,
    },
  ],
  tool_choice: { type: 'function', name: 'weather' },
  max_output_tokens: 50,
  reasoning: { effort: 'low', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  text: { format: { type: 'text' } },
  truncation: 'disabled',
  store: false,
  prompt_cache_key: 'k',
};

test('a Responses call in the words of Anthropic, signed thinking included', () => {
  assert.deepEqual(translated('openai-responses', RESPONSES_CALL, 'anthropic-messages'), {
    max_tokens: 50,
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } },
          { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'call_1',
            content: [{ type: 'text', text: 'sunny' }],
          },
          { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'noon' }] },
        ],
      },
    ],
    tools: [
      { name: 'weather', description: 'The weather', input_schema: WEATHER_SCHEMA, strict: true },
    ],
    tool_choice: { type: 'tool', name: 'weather' },
    output_config: { effort: 'low' },
  });
});

test('a Responses call in the words of chat; thinking that a vendor signed is refused', () => {
  assert.equal(refusedField('openai-responses', RESPONSES_CALL, 'openai-chat'), 'input[1]');
  const input = RESPONSES_INPUT.filter((_, index) => index !== 1);
  assert.deepEqual(translated('openai-responses', { ...RESPONSES_CALL, input }, 'openai-chat'), {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Rome"}' },
          },
          { id: 'call_2', type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      { role: 'tool', tool_call_id: 'call_2', content: 'noon' },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'The weather',
          parameters: WEATHER_SCHEMA,
          strict: true,
        },
      },
    ],
    tool_choice: { type: 'function', function: { name: 'weather' } },
    max_completion_tokens: 50,
    reasoning_effort: 'low',
    prompt_cache_key: 'k',
  });
});

test('what both dialects of OpenAI can say is not refused between them', () => {
  const body = {
    input: 'x',
    text: { format: { type: 'json_object' }, verbosity: 'low' },
    service_tier: 'flex',
  };
  assert.deepEqual(translated('openai-responses', body, 'openai-chat'), {
    messages: [{ role: 'user', content: 'x' }],
    response_format: { type: 'json_object' },
    verbosity: 'low',
    service_tier: 'flex',
  });
});

const user = (content: JsonValue): JsonObject => ({ messages: [{ role: 'user', content }] });

/** What has no counterpart: the call, and the path that the caller is told. */
const REFUSED: readonly [DialectName, DialectName, JsonObject, string][] = [
  ['openai-chat', 'anthropic-messages', { ...user('x'), n: 2 }, 'n'],
  ['openai-chat', 'anthropic-messages', { ...user('x'), logprobs: true }, 'logprobs'],
  ['openai-chat', 'anthropic-messages', { ...user('x'), seed: 0 }, 'seed'],
  ['openai-chat', 'anthropic-messages', { ...user('x'), temperature: 1.5 }, 'temperature'],
  ['openai-chat', 'anthropic-messages', { ...user('x'), metadata: { a: 'b' } }, 'metadata'],
  [
    'openai-chat',
    'anthropic-messages',
    { ...user('x'), response_format: { type: 'json_object' } },
    'response_format.type',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    { ...user('x'), reasoning_effort: 'minimal' },
    'reasoning_effort',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    { ...user('x'), user: 'a', safety_identifier: 'b' },
    'safety_identifier',
  ],
  ['openai-chat', 'anthropic-messages', { ...user('x'), max_tokens: '5' }, 'max_tokens'],
  [
    'openai-chat',
    'anthropic-messages',
    user([{ type: 'input_audio', input_audio: {} }]),
    'messages[0].content[0]',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    user([{ type: 'image_url', image_url: { url: 'https://a.example/', detail: 'high' } }]),
    'messages[0].content[0].image_url.detail',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    { messages: [{ role: 'user', content: 'x', name: 'bob' }] },
    'messages[0].name',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    { messages: [{ role: 'assistant', content: 'x', reasoning_content: 'y' }] },
    'messages[0].reasoning_content',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    {
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"half' } }],
        },
      ],
    },
    'messages[0].tool_calls[0].function.arguments',
  ],
  [
    'openai-chat',
    'anthropic-messages',
    { ...user('x'), tools: [{ type: 'custom', custom: { name: 'x' } }] },
    'tools[0].type',
  ],
  ['anthropic-messages', 'openai-chat', { ...user('x'), top_k: 4 }, 'top_k'],
  [
    'anthropic-messages',
    'openai-chat',
    { ...user('x'), thinking: { type: 'enabled', budget_tokens: 1_024 } },
    'thinking.type',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    { ...user('x'), stop_sequences: ['1', '2', '3', '4', '5'] },
    'stop_sequences[4]',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    { ...user('x'), tools: [{ type: 'bash_20250124', name: 'bash' }] },
    'tools[0].type',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    user([{ type: 'document', source: {} }]),
    'messages[0].content[0]',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    {
      messages: [
        { role: 'assistant', content: [{ type: 'thinking', thinking: 't', signature: 's' }] },
      ],
    },
    'messages[0].content[0]',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    { messages: [{ role: 'assistant', content: [{ type: 'redacted_thinking', data: 's' }] }] },
    'messages[0].content[0]',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    user([
      {
        type: 'tool_result',
        tool_use_id: 'a',
        content: [{ type: 'image', source: { type: 'url', url: 'https://a.example/' } }],
      },
    ]),
    'messages[0].content[0].content[0]',
  ],
  [
    'openai-responses',
    'openai-chat',
    { input: 'x', previous_response_id: 'resp_1' },
    'previous_response_id',
  ],
  [
    'openai-responses',
    'openai-chat',
    { input: 'x', tools: [{ type: 'web_search' }] },
    'tools[0].type',
  ],
  ['openai-responses', 'openai-chat', { input: [{ type: 'item_reference', id: 'a' }] }, 'input[0]'],
  ['openai-responses', 'openai-chat', { input: 'x', store: true }, 'store'],
  [
    'openai-responses',
    'openai-chat',
    { input: 'x', include: ['file_search_call.results'] },
    'include[0]',
  ],
  ['openai-chat', 'anthropic-messages', { ...user('x'), tool_choice: 'required' }, 'tool_choice'],
  [
    'openai-chat',
    'anthropic-messages',
    { messages: [{ role: 'assistant', content: 'Once upon' }] },
    'messages[0].content',
  ],
  [
    'anthropic-messages',
    'openai-chat',
    { messages: [{ role: 'assistant', content: 'Once upon' }] },
    'messages[0].content',
  ],
  [
    'openai-responses',
    'anthropic-messages',
    { input: 'x', text: { format: { type: 'json_object' } } },
    'text.format.type',
  ],
  [
    'openai-responses',
    'anthropic-messages',
    {
      input: [
        { role: 'system', content: [{ type: 'input_image', image_url: 'https://a.example/' }] },
      ],
    },
    'input[0].content[0]',
  ],
  [
    'openai-responses',
    'anthropic-messages',
    { input: 'x', text: { verbosity: 'low' } },
    'text.verbosity',
  ],
  [
    'openai-responses',
    'anthropic-messages',
    { input: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }] }] },
    'input[0]',
  ],
  [
    'openai-responses',
    'anthropic-messages',
    {
      input: 'x',
      text: { format: { type: 'json_schema', name: 'a', description: 'b', schema: {} } },
    },
    'text.format.description',
  ],
];

for (const [from, to, body, field] of REFUSED) {
  test(`${from} to ${to}: refuses ${field} = ${JSON.stringify(body).slice(0, 60)}`, () => {
    assert.equal(refusedField(from, body, to), field);
  });
}

/** Every object of a call whose fields the translation knows; schemas and arguments are free. */
const FREE = new Set([
  'parameters',
  'input_schema',
  'schema',
  'metadata',
  'logit_bias',
  'cache_control',
]);
function objectsIn(
  value: JsonValue | undefined,
  path: string,
): { path: string; object: JsonObject }[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => objectsIn(item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.entries(value).filter(
    ([key, member]) => !FREE.has(key) && (key !== 'input' || Array.isArray(member)),
  );
  const below = members.flatMap(([key, member]) =>
    objectsIn(member, path === '' ? key : `${path}.${key}`),
  );
  return [{ path, object: value }, ...below];
}

for (const [from, to, body] of [
  ['openai-chat', 'anthropic-messages', CHAT_CALL],
  ['anthropic-messages', 'openai-chat', ANTHROPIC_CALL],
  ['openai-responses', 'anthropic-messages', RESPONSES_CALL],
] as const) {
  test(`${from} to ${to}: an unknown field anywhere is refused with its path`, () => {
    const count = objectsIn(body, '').length;
    assert.ok(count > 10);
    for (let index = 0; index < count; index += 1) {
      const copy = structuredClone(body);
      const { path, object } = objectsIn(copy, '')[index] ?? { path: '', object: {} };
      object['next_year'] = 'x';
      assert.equal(refusedField(from, copy, to), path === '' ? 'next_year' : `${path}.next_year`);
      delete object['next_year'];
      object['Bearer abc123'] = 'x';
      assert.equal(refusedField(from, copy, to), path === '' ? '*' : `${path}.*`);
    }
  });
}

const word = fc.string({ minLength: 1, maxLength: 8 });
const turn = fc.oneof(
  word.map((content) => ({ role: 'user', content })),
  word.map((content) => ({ role: 'assistant', content })),
  fc
    .array(fc.record({ name: word, city: word, result: word }), { minLength: 1, maxLength: 3 })
    .map((calls) => ({ role: 'tools', calls })),
);

test('chat to Anthropic and back keeps every text, tool, call and result', () => {
  fc.assert(
    fc.property(
      fc.array(turn, { maxLength: 6 }),
      fc.array(word, { maxLength: 3 }),
      (turns, tools) => {
        const messages: JsonObject[] = [{ role: 'system', content: 'Be brief.' }];
        for (const [index, item] of turns.entries()) {
          if (!('calls' in item)) {
            messages.push(item);
            continue;
          }
          const id = (at: number): string => `call_${index}_${at}`;
          messages.push({
            role: 'assistant',
            content: null,
            tool_calls: item.calls.map(({ name, city }, at) => ({
              id: id(at),
              type: 'function',
              function: { name, arguments: JSON.stringify({ city }) },
            })),
          });
          for (const [at, { result }] of item.calls.entries())
            messages.push({ role: 'tool', tool_call_id: id(at), content: result });
        }
        messages.push({ role: 'user', content: 'And now?' });
        const body: JsonObject = {
          messages,
          max_completion_tokens: 9,
          ...(tools.length === 0
            ? {}
            : {
                tools: tools.map((name) => ({
                  type: 'function',
                  function: { name, parameters: WEATHER_SCHEMA },
                })),
              }),
        };
        const there = translated('openai-chat', body, 'anthropic-messages');
        assert.deepEqual(translated('anthropic-messages', there, 'openai-chat'), body);
      },
    ),
    { numRuns: 300 },
  );
});

const CHAT_REPLY: JsonObject = {
  id: 'chatcmpl-x',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'I look.',
        reasoning_content: 'Hm.',
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Rome"}' },
          },
          { id: 'call_2', type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 5 } },
};

const ANTHROPIC_REPLY: JsonObject = {
  id: 'msg_x',
  type: 'message',
  content: [
    { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } },
    { type: 'block_of_next_year' },
  ],
  stop_reason: 'tool_use',
  usage: {
    input_tokens: 10,
    cache_read_input_tokens: 4,
    cache_creation_input_tokens: 1,
    output_tokens: 7,
  },
};

const whole = (from: DialectName, body: JsonObject, to: DialectName) => ({
  text: JSON.stringify(translateReply(from, body, to, context)),
});

test('a whole chat reply as Anthropic writes it, read by its SDK', async () => {
  const client = anthropicWith(() => whole('openai-chat', CHAT_REPLY, 'anthropic-messages'));
  const message = await client.messages.create({
    model: 'm',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'x' }],
  });
  assert.deepEqual(message.content, [
    { type: 'thinking', thinking: 'Hm.', signature: '' },
    { type: 'text', text: 'I look.', citations: null },
    { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } },
    { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
  ]);
  assert.equal(message.stop_reason, 'tool_use');
  assert.deepEqual(
    [
      message.usage.input_tokens,
      message.usage.cache_read_input_tokens,
      message.usage.output_tokens,
    ],
    [15, 5, 7],
  );
});

test('a whole Anthropic reply as OpenAI writes it, in both of its dialects, read by its SDK', async () => {
  const chat = openaiWith(() => whole('anthropic-messages', ANTHROPIC_REPLY, 'openai-chat'));
  const completion = await chat.chat.completions.create({ model: 'm', messages: [] });
  const [choice] = completion.choices;
  assert.equal(choice?.message.content, 'I look.');
  assert.equal(choice.finish_reason, 'tool_calls');
  assert.equal(completion.usage?.prompt_tokens, 15);
  const responses = openaiWith(() =>
    whole('anthropic-messages', ANTHROPIC_REPLY, 'openai-responses'),
  );
  const response = await responses.responses.create({ model: 'm', input: 'x' });
  assert.equal(response.output_text, 'I look.');
  assert.deepEqual(
    response.output.map(({ type }) => type),
    ['reasoning', 'message', 'function_call'],
  );
  assert.equal(response.usage?.input_tokens, 15);
});

test('every way a reply ends has a word in every dialect', () => {
  const chat = (finish_reason: string): JsonObject => ({
    choices: [{ message: { content: 'x' }, finish_reason }],
  });
  const claude = (stop_reason: string): JsonObject => ({
    content: [{ type: 'text', text: 'x' }],
    stop_reason,
  });
  const stop = (reason: string) =>
    translateReply('openai-chat', chat(reason), 'anthropic-messages', context)['stop_reason'];
  assert.deepEqual(['stop', 'length', 'tool_calls', 'content_filter', 'odd'].map(stop), [
    'end_turn',
    'max_tokens',
    'tool_use',
    'refusal',
    'end_turn',
  ]);
  const finish = (reason: string) => {
    const { choices } = translateReply(
      'anthropic-messages',
      claude(reason),
      'openai-chat',
      context,
    );
    return objectOf(listOf(choices)[0])['finish_reason'];
  };
  assert.deepEqual(
    [
      'end_turn',
      'max_tokens',
      'stop_sequence',
      'tool_use',
      'refusal',
      'model_context_window_exceeded',
    ].map(finish),
    ['stop', 'length', 'stop', 'tool_calls', 'content_filter', 'length'],
  );
  const incomplete = (reason: string) =>
    translateReply('openai-chat', chat(reason), 'openai-responses', context)['incomplete_details'];
  assert.deepEqual(['stop', 'length', 'content_filter'].map(incomplete), [
    null,
    { reason: 'max_output_tokens' },
    { reason: 'content_filter' },
  ]);
});

test('only pairs of different chat dialects can be translated', () => {
  assert.ok(canTranslate('openai-responses', 'anthropic-messages'));
  assert.ok(!canTranslate('openai-chat', 'openai-chat'));
  assert.ok(!canTranslate('openai-chat', 'openai-responses'));
  assert.ok(!canTranslate('openai-embeddings', 'openai-chat'));
});

test('an answer in parts, as some servers of chat write one, is translated with its text', () => {
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
    { type: 'text', text: 'one ' },
    { type: 'text', text: 'two' },
  ];
  const body = {
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  };
  const whole = translateReply('openai-chat', body, 'anthropic-messages', context);
  assert.deepEqual(whole['content'], [
    { type: 'thinking', thinking: 'hm', signature: '' },
    { type: 'text', text: 'one two', citations: null },
  ]);
  const translation = openTranslation('openai-chat', 'anthropic-messages', context);
  const chunk = { choices: [{ index: 0, delta: { content }, finish_reason: null }] };
  const events = translation.push(sseEvent('', JSON.stringify(chunk)));
  const said = events.map(({ data }) => data).join('');
  assert.match(said, /"thinking":"hm".*"text":"one two"/u);
});
