/** The law of streams, for all three chat dialects and every way of cutting an answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { dialects } from '#dialects/registry.ts';
import { SseReader } from '#dialects/sse-reader.ts';
import type { Call, DialectName } from '#domain/call.ts';
import { Fault } from '#domain/fault.ts';
import { NO_CAPS } from '#domain/money.ts';
import { filterWhole, ruleOf, runOf } from '#policy/guards/guard.contract.ts';
import type { GuardRule } from '#policy/guards/rule.ts';
import { secretsGuard } from '#policy/guards/secrets.ts';
import { topicsGuard } from '#policy/guards/topics.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import type { Gateway, Outlet } from './ports.ts';
import { type StreamEnd, StreamRelay } from './relay-stream.ts';
import { UpstreamBody } from './upstream-body.ts';

type ChatDialect = Exclude<DialectName, 'openai-embeddings'>;

const KEY = ['sk', 'ant', 'a1B2c3D4e5F6g7H8i9J0k1L2'].join('-');
const PIECES = [
  KEY,
  'sk-ant-',
  'project falcon',
  'project ',
  'falcon',
  ' ',
  '\n',
  'the quick brown fox',
  'é',
  '"',
];

const secrets = ruleOf(secretsGuard.create({ allow: [] }));
const topics = ruleOf(
  topicsGuard.create(topicsGuard.config.parse({ rules: [{ match: 'project falcon' }] })),
);

const sse = (event: string, data: object): string =>
  `${event === '' ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;

/** A whole answer of text and one tool call, in pieces, as each vendor writes it. */
const STREAMS: Readonly<Record<ChatDialect, (texts: string[], args: string[]) => string>> = {
  'openai-chat': (texts, args) => {
    const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };
    const chunk = (delta: object, finish: string | null = null): string =>
      sse('', { ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
    return [
      chunk({ role: 'assistant', content: '' }),
      ...texts.map((content) => chunk({ content })),
      chunk({
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } },
        ],
      }),
      ...args.map((text) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })),
      chunk({}, 'tool_calls'),
      sse('', { ...base, choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } }),
      'data: [DONE]\n\n',
    ].join('');
  },
  'anthropic-messages': (texts, args) =>
    [
      sse('message_start', {
        type: 'message_start',
        message: {
          id: 'msg_1',
          role: 'assistant',
          content: [],
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      }),
      sse('content_block_start', {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '' },
      }),
      sse('ping', { type: 'ping' }),
      ...texts.map((text) =>
        sse('content_block_delta', {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text },
        }),
      ),
      sse('content_block_stop', { type: 'content_block_stop', index: 0 }),
      sse('content_block_start', {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
      }),
      ...args.map((text) =>
        sse('content_block_delta', {
          type: 'content_block_delta',
          index: 1,
          delta: { type: 'input_json_delta', partial_json: text },
        }),
      ),
      sse('content_block_stop', { type: 'content_block_stop', index: 1 }),
      sse('event_of_next_year', { type: 'event_of_next_year', note: 'nothing' }),
      sse('message_delta', {
        type: 'message_delta',
        delta: { stop_reason: 'tool_use' },
        usage: { output_tokens: 5 },
      }),
      sse('message_stop', { type: 'message_stop' }),
    ].join(''),
  'openai-responses': (texts, args) => {
    let number = 0;
    const event = (type: string, members: object): string => {
      number += 1;
      return sse(type, { type, sequence_number: number - 1, ...members });
    };
    const text = texts.join('');
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text, annotations: [] }],
    };
    const call = {
      id: 'fc_1',
      type: 'function_call',
      call_id: 'call_1',
      name: 'f',
      arguments: args.join(''),
    };
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    return [
      event('response.created', { response: { id: 'resp_1', output: [] } }),
      event('response.output_item.added', { output_index: 0, item: { ...message, content: [] } }),
      event('response.content_part.added', { ...at, part: { type: 'output_text', text: '' } }),
      ...texts.map((delta) => event('response.output_text.delta', { ...at, delta })),
      event('response.output_text.done', { ...at, text }),
      event('response.content_part.done', { ...at, part: { type: 'output_text', text } }),
      event('response.output_item.done', { output_index: 0, item: message }),
      event('response.output_item.added', { output_index: 1, item: { ...call, arguments: '' } }),
      ...args.map((delta) =>
        event('response.function_call_arguments.delta', {
          item_id: 'fc_1',
          output_index: 1,
          delta,
        }),
      ),
      event('response.function_call_arguments.done', {
        item_id: 'fc_1',
        output_index: 1,
        arguments: call.arguments,
      }),
      event('response.output_item.done', { output_index: 1, item: call }),
      event('response.completed', {
        response: {
          id: 'resp_1',
          output: [message, call],
          usage: { input_tokens: 3, output_tokens: 5 },
        },
      }),
    ].join('');
  },
};

