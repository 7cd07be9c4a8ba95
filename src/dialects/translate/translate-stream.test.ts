import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';
import { isJsonObject, parseJson, type JsonObject } from '#stdx/json.ts';

import { HELD_CHARS_MAX } from '../neutral/neutral-reply.ts';
import { textOf } from '../neutral/wire.ts';
import { KEEP_ALIVE, sseEvent, type SseEvent } from '../sse-event.ts';
import { anthropicStreamed, chatStreamed, responsesStreamed } from './sdk.contract.ts';
import { openTranslation, type ReplyContext } from './translate.ts';

const context: ReplyContext = { model: 'fast', requestId: 'r1', createdS: 1_700_000_000 };

const anthropic = (...events: readonly JsonObject[]): SseEvent[] =>
  events.map((event) => sseEvent(textOf(event['type']), JSON.stringify(event)));

const chunk = (delta: JsonObject, finish: string | null = null, more: JsonObject = {}): SseEvent =>
  sseEvent(
    '',
    JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }], ...more }),
  );

const DONE = sseEvent('', '[DONE]');
const USAGE = sseEvent(
  '',
  JSON.stringify({
    choices: [],
    usage: {
      prompt_tokens: 20,
      completion_tokens: 7,
      total_tokens: 27,
      prompt_tokens_details: { cached_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
  }),
);

const messageStart = {
  type: 'message_start',
  message: {
    id: 'msg',
    role: 'assistant',
    content: [],
    usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 1 },
  },
};
const messageEnd = (reason: string): JsonObject[] => [
  {
    type: 'message_delta',
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: 12 },
  },
  { type: 'message_stop' },
];
const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];

const ANTHROPIC_REPLY = anthropic(
  messageStart,
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Let me ' },
    { type: 'thinking_delta', thinking: 'see.' },
    { type: 'signature_delta', signature: 'c2ln' },
  ),
  { type: 'ping' },
  { type: 'event_of_next_year', value: 1 },
  ...block(
    1,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'Hel' },
    { type: 'text_delta', text: 'lo' },
    { type: 'delta_of_next_year' },
  ),
  ...block(
    2,
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
    { type: 'input_json_delta', partial_json: '' },
    { type: 'input_json_delta', partial_json: '{"city":' },
    { type: 'input_json_delta', partial_json: '"Rome"}' },
  ),
  ...block(3, { type: 'tool_use', id: 'toolu_2', name: 'now', input: {} }),
  ...messageEnd('tool_use'),
);

const CHAT_REPLY = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning_content: 'Hm.' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  // Two calls whose pieces are interleaved.
  chunk({
    tool_calls: [
      {
        index: 0,
        id: 'call_1',
        type: 'function',
        function: { name: 'weather', arguments: '{"ci' },
      },
    ],
  }),
  chunk({
    tool_calls: [
      { index: 1, id: 'call_2', type: 'function', function: { name: 'now', arguments: '' } },
    ],
  }),
  chunk({
    tool_calls: [
      { index: 0, function: { arguments: 'ty":"Rome"}' } },
      { index: 1, function: { arguments: '{}' } },
    ],
  }),
  chunk({}, 'tool_calls'),
  USAGE,
  DONE,
];

type Pair = Parameters<typeof openTranslation>;
const run = (
  from: Pair[0],
  to: Pair[1],
  events: readonly SseEvent[],
  more: Partial<ReplyContext> = {},
) => {
  const translation = openTranslation(from, to, { ...context, ...more });
  return events.flatMap((event) => translation.push(event));
};

const wires = (events: readonly SseEvent[]): JsonObject[] =>
  events.map(({ data }) => parseJson(data)).filter(isJsonObject);
const types = (events: readonly SseEvent[]) => wires(events).map(({ type }) => type);

const blockEvents = (deltas: number): string[] => [
  'content_block_start',
  ...Array.from({ length: deltas }, () => 'content_block_delta'),
  'content_block_stop',
];

