/** An agent's turn in each dialect: what it sends, an answer that calls a tool, and what it reads. */
import { json, type Script, sse } from './upstream.ts';

export interface Turn {
  readonly system?: string;
  readonly user: string;
  readonly toolResult?: string;
  /** Tools on offer. */
  readonly tools: readonly string[];
  /** What each of them says of itself. */
  readonly description?: string;
}

export interface Called {
  readonly name: string;
  readonly arguments: unknown;
}

export interface AgentDialect {
  readonly name: string;
  readonly path: string;
  readonly model: string;
  request(turn: Turn, isStreamed: boolean): object;
  answer(call: Called, pieces: number): Script;
  /** Complete calls that a client of the dialect would run. */
  read(text: string): readonly Called[];
}

const cut = (text: string, pieces: number): string[] => {
  const size = Math.max(1, Math.ceil(text.length / pieces));
  return text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
};

type Wire = Record<string, unknown>;

const eventsOf = (text: string): Wire[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as Wire);

const isWhole = (text: string): boolean => text.startsWith('{');
const parsed = (text: string): unknown => (text === '' ? {} : JSON.parse(text));

const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (holder, key) =>
      typeof holder === 'object' && holder !== null ? (holder as Wire)[key] : undefined,
    value,
  );
const listAt = (value: unknown, ...path: (string | number)[]): unknown[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
};