const REQUESTS: Readonly<Record<ChatDialect, JsonObject>> = {
  'openai-chat': { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] },
  'anthropic-messages': {
    model: 'm',
    stream: true,
    max_tokens: 9,
    messages: [{ role: 'user', content: 'hi' }],
  },
  'openai-responses': { model: 'm', stream: true, input: 'hi' },
};

function callOf(dialect: ChatDialect): Call {
  const parsed = dialects[dialect].parse(structuredClone(REQUESTS[dialect]), 'chat');
  assert.ok(parsed.ok);
  return parsed.value;
}

interface Relayed {
  readonly sent: string;
  readonly end: StreamEnd;
}

/** Runs a provider's bytes, cut anywhere, through the relay. */
async function relay(
  dialect: ChatDialect,
  wire: string,
  cuts: readonly number[],
  rules: readonly GuardRule[],
): Promise<Relayed> {
  const bytes = Buffer.from(wire);
  const body = new UpstreamBody();
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut > from) body.add(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  body.end();
  let sent = '';
  const outlet = {
    write: (text: string) => {
      sent += text;
      return Promise.resolve();
    },
  } as Outlet;
  const clock = { nowMs: () => 0, monotonicMs: () => performance.now() };
  const gateway = { dialects, clock } as Gateway;
  const { run, evidence } = runOf(...rules);
  const reply = {
    deployment: {
      id: 'd',
      provider: 'p',
      model: 'm',
      weight: 1,
      dialects: [],
      price: null,
      caps: NO_CAPS,
    },
    dialect,
    body,
    finished: () => {},
  };
  const ids = { requestId: 'req_1', model: 'm' };
  const input = {
    call: callOf(dialect),
    reply,
    run,
    evidence,
    ...ids,
    inputTokens: 1,
    births: null,
    tap: null,
    trace: null,
    thinker: { sentMs: 0, isAsked: false, tokensMax: 0 },
    spend: null,
    told: () => {},
  };
  const end = await new StreamRelay(input, gateway, outlet).run();
  return { sent: sent + end.last, end };
}

const eventsOf = (wire: string): JsonObject[] =>
  new SseReader().push(Buffer.from(wire)).flatMap(({ data }) => {
    const parsed: unknown = data === '' || data === '[DONE]' ? null : JSON.parse(data);
    return isJsonObject(parsed) ? [parsed] : [];
  });

interface Told {
  readonly text: string;
  readonly args: string;
  /** Every place where Responses repeats the whole text. */
  readonly repeats: readonly string[];
}

/** What a client makes of the events. */
function told(wire: string): Told {
  let text = '';
  let args = '';
  const repeats: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const member of value) visit(member, key);
    else if (isJsonObject(value))
      for (const [name, member] of Object.entries(value)) visit(member, name);
    else if (typeof value === 'string' && key === 'text') repeats.push(value);
  };
  for (const event of eventsOf(wire)) {
    const type = event['type'];
    const delta = isJsonObject(event['delta']) ? event['delta'] : {};
    if (type === 'content_block_delta') {
      text += String(delta['text'] ?? '');
      args += String(delta['partial_json'] ?? '');
    } else if (type === 'response.output_text.delta') text += String(event['delta']);
    else if (type === 'response.function_call_arguments.delta') args += String(event['delta']);
    else if (typeof type === 'string' && type.startsWith('response.')) visit(event, '');
    for (const choice of (event['choices'] ?? []) as { delta: JsonObject }[]) {
      text += String(choice.delta['content'] ?? '');
      for (const call of (choice.delta['tool_calls'] ?? []) as { function: JsonObject }[]) {
        args += String(call.function['arguments'] ?? '');
      }
    }
  }
  return { text, args, repeats: repeats.filter((repeat) => repeat !== '') };
}