test('chat to Anthropic: the sequence of events that Anthropic writes', async () => {
  const events = run('openai-chat', 'anthropic-messages', CHAT_REPLY);
  assert.deepEqual(types(events), [
    'message_start',
    ...blockEvents(1),
    ...blockEvents(2),
    ...blockEvents(1),
    ...blockEvents(1),
    'message_delta',
    'message_stop',
  ]);
  for (const [index, { event }] of events.entries()) assert.equal(event, types(events)[index]);
  const message = await anthropicStreamed(events);
  assert.deepEqual(message.content, [
    { type: 'thinking', thinking: 'Hm.', signature: '' },
    { type: 'text', text: 'Hello', citations: null },
    { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } },
    { type: 'tool_use', id: 'call_2', name: 'now', input: {} },
  ]);
  assert.equal(message.stop_reason, 'tool_use');
  assert.equal(message.model, 'fast');
  assert.equal(message.usage.input_tokens, 15);
  assert.equal(message.usage.cache_read_input_tokens, 5);
  assert.equal(message.usage.output_tokens, 7);
});

test('chat to Responses: the sequence of events that OpenAI writes, numbered', async () => {
  const events = run('openai-chat', 'openai-responses', CHAT_REPLY);
  assert.deepEqual(types(events), [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.reasoning_summary_part.added',
    'response.reasoning_summary_text.delta',
    'response.reasoning_summary_text.done',
    'response.reasoning_summary_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    ...Array.from({ length: 2 }, () => [
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
    ]).flat(),
    'response.completed',
  ]);
  assert.deepEqual(
    wires(events).map(({ sequence_number }) => sequence_number),
    events.map((_, index) => index),
  );
  const response = await responsesStreamed(events);
  assert.equal(response.status, 'completed');
  assert.equal(response.output_text, 'Hello');
  assert.deepEqual(
    response.output.map((item) =>
      item.type === 'function_call' ? [item.call_id, item.name, item.arguments] : item.type,
    ),
    ['reasoning', 'message', ['call_1', 'weather', '{"city":"Rome"}'], ['call_2', 'now', '{}']],
  );
  assert.equal(response.usage?.total_tokens, 27);
  assert.equal(response.usage?.output_tokens_details.reasoning_tokens, 3);
});

test('Anthropic to chat: role first, deltas, finish, usage when asked, then [DONE]', async () => {
  const events = run('anthropic-messages', 'openai-chat', ANTHROPIC_REPLY, { includeUsage: true });
  assert.equal(events.at(-1)?.data, '[DONE]');
  const chunks = wires(events);
  assert.deepEqual(chunks[0]?.['choices'], [
    {
      index: 0,
      delta: { role: 'assistant', content: '', refusal: null },
      logprobs: null,
      finish_reason: null,
    },
  ]);
  assert.deepEqual(chunks.at(-1)?.['choices'], []);
  const completion = await chatStreamed(events);
  const [choice] = completion.choices;
  assert.equal(choice?.message.content, 'Hello');
  assert.equal(choice.finish_reason, 'tool_calls');
  assert.deepEqual(
    choice.message.tool_calls?.map((call) =>
      call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : null,
    ),
    [
      ['toolu_1', 'weather', '{"city":"Rome"}'],
      ['toolu_2', 'now', '{}'],
    ],
  );
  assert.equal(completion.usage?.prompt_tokens, 14);
  assert.equal(completion.usage?.completion_tokens, 12);
  const thought = chunks.flatMap(
    ({ choices }) => JSON.stringify(choices).match(/"reasoning_content":"([^"]*)"/u)?.[1] ?? [],
  );
  assert.equal(thought.join(''), 'Let me see.');
});

test('Anthropic to chat: no usage chunk where the client did not ask', () => {
  const chunks = wires(run('anthropic-messages', 'openai-chat', ANTHROPIC_REPLY));
  assert.ok(chunks.every((wire) => !('usage' in wire)));
});

test('Anthropic to Responses: signed thinking can be sent back', async () => {
  const events = run('anthropic-messages', 'openai-responses', ANTHROPIC_REPLY);
  const response = await responsesStreamed(events);
  const [reasoning] = response.output;
  assert.ok(reasoning?.type === 'reasoning');
  assert.equal(reasoning.encrypted_content, 'c2ln');
  assert.deepEqual(reasoning.summary, [{ type: 'summary_text', text: 'Let me see.' }]);
  assert.equal(response.output_text, 'Hello');
  assert.equal(response.output.length, 4);
});

test('a content filter ends a stream in the words of every dialect', async () => {
  const chat = [chunk({ role: 'assistant', content: 'No' }), chunk({}, 'content_filter'), DONE];
  const message = await anthropicStreamed(run('openai-chat', 'anthropic-messages', chat));
  assert.equal(message.stop_reason, 'refusal');
  const response = await responsesStreamed(run('openai-chat', 'openai-responses', chat));
  assert.equal(response.status, 'incomplete');
  assert.equal(response.incomplete_details?.reason, 'content_filter');
  const refused = anthropic(
    messageStart,
    ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'No' }),
    ...messageEnd('refusal'),
  );
  const completion = await chatStreamed(run('anthropic-messages', 'openai-chat', refused));
  assert.equal(completion.choices[0]?.finish_reason, 'content_filter');
});

