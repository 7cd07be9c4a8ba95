/** Requests and replies of every dialect, with a text planted at every position. */
import type { DialectName } from '#domain/call.ts';
import type { Position } from '#domain/passage.ts';

type Plant = (text: string) => Record<string, unknown>;

const user = (content: unknown): object => ({ role: 'user', content });

const CHAT_TOOL = {
  type: 'function',
  function: { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } },
};

/** A request whose one planted text stands at the position; where a dialect lacks one, no entry. */
export const REQUEST_PLANTS: Readonly<Record<DialectName, Partial<Record<Position, Plant>>>> = {
  'openai-chat': {
    system: (text) => ({ messages: [{ role: 'system', content: text }, user('hi')] }),
    user: (text) => ({ messages: [user([{ type: 'text', text }])] }),
    assistant: (text) => ({
      messages: [user('hi'), { role: 'assistant', content: text }, user('and?')],
    }),
    'tool-definition': (text) => ({
      messages: [user('hi')],
      tools: [{ type: 'function', function: { ...CHAT_TOOL.function, description: text } }],
    }),
    'tool-arguments': (text) => ({
      messages: [
        user('hi'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'c1',
              type: 'function',
              function: { name: 'look', arguments: JSON.stringify({ q: { deep: [text] } }) },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      ],
      tools: [CHAT_TOOL],
    }),
    'tool-result': (text) => ({
      messages: [
        user('hi'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: text },
      ],
      tools: [CHAT_TOOL],
    }),
    reasoning: (text) => ({
      messages: [
        user('hi'),
        { role: 'assistant', content: 'x', reasoning_content: text },
        user('?'),
      ],
    }),
    metadata: (text) => ({ messages: [user('hi')], metadata: { note: text } }),
  },
  'openai-responses': {
    system: (text) => ({ input: 'hi', instructions: text }),
    user: (text) => ({ input: [{ role: 'user', content: [{ type: 'input_text', text }] }] }),
    assistant: (text) => ({
      input: [
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text, annotations: [] }],
        },
        user('and?'),
      ],
    }),
    'tool-definition': (text) => ({
      input: 'hi',
      tools: [
        {
          type: 'function',
          name: 'look',
          description: text,
          parameters: { type: 'object', properties: {} },
          strict: false,
        },
      ],
    }),
    'tool-arguments': (text) => ({
      input: [
        user('hi'),
        {
          type: 'function_call',
          call_id: 'c1',
          name: 'look',
          arguments: JSON.stringify({ q: [text] }),
        },
        { type: 'function_call_output', call_id: 'c1', output: 'ok' },
      ],
    }),
    'tool-result': (text) => ({
      input: [
        user('hi'),
        { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: text },
      ],
    }),
    reasoning: (text) => ({
      input: [
        user('hi'),
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text }] },
        user('?'),
      ],
    }),
    metadata: (text) => ({ input: 'hi', metadata: { note: text } }),
  },
  'openai-embeddings': {
    user: (text) => ({ input: ['plain', text] }),
    metadata: (text) => ({ input: 'plain', user: text }),
  },
  'anthropic-messages': {
    system: (text) => ({
      system: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
      messages: [user('hi')],
    }),
    user: (text) => ({ messages: [user([{ type: 'text', text }])] }),
    assistant: (text) => ({
      messages: [user('hi'), { role: 'assistant', content: text }, user('and?')],
    }),
    'tool-definition': (text) => ({
      messages: [user('hi')],
      tools: [
        { name: 'look', description: text, input_schema: { type: 'object', properties: {} } },
      ],
    }),
    'tool-arguments': (text) => ({
      messages: [
        user('hi'),
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 't1', name: 'look', input: { q: { deep: [text] } } }],
        },
        user([{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }]),
      ],
    }),
    'tool-result': (text) => ({
      messages: [
        user('hi'),
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'look', input: {} }] },
        user([{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text }] }]),
      ],
    }),
    document: (text) => ({
      messages: [
        user([
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text } },
          { type: 'text', text: 'sum up' },
        ]),
      ],
    }),
    reasoning: (text) => ({
      messages: [
        user('hi'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: text, signature: 'c2ln' },
            { type: 'text', text: 'x' },
          ],
        },
        user('?'),
      ],
    }),
    metadata: (text) => ({ messages: [user('hi')], metadata: { user_id: text } }),
  },
};

/** Sealed positions are never edited: a finding there blocks, also where the rule says redact. */
export const SEALED: ReadonlySet<string> = new Set(['anthropic-messages/reasoning']);

export const NEEDED: Readonly<Record<DialectName, object>> = {
  'openai-chat': {},
  'openai-responses': {},
  'openai-embeddings': {},
  'anthropic-messages': { max_tokens: 64 },
};

export const REPLY_POSITIONS = ['assistant', 'tool-arguments', 'reasoning', 'metadata'] as const;
export type ReplyPosition = (typeof REPLY_POSITIONS)[number];
export type Texts = Readonly<Record<ReplyPosition, string>>;

export const PLAIN: Texts = {
  assistant: 'fine',
  'tool-arguments': 'fine',
  reasoning: 'fine',
  metadata: 'fine',
};