const pieces = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 })), { maxLength: 8 })
  .chain((parts) => {
    const text = parts.join('');
    return fc.array(fc.nat({ max: text.length }), { maxLength: 12 }).map((cuts) =>
      cutAt(
        text,
        cuts.sort((a, b) => a - b),
      ),
    );
  });

function cutAt(text: string, cuts: readonly number[]): string[] {
  const out: string[] = [];
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    if (cut > from) out.push(text.slice(from, cut));
    from = Math.max(from, cut);
  }
  return out;
}

const FULL = process.env['LLMPROXY_FULL'] === '1';

for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages'] as const) {
  describe(`streams of ${dialect}`, () => {
    const runs = FULL ? 100_000 : 800;

    test('what is not touched keeps its bytes', async () => {
      const wire = STREAMS[dialect](['plain ', 'answer'], ['{"a": ', '1}']);
      const { sent } = await relay(dialect, wire, [], []);
      const hidden =
        dialect === 'openai-chat' ? /data: \{[^\n]*"choices":\[\],"usage"[^\n]*\n\n/u : /$^/u;
      assert.equal(sent, wire.replace(hidden, ''));
    });

    test(`streamed output is the output for the whole, over ${runs} random chunkings`, async () => {
      const rules = [secrets, topics];
      await fc.assert(
        fc.asyncProperty(
          pieces,
          pieces,
          fc.array(fc.nat(3_000), { maxLength: 20 }),
          async (texts, values, cuts) => {
            const value = values.join('');
            const args = cutAt(JSON.stringify({ a: value, b: [value] }), [5, 9, 17]);
            const wire = STREAMS[dialect](texts, args);
            const { sent, end } = await relay(
              dialect,
              wire,
              cuts.sort((a, b) => a - b),
              rules,
            );
            assert.equal(end.denial, null);
            const heard = told(sent);
            const whole = await filterWhole(rules, texts.join(''));
            assert.equal(heard.text, whole);
            const filtered = await filterWhole(rules, value);
            assert.deepEqual(JSON.parse(heard.args), { a: filtered, b: [filtered] });
            for (const repeat of heard.repeats) assert.equal(repeat, whole);
            assert.ok(!sent.includes(KEY));
          },
        ),
        { numRuns: runs },
      );
    });

    test('a block ends the stream before the finding, in the words of the dialect', async () => {
      const blocking = [
        {
          ...topics,
          action: 'block' as const,
          guard: { ...topics.guard, actionOf: () => 'block' as const },
        },
      ];
      const wire = STREAMS[dialect](['all is well, ', 'proj', 'ect fal', 'con flies'], ['{}']);
      const { sent, end } = await relay(dialect, wire, [], blocking);
      assert.equal(end.denial?.reason, 'content-blocked');
      assert.equal(told(sent).text, 'all is well, ');
      assert.match(sent, /content_filter|"stop_reason":"refusal"/u);
      assert.match(sent, /data: \[DONE\]\n\n$|message_stop"\}\n\n$|response\.incomplete/u);
    });

    test('a finding in tool arguments stops them before any of them is sent', async () => {
      const blocking = [
        {
          ...topics,
          action: 'block' as const,
          guard: { ...topics.guard, actionOf: () => 'block' as const },
        },
      ];
      const wire = STREAMS[dialect](['ok'], ['{"q": "proj', 'ect falcon"}']);
      const { sent, end } = await relay(dialect, wire, [], blocking);
      assert.equal(end.denial?.reason, 'content-blocked');
      assert.equal(told(sent).args, '');
    });

    test('a stream that is cut is a fault, and never gets an end of ours', async () => {
      const wire = STREAMS[dialect](['an answer that', ' goes on'], ['{}']);
      const cut = wire.slice(0, Math.floor(wire.length * 0.6));
      await assert.rejects(
        relay(dialect, cut, [], [secrets]),
        (thrown) => thrown instanceof Fault && thrown.code === 'provider-cut',
      );
    });
  });
}

test('text in an event of next year is scanned like any other', async () => {
  const wire = STREAMS['anthropic-messages'](['ok'], ['{}']).replace(
    '"note":"nothing"',
    `"note":"${KEY}"`,
  );
  const { sent } = await relay('anthropic-messages', wire, [], [secrets]);
  assert.ok(!sent.includes(KEY));
  assert.match(sent, /"note":"\[redacted:anthropic-key\]"/u);
});

test('signed thinking is never edited: a finding in it blocks', async () => {
  const wire = STREAMS['anthropic-messages'](['ok'], ['{}'])
    .replace(
      '"content_block":{"type":"text","text":""}',
      '"content_block":{"type":"thinking","thinking":""}',
    )
    .replace(
      '{"type":"text_delta","text":"ok"}',
      `{"type":"thinking_delta","thinking":"use ${KEY} now"}`,
    );
  const { sent, end } = await relay('anthropic-messages', wire, [], [secrets]);
  assert.equal(end.denial?.reason, 'content-blocked');
  assert.ok(!sent.includes(KEY));
});

const chatChunk = (delta: object, finish: string | null = null): string =>
  sse('', { id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] });