const chatChunk = (delta: object, finish: string | null = null): string =>
  sse({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

const openaiChat: AgentDialect = {
  name: 'openai-chat',
  path: '/v1/chat/completions',
  model: 'chat',
  request: ({ system = 'You help.', user, toolResult, tools, description }, isStreamed) => ({
    model: 'chat',
    stream: isStreamed,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
      ...(toolResult === undefined
        ? []
        : [
            {
              role: 'assistant',
              content: null,
              tool_calls: [
                { id: 't0', type: 'function', function: { name: 'read', arguments: '{}' } },
              ],
            },
            { role: 'tool', tool_call_id: 't0', content: toolResult },
          ]),
    ],
    tools: tools.map((name) => ({
      type: 'function',
      function: { name, description, parameters: {} },
    })),
  }),
  answer: (call, pieces) => (seen, response) => {
    const text = JSON.stringify(call.arguments);
    const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
    if (seen.json['stream'] !== true) {
      const one = { id: 't1', type: 'function', function: { name: call.name, arguments: text } };
      const message = { role: 'assistant', content: null, tool_calls: [one] };
      json(response, 200, {
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
        usage,
      });
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const first = { name: call.name, arguments: '' };
    response.write(
      chatChunk({ tool_calls: [{ index: 0, id: 't1', type: 'function', function: first }] }),
    );
    for (const piece of cut(text, pieces)) {
      response.write(chatChunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
    }
    response.write(chatChunk({}, 'tool_calls'));
    response.end('data: [DONE]\n\n');
  },
  read(text) {
    if (isWhole(text)) {
      return listAt(parsed(text), 'choices', 0, 'message', 'tool_calls').map((call) => ({
        name: String(at(call, 'function', 'name')),
        arguments: parsed(String(at(call, 'function', 'arguments'))),
      }));
    }
    let [name, args, isCalled] = ['', '', false];
    for (const event of eventsOf(text)) {
      for (const call of listAt(event, 'choices', 0, 'delta', 'tool_calls')) {
        name ||= String(at(call, 'function', 'name') ?? '');
        args += String(at(call, 'function', 'arguments') ?? '');
      }
      if (at(event, 'choices', 0, 'finish_reason') === 'tool_calls') isCalled = true;
    }
    return isCalled ? [{ name, arguments: parsed(args) }] : [];
  },
};

const anthropic: AgentDialect = {
  name: 'anthropic-messages',
  path: '/v1/messages',
  model: 'claude',
  request: ({ system = 'You help.', user, toolResult, tools, description }, isStreamed) => ({
    model: 'claude',
    max_tokens: 100,
    stream: isStreamed,
    system,
    messages: [
      { role: 'user', content: user },
      ...(toolResult === undefined
        ? []
        : [
            {
              role: 'assistant',
              content: [{ type: 'tool_use', id: 't0', name: 'read', input: {} }],
            },
            {
              role: 'user',
              content: [{ type: 'tool_result', tool_use_id: 't0', content: toolResult }],
            },
          ]),
    ],
    tools: tools.map((name) => ({ name, description, input_schema: { type: 'object' } })),
  }),
  answer: (call, pieces) => (seen, response) => {
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'm' };
    const usage = { input_tokens: 7, output_tokens: 3 };
    const block = { type: 'tool_use', id: 't1', name: call.name };
    if (seen.json['stream'] !== true) {
      const content = [{ ...block, input: call.arguments }];
      json(response, 200, { ...message, content, stop_reason: 'tool_use', usage });
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const write = (type: string, members: object): void => {
      response.write(sse({ type, ...members }, type));
    };
    write('message_start', { message: { ...message, content: [], usage } });
    write('content_block_start', { index: 0, content_block: { ...block, input: {} } });
    for (const piece of cut(JSON.stringify(call.arguments), pieces)) {
      const delta = { type: 'input_json_delta', partial_json: piece };
      write('content_block_delta', { index: 0, delta });
    }
    write('content_block_stop', { index: 0 });
    write('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } });
    write('message_stop', {});
    response.end();
  },
  read(text) {
    if (isWhole(text)) {
      return listAt(parsed(text), 'content').map((block) => ({
        name: String(at(block, 'name')),
        arguments: at(block, 'input'),
      }));
    }
    let [name, args, isCalled] = ['', '', false];
    for (const event of eventsOf(text)) {
      name ||= String(at(event, 'content_block', 'name') ?? '');
      args += String(at(event, 'delta', 'partial_json') ?? '');
      if (at(event, 'delta', 'stop_reason') === 'tool_use') isCalled = true;
    }
    return isCalled ? [{ name, arguments: parsed(args) }] : [];
  },
};

const responses: AgentDialect = {
  name: 'openai-responses',
  path: '/v1/responses',
  model: 'chat',
  request: ({ system = 'You help.', user, toolResult, tools, description }, isStreamed) => ({
    model: 'chat',
    stream: isStreamed,
    instructions: system,
    input: [
      { role: 'user', content: user },
      ...(toolResult === undefined
        ? []
        : [
            { type: 'function_call', call_id: 't0', name: 'read', arguments: '{}' },
            { type: 'function_call_output', call_id: 't0', output: toolResult },
          ]),
    ],
    tools: tools.map((name) => ({ type: 'function', name, description, parameters: {} })),
  }),
  answer: (call, pieces) => (seen, response) => {
    const text = JSON.stringify(call.arguments);
    const item = { type: 'function_call', id: 'fc1', call_id: 't1', name: call.name };
    const done = { ...item, arguments: text, status: 'completed' };
    const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
    const head = { id: 'r', object: 'response', model: 'm', created_at: 1 };
    const whole = { ...head, status: 'completed', output: [done], usage };
    if (seen.json['stream'] !== true) {
      json(response, 200, whole);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let number = 0;
    const write = (type: string, members: object): void => {
      response.write(sse({ type, ...members, sequence_number: number }, type));
      number += 1;
    };
    write('response.created', { response: { ...head, status: 'in_progress', output: [] } });
    write('response.output_item.added', { output_index: 0, item: { ...item, arguments: '' } });
    for (const delta of cut(text, pieces)) {
      write('response.function_call_arguments.delta', { item_id: 'fc1', output_index: 0, delta });
    }
    const last = { item_id: 'fc1', output_index: 0, arguments: text };
    write('response.function_call_arguments.done', last);
    write('response.output_item.done', { output_index: 0, item: done });
    write('response.completed', { response: whole });
    response.end();
  },
  read(text) {
    const read = (item: unknown): Called => ({
      name: String(at(item, 'name')),
      arguments: parsed(String(at(item, 'arguments'))),
    });
    const isCall = (item: unknown): boolean =>
      at(item, 'type') === 'function_call' && at(item, 'status') === 'completed';
    if (isWhole(text)) return listAt(parsed(text), 'output').filter(isCall).map(read);
    const events = eventsOf(text);
    const deltas = events
      .filter(({ type }) => type === 'response.function_call_arguments.delta')
      .map(({ delta }) => String(delta))
      .join('');
    const items = events
      .filter(({ type }) => type === 'response.output_item.done')
      .map(({ item }) => item)
      .filter(isCall);
    // Three ways to read one call: they must not differ.
    for (const item of items) {
      if (deltas !== at(item, 'arguments')) throw new Error('the deltas are not the item');
    }
    const final = events.find(({ type }) => type === 'response.completed');
    const last = listAt(final, 'response', 'output').filter(isCall);
    if (JSON.stringify(last) !== JSON.stringify(items)) throw new Error('the items differ');
    return items.map(read);
  },
};

export const agentDialects: readonly AgentDialect[] = [openaiChat, anthropic, responses];

export const agentYaml = (url: string): string => `
providers:
  o: { type: openai, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
  a: { type: anthropic, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  chat: { deployments: [{ provider: o, model: m }] }
  claude: { deployments: [{ provider: a, model: m }] }
`;