const event = (type: string, members: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

/** Splits a text in the middle, so that no event holds all of it. */
const halves = (text: string): [string, string] => {
  const half = Math.floor(text.length / 2);
  return [text.slice(0, half), text.slice(half)];
};

/** A whole answer with these texts, as the vendor writes it. */
export function wholeReply(dialect: DialectName, texts: Texts): object {
  const args = JSON.stringify({ q: texts['tool-arguments'] });
  switch (dialect) {
    case 'openai-chat':
      return {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        note: texts.metadata,
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            message: {
              role: 'assistant',
              content: texts.assistant,
              reasoning_content: texts.reasoning,
              tool_calls: [
                { id: 'c1', type: 'function', function: { name: 'look', arguments: args } },
              ],
            },
          },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
      };
    case 'openai-responses':
      return {
        id: 'resp_1',
        object: 'response',
        created_at: 1,
        status: 'completed',
        model: 'm',
        note: texts.metadata,
        output: [
          {
            id: 'rs_1',
            type: 'reasoning',
            summary: [{ type: 'summary_text', text: texts.reasoning }],
          },
          {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: texts.assistant, annotations: [] }],
          },
          { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'look', arguments: args },
        ],
        usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 },
      };
    case 'anthropic-messages':
      return {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        note: texts.metadata,
        content: [
          { type: 'thinking', thinking: texts.reasoning, signature: 'c2ln' },
          { type: 'text', text: texts.assistant },
          { type: 'tool_use', id: 't1', name: 'look', input: { q: texts['tool-arguments'] } },
        ],
        stop_reason: 'tool_use',
        stop_sequence: null,
        usage: { input_tokens: 3, output_tokens: 5 },
      };
    case 'openai-embeddings':
      return {
        object: 'list',
        model: 'm',
        note: texts.metadata,
        data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      };
  }
}

/** The same as a stream, every text cut in two. */
export function streamReply(
  dialect: Exclude<DialectName, 'openai-embeddings'>,
  texts: Texts,
): string {
  const args = halves(JSON.stringify({ q: texts['tool-arguments'] }));
  switch (dialect) {
    case 'openai-chat': {
      const chunk = (delta: object, finish: string | null = null, more: object = {}): string =>
        `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...more, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      return [
        chunk({ role: 'assistant', content: '' }, null, { note: texts.metadata }),
        ...halves(texts.reasoning).map((text) => chunk({ reasoning_content: text })),
        ...halves(texts.assistant).map((text) => chunk({ content: text })),
        chunk({
          tool_calls: [
            { index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: '' } },
          ],
        }),
        ...args.map((text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
        chunk({}, 'tool_calls'),
        'data: [DONE]\n\n',
      ].join('');
    }
    case 'openai-responses': {
      const whole = wholeReply(dialect, texts) as { output: { id: string }[] };
      const [reasoning, message, call] = whole.output;
      const at = { item_id: 'msg_1', output_index: 1, content_index: 0 };
      const think = { item_id: 'rs_1', output_index: 0, summary_index: 0 };
      const tool = { item_id: 'fc_1', output_index: 2 };
      return [
        event('response.created', { sequence_number: 0, response: { id: 'resp_1', output: [] } }),
        event('response.output_item.added', {
          output_index: 0,
          item: { id: 'rs_1', type: 'reasoning', summary: [] },
        }),
        ...halves(texts.reasoning).map((delta) =>
          event('response.reasoning_summary_text.delta', { ...think, delta }),
        ),
        event('response.reasoning_summary_text.done', { ...think, text: texts.reasoning }),
        event('response.output_item.done', { output_index: 0, item: reasoning }),
        event('response.output_item.added', { output_index: 1, item: { ...message, content: [] } }),
        event('response.content_part.added', {
          ...at,
          part: { type: 'output_text', text: '', annotations: [] },
        }),
        ...halves(texts.assistant).map((delta) =>
          event('response.output_text.delta', { ...at, delta }),
        ),
        event('response.output_text.done', { ...at, text: texts.assistant }),
        event('response.output_item.done', { output_index: 1, item: message }),
        event('response.output_item.added', { output_index: 2, item: { ...call, arguments: '' } }),
        ...args.map((delta) => event('response.function_call_arguments.delta', { ...tool, delta })),
        event('response.function_call_arguments.done', { ...tool, arguments: args.join('') }),
        event('response.output_item.done', { output_index: 2, item: call }),
        event('response.event_of_next_year', { note: texts.metadata }),
        event('response.completed', { response: whole }),
      ].join('');
    }
    case 'anthropic-messages': {
      const start = (index: number, block: object): string =>
        event('content_block_start', { index, content_block: block });
      const delta = (index: number, members: object): string =>
        event('content_block_delta', { index, delta: members });
      const stop = (index: number): string => event('content_block_stop', { index });
      return [
        event('message_start', {
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            content: [],
            model: 'm',
            usage: { input_tokens: 3, output_tokens: 1 },
          },
        }),
        start(0, { type: 'thinking', thinking: '', signature: '' }),
        ...halves(texts.reasoning).map((thinking) =>
          delta(0, { type: 'thinking_delta', thinking }),
        ),
        delta(0, { type: 'signature_delta', signature: 'c2ln' }),
        stop(0),
        start(1, { type: 'text', text: '' }),
        ...halves(texts.assistant).map((text) => delta(1, { type: 'text_delta', text })),
        stop(1),
        start(2, { type: 'tool_use', id: 't1', name: 'look', input: {} }),
        ...args.map((text) => delta(2, { type: 'input_json_delta', partial_json: text })),
        stop(2),
        event('event_of_next_year', { note: texts.metadata }),
        event('message_delta', {
          delta: { stop_reason: 'tool_use', stop_sequence: null },
          usage: { output_tokens: 5 },
        }),
        event('message_stop', {}),
      ].join('');
    }
  }
}