const DONE = 'data: [DONE]\n\n';
const KEY_PIECES = KEY.match(/.{1,5}/gu) ?? [];

test('thinking that a server writes under two names is filtered under each', async () => {
  const pieces = KEY_PIECES.map((piece) =>
    chatChunk({ reasoning: piece, reasoning_content: piece }),
  );
  const wire = [...pieces, chatChunk({}, 'stop'), DONE].join('');
  const { sent } = await relay('openai-chat', wire, [], [secrets]);
  const heard = ['reasoning', 'reasoning_content'].map((name) =>
    eventsOf(sent)
      .flatMap((event) => (event['choices'] ?? []) as { delta: JsonObject }[])
      .map(({ delta }) => String(delta[name] ?? ''))
      .join(''),
  );
  assert.deepEqual(heard, ['[redacted:anthropic-key]', '[redacted:anthropic-key]']);
});

test('text behind the end of its channel ends the answer: what it goes on from has left', async () => {
  const chat = KEY_PIECES.map((piece) => chatChunk({ content: piece }, 'stop')).join('') + DONE;
  const delta = (text: string) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text },
  });
  const claude = [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...KEY_PIECES.flatMap((piece) => [delta(piece), { type: 'content_block_stop', index: 0 }]),
    { type: 'message_stop' },
  ];
  for (const [dialect, wire] of [
    ['openai-chat', chat],
    ['anthropic-messages', claude.map((event) => sse(event.type, event)).join('')],
  ] as const) {
    await assert.rejects(
      relay(dialect, wire, [], [secrets]),
      (thrown) => thrown instanceof Fault && thrown.code === 'provider-reply-invalid',
    );
  }
});

test('calls that a server counts all as the first are calls of their own', async () => {
  const called = (name: string, args: string): object => ({
    tool_calls: [{ index: 0, id: name, type: 'function', function: { name, arguments: args } }],
  });
  const wire = [
    chatChunk(called('one', '{"a":1}'), 'tool_calls'),
    chatChunk(called('two', `{"a":"${KEY}"}`), 'tool_calls'),
    DONE,
  ].join('');
  const { sent } = await relay('openai-chat', wire, [], [secrets]);
  assert.equal(told(sent).args, '{"a":1}{"a":"[redacted:anthropic-key]"}');
});