test('a tool call that a filter cut short is not handed on', async () => {
  const pieces = (args: string) => ({
    tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: args } }],
  });
  const cut = [chunk(pieces('{"path":"/et')), chunk({}, 'content_filter'), DONE];
  assert.deepEqual(
    (await anthropicStreamed(run('openai-chat', 'anthropic-messages', cut))).content,
    [],
  );
  const whole = [chunk(pieces('{"a":1}')), chunk({}, 'content_filter'), DONE];
  assert.equal(
    (await anthropicStreamed(run('openai-chat', 'anthropic-messages', whole))).content.length,
    1,
  );
});

test('a refusal of an OpenAI model is a refusal everywhere', async () => {
  const chat = [
    chunk({ role: 'assistant' }),
    chunk({ refusal: 'I will ' }),
    chunk({ refusal: 'not.' }),
    chunk({}, 'stop'),
    DONE,
  ];
  const message = await anthropicStreamed(run('openai-chat', 'anthropic-messages', chat));
  assert.equal(message.stop_reason, 'refusal');
  assert.deepEqual(message.content, [{ type: 'text', text: 'I will not.', citations: null }]);
  const response = await responsesStreamed(run('openai-chat', 'openai-responses', chat));
  const [item] = response.output;
  assert.ok(item?.type === 'message');
  const [said] = item.content;
  assert.equal(said?.type === 'refusal' ? said.refusal : null, 'I will not.');
});

test('a provider that fails in the middle is told as a failure, never as an end', () => {
  const chat = [chunk({ content: 'a' }), sseEvent('', '{"error":{"message":"inner words"}}')];
  const claude = anthropic(messageStart, {
    type: 'error',
    error: { type: 'overloaded_error', message: 'inner words' },
  });
  for (const events of [
    run('openai-chat', 'anthropic-messages', chat),
    run('openai-chat', 'openai-responses', chat),
    run('anthropic-messages', 'openai-chat', claude),
    run('anthropic-messages', 'openai-responses', claude),
  ]) {
    const last = events.at(-1)?.data ?? '';
    assert.match(last, /"error"/u);
    assert.doesNotMatch(last, /inner words/u);
    assert.ok(
      !events.some(
        ({ data }) => data === '[DONE]' || /"(?:message_stop|response\.completed)"/u.test(data),
      ),
    );
  }
});

test('comments pass as they are and the ping of Anthropic becomes one', () => {
  const comment: SseEvent = { event: '', data: '', raw: ': hi\n\n' };
  assert.deepEqual(run('openai-chat', 'anthropic-messages', [comment]), [comment]);
  assert.deepEqual(run('anthropic-messages', 'openai-chat', anthropic({ type: 'ping' })), [
    KEEP_ALIVE,
  ]);
});

test('text that a stream makes us hold is bounded', () => {
  const isFault = (thrown: unknown): boolean =>
    thrown instanceof Fault && thrown.code === 'provider-reply-invalid';
  const big = 'a'.repeat(HELD_CHARS_MAX / 4);
  const text = Array.from({ length: 5 }, () => chunk({ content: big }));
  assert.throws(() => run('openai-chat', 'openai-responses', text), isFault);
  const call = Array.from({ length: 5 }, () =>
    chunk({ tool_calls: [{ index: 0, id: 'c', function: { arguments: big } }] }),
  );
  assert.throws(() => run('openai-chat', 'anthropic-messages', call), isFault);
  // Nothing is held for a dialect that needs nothing held.
  assert.ok(run('openai-chat', 'anthropic-messages', text).length > 5);
});

test('an event that is not JSON is a fault that quotes nothing', () => {
  for (const from of ['openai-chat', 'anthropic-messages'] as const) {
    const to = from === 'openai-chat' ? 'anthropic-messages' : 'openai-chat';
    assert.throws(
      () => run(from, to, [sseEvent('', '{"secret words')]),
      (thrown: unknown) =>
        thrown instanceof Fault &&
        !String(thrown.stack).includes('secret words') &&
        thrown.cause === undefined,
    );
  }
});