test('a delta of next year is scanned where its text stands under a name that we know', async () => {
  const wire = STREAMS['anthropic-messages'](['ok'], ['{}']).replace(
    '{"type":"text_delta","text":"ok"}',
    `{"type":"next_delta","text":"${KEY}"}`,
  );
  const { sent } = await relay('anthropic-messages', wire, [], [secrets]);
  assert.ok(!sent.includes(KEY));
});

test('an event that two parsers read differently is written anew', async () => {
  const twice = `data: {"choices":[{"index":0,"delta":{"refusal":"${KEY}","refusal":null}}]}\n\n`;
  const wire = [twice, chatChunk({}, 'stop'), DONE].join('');
  const { sent } = await relay('openai-chat', wire, [], [secrets]);
  assert.ok(!sent.includes(KEY));
  assert.match(sent, /"refusal":null/u);
});

test('text in a structure is filtered over its events, and none of it is lost', async () => {
  type Wrap = readonly [what: string, wrap: (text: string) => object, leaf: RegExp];
  const wraps: readonly Wrap[] = [
    [
      'details of a reasoning',
      (text) => ({ reasoning_details: [{ type: 'reasoning.text', text }] }),
      /"text":"(?<said>[^"]*)"/gu,
    ],
    [
      'parts of a content',
      (text) => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] }),
      /"text":"(?<said>[^"]*)"/gu,
    ],
    [
      'the transcript of speech',
      (transcript) => ({ audio: { id: 'a', transcript } }),
      /"transcript":"(?<said>[^"]*)"/gu,
    ],
    [
      'a field that nobody knows',
      (text) => ({ type: 'thought', thinking_text: text }),
      /"thinking_text":"(?<said>[^"]*)"/gu,
    ],
  ];
  for (const [what, wrap, leaf] of wraps) {
    const pieces = ['use ', ...KEY_PIECES, ' now, or sk-', 'an'].map((text) =>
      chatChunk(wrap(text)),
    );
    const wire = [...pieces, chatChunk({}, 'stop'), DONE].join('');
    const { sent } = await relay('openai-chat', wire, [], [secrets]);
    const said = [...sent.matchAll(leaf)].map(({ groups }) => groups?.['said']).join('');
    assert.equal(said, 'use [redacted:anthropic-key] now, or sk-an', what);
    assert.ok(sent.indexOf('or sk-') < sent.indexOf('"stop"'), what);
  }
});

test('more structures than an answer has are a fault: none of them leaves unread', async () => {
  const named = (from: number, index: number): string => {
    const names = Array.from({ length: 600 }, (_, n) => [`s${from + n}`, { text: 'x' }] as const);
    const delta = Object.fromEntries(names);
    return sse('', { id: 'c', choices: [{ index, delta, finish_reason: 'stop' }] });
  };
  const key = sse('', {
    id: 'c',
    choices: [{ index: 2, delta: { last: { text: KEY } }, finish_reason: 'stop' }],
  });
  const wire = [named(0, 0), named(600, 1), key, DONE].join('');
  await assert.rejects(
    relay('openai-chat', wire, [], [secrets]),
    (thrown) => thrown instanceof Fault && thrown.code === 'provider-reply-invalid',
  );
});

test('an event that is nested deeper than an answer is a fault of its provider, not ours', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const wires = [
    `data: {"id":"c","choices":[{"index":0,"delta":{"content":${deep}}}]}\n\n`,
    `data: {"id":"c","choices":[],"next":${deep}}\n\n`,
  ];
  for (const wire of wires) {
    await assert.rejects(
      relay('openai-chat', wire + DONE, [], [secrets]),
      (thrown) => thrown instanceof Fault && thrown.code === 'provider-reply-invalid',
    );
  }
});

test('text in deltas of next year is filtered over its events', async () => {
  const events = [
    { type: 'content_block_start', index: 0, content_block: { type: 'next' } },
    ...KEY_PIECES.map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'next_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_stop' },
  ];
  const wire = events.map((event) => sse(event.type, event)).join('');
  const { sent } = await relay('anthropic-messages', wire, [], [secrets]);
  assert.equal(told(sent).text, '[redacted:anthropic-key]');
});
