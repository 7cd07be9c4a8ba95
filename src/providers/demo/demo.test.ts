import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Call, DialectName } from '#domain/call.ts';
import { Content } from '#domain/content.ts';
import { SseReader } from '#dialects/sse-reader.ts';
import { anthropicWith, openaiWith, type Answer } from '#dialects/translate/sdk.contract.ts';
import { isJsonObject, parseJson, type JsonObject } from '#stdx/json.ts';

import { isLocal, type LocalPort } from '../provider.ts';
import { demoProvider } from './demo.ts';
import { DEMO_DIRECTIVES, readDirectives } from './directives.ts';

const demo = demoProvider.create({ type: 'demo' });
assert.ok(isLocal(demo));

const DIALECT_OF_PATH: Record<string, DialectName> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/responses': 'openai-responses',
  '/v1/embeddings': 'openai-embeddings',
  '/v1/messages': 'anthropic-messages',
  '/v1/messages/count_tokens': 'anthropic-messages',
};

function actionOf(path: string): Call['action'] {
  if (path.endsWith('count_tokens')) return 'count-tokens';
  return path.endsWith('embeddings') ? 'embeddings' : 'chat';
}

const callOf = (path: string, dialect: DialectName, body: JsonObject): Call => ({
  dialect,
  action: actionOf(path),
  model: 'demo-model',
  isStreamed: body['stream'] === true,
  content: new Content(body, []),
  maxOutputTokens: null,
  choices: typeof body['n'] === 'number' ? body['n'] : 1,
  tools: [],
  features: new Set(),
  opaques: [],
  heldState: [],
  sealedCount: 0,
  endUser: null,
  wantsStreamUsage: false,
});

const delays: number[] = [];
const port: LocalPort = {
  delay: (ms) => {
    delays.push(ms);
    return Promise.resolve();
  },
  nowMs: () => 1_700_000_000_000,
  requestId: 'r1',
  signal: new AbortController().signal,
};

const answer: Answer = async (path, body) => {
  const dialect = DIALECT_OF_PATH[path];
  assert.ok(dialect !== undefined && isJsonObject(body));
  const reply = demo.answer(callOf(path, dialect, body), dialect, body, port);
  let text = '';
  for await (const part of reply.chunks) text += part;
  return { status: reply.status, headers: reply.headers, text };
};

const openai = openaiWith(answer);
const anthropic = anthropicWith(answer);

const TOOL_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['c', 'f'] } },
  required: ['city', 'unit'],
};
const chatTools = [
  { type: 'function' as const, function: { name: 'get_weather', parameters: TOOL_SCHEMA } },
  {
    type: 'function' as const,
    function: { name: 'now', parameters: { type: 'object', properties: {} } },
  },
];
const claudeTools = chatTools.map(({ function: { name } }) => ({
  name,
  input_schema: TOOL_SCHEMA,
}));
const responsesTools = chatTools.map(({ function: { name } }) => ({
  type: 'function' as const,
  name,
  parameters: TOOL_SCHEMA,
  strict: false,
}));

/** What was said, whether whole or streamed, in each dialect. */
const SPEAKERS = {
  'openai-chat': async (content: string, isStreamed: boolean) => {
    const params = { model: 'm', messages: [{ role: 'user' as const, content }] };
    const completion = isStreamed
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    const [choice] = completion.choices;
    return {
      text: choice?.message.content,
      ending: choice?.finish_reason,
      tokens: completion.usage?.completion_tokens,
    };
  },
  'openai-responses': async (content: string, isStreamed: boolean) => {
    const params = { model: 'm', input: content };
    const response = isStreamed
      ? await openai.responses.stream(params).finalResponse()
      : await openai.responses.create(params);
    return {
      text: response.output_text,
      ending: response.status,
      tokens: response.usage?.output_tokens,
    };
  },
  'anthropic-messages': async (content: string, isStreamed: boolean) => {
    const params = {
      model: 'm',
      max_tokens: 10_000,
      messages: [{ role: 'user' as const, content }],
    };
    const message = isStreamed
      ? await anthropic.messages.stream(params).finalMessage()
      : await anthropic.messages.create(params);
    const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    return { text, ending: message.stop_reason, tokens: message.usage.output_tokens };
  },
} as const;

const ENDINGS = {
  'openai-chat': 'stop',
  'openai-responses': 'completed',
  'anthropic-messages': 'end_turn',
} as const;

for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages'] as const) {
  for (const isStreamed of [false, true]) {
    const how = `${dialect}, ${isStreamed ? 'streamed' : 'whole'}`;
    const speak = SPEAKERS[dialect];

    test(`${how}: echoes the last user text, with usage`, async () => {
      const text = 'You said: Hello,  big\n😀 world';
      const said = await speak('Hello,  big\n😀 world', isStreamed);
      assert.deepEqual(said, {
        text,
        ending: ENDINGS[dialect],
        tokens: Math.ceil(text.length / 4),
      });
    });

    test(`${how}: says exactly what it is told to`, async () => {
      const { text } = await speak('x demo:say=a%20%22b%22%0A%E2%82%AC', isStreamed);
      assert.equal(text, 'a "b"\n€');
    });

    test(`${how}: says as many words as asked`, async () => {
      const { text } = await speak('demo:long=300', isStreamed);
      assert.equal(text?.split(' ').length, 300);
    });

    test(`${how}: thinks without saying it`, async () => {
      assert.equal((await speak('hi demo:think', isStreamed)).text, 'You said: hi');
    });

    for (const status of [400, 401, 429, 500, 503]) {
      test(`${how}: answers with status ${status}`, async () => {
        const thrown = await speak(`demo:status=${status}`, isStreamed).catch(
          (error: unknown) => error,
        );
        assert.ok(thrown instanceof Error && 'status' in thrown);
        assert.equal(thrown.status, status);
      });
    }

    test(`${how}: can be cut`, async () => {
      await assert.rejects(async () => {
        const { ending } = await speak('one two three four demo:cut', isStreamed);
        // The SDK of Anthropic takes a stream without an end; it has no reason to stop then.
        assert.notEqual(ending ?? 'in_progress', 'in_progress', 'cut');
      });
    });

    test(`${how}: can fail in the middle`, async () => {
      await assert.rejects(speak('one two three four demo:error', isStreamed));
    });

    test(`${how}: waits before the first byte, and between words`, async () => {
      delays.length = 0;
      await speak('a demo:slow=90000 demo:pace=5', isStreamed);
      // "You said: a" is three words; a whole reply has no pace.
      assert.deepEqual(delays, isStreamed ? [60_000, 5, 5, 5] : [60_000]);
    });
  }
}

for (const isStreamed of [false, true]) {
  const how = isStreamed ? 'streamed' : 'whole';

  test(`chat, ${how}: calls two tools at once, and says what they returned`, async () => {
    const messages = [
      { role: 'user' as const, content: 'use tools get_weather and now with Rome' },
    ];
    const params = { model: 'm', messages, tools: chatTools };
    const completion = isStreamed
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    const [choice] = completion.choices;
    assert.equal(choice?.finish_reason, 'tool_calls');
    const calls = choice.message.tool_calls ?? [];
    assert.deepEqual(
      calls.map((call) =>
        call.type === 'function' ? [call.function.name, parseJson(call.function.arguments)] : [],
      ),
      [
        ['get_weather', { city: 'Rome', unit: 'c' }],
        ['now', {}],
      ],
    );
    const results = calls.map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `result ${index}`,
    }));
    const next = await openai.chat.completions.create({
      ...params,
      messages: [...messages, choice.message, ...results],
    });
    assert.equal(next.choices[0]?.message.content, 'The tool returned: result 0; result 1');
  });

  test(`Responses, ${how}: calls a tool that plain words name`, async () => {
    const params = { model: 'm', input: 'What is the weather in Paris?', tools: responsesTools };
    const response = isStreamed
      ? await openai.responses.stream(params).finalResponse()
      : await openai.responses.create(params);
    const [item] = response.output;
    assert.ok(item?.type === 'function_call');
    assert.deepEqual(
      [item.name, JSON.parse(item.arguments)],
      ['get_weather', { city: 'Paris', unit: 'c' }],
    );
    const input = [
      { role: 'user' as const, content: params.input },
      item,
      { type: 'function_call_output' as const, call_id: item.call_id, output: 'sunny' },
    ];
    const next = await openai.responses.create({ ...params, input });
    assert.equal(next.output_text, 'The tool returned: sunny');
  });

  test(`Anthropic, ${how}: calls a tool, and says what it returned`, async () => {
    const messages = [{ role: 'user' as const, content: 'use tool get_weather with Rome' }];
    const params = { model: 'm', max_tokens: 100, messages, tools: claudeTools };
    const message = isStreamed
      ? await anthropic.messages.stream(params).finalMessage()
      : await anthropic.messages.create(params);
    const [block] = message.content;
    assert.equal(message.stop_reason, 'tool_use');
    assert.ok(block?.type === 'tool_use');
    assert.deepEqual(block.input, { city: 'Rome', unit: 'c' });
    const next = await anthropic.messages.create({
      ...params,
      messages: [
        ...messages,
        { role: 'assistant', content: message.content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: block.id, content: 'sunny' }],
        },
      ],
    });
    assert.deepEqual(
      next.content.map((said) => (said.type === 'text' ? said.text : '')),
      ['The tool returned: sunny'],
    );
  });

  test(`Anthropic, ${how}: thinking is signed`, async () => {
    const params = {
      model: 'm',
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: 'hi demo:think' }],
    };
    const message = isStreamed
      ? await anthropic.messages.stream(params).finalMessage()
      : await anthropic.messages.create(params);
    const [thinking] = message.content;
    assert.ok(
      thinking?.type === 'thinking' && thinking.signature !== '' && thinking.thinking !== '',
    );
  });

  test(`Responses, ${how}: a thought is a summary`, async () => {
    const params = { model: 'm', input: 'hi demo:think' };
    const response = isStreamed
      ? await openai.responses.stream(params).finalResponse()
      : await openai.responses.create(params);
    const [item] = response.output;
    assert.ok(item?.type === 'reasoning' && (item.summary[0]?.text ?? '') !== '');
  });

  test(`chat, ${how}: several choices, usage for all of them`, async () => {
    const params = { model: 'm', n: 3, messages: [{ role: 'user' as const, content: 'hi' }] };
    const completion = isStreamed
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    const texts = completion.choices.map(({ message }) => message.content);
    assert.deepEqual(texts, ['You said: hi', 'You said: hi (choice 2)', 'You said: hi (choice 3)']);
    assert.equal(completion.usage?.completion_tokens, 3 + 6 + 6);
  });

  test(`chat, ${how}: stops at the bound that the caller set`, async () => {
    const params = {
      model: 'm',
      max_completion_tokens: 2,
      messages: [{ role: 'user' as const, content: 'hello' }],
    };
    const completion = isStreamed
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    assert.equal(completion.choices[0]?.message.content, 'You said');
    assert.equal(completion.choices[0].finish_reason, 'length');
    assert.equal(completion.usage?.completion_tokens, 2);
  });

  test(`chat, ${how}: leaves the usage out when asked`, async () => {
    const params = {
      model: 'm',
      messages: [{ role: 'user' as const, content: 'hi demo:no-usage' }],
    };
    const completion = isStreamed
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    assert.equal(completion.usage, undefined);
  });
}

test('chat shows a thought in reasoning_content', async () => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi demo:think' }] };
  const { text } = await answer('/v1/chat/completions', body);
  assert.match(text, /"reasoning_content":"The user wants/u);
  const streamed = await answer('/v1/chat/completions', { ...body, stream: true });
  assert.match(streamed.text, /"reasoning_content":"The "/u);
});

test('a JSON schema that is asked for is answered with a document that fits it', async () => {
  const completion = await openai.chat.completions.create({
    model: 'm',
    messages: [{ role: 'user', content: 'Rome' }],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'out', schema: TOOL_SCHEMA, strict: true },
    },
  });
  assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ''), {
    city: 'Rome',
    unit: 'c',
  });
});

test('a tool that must be called is called, one that must not is not', async () => {
  const params = {
    model: 'm',
    messages: [{ role: 'user' as const, content: 'hi' }],
    tools: chatTools,
  };
  const forced = await openai.chat.completions.create({
    ...params,
    tool_choice: { type: 'function', function: { name: 'now' } },
  });
  assert.equal(forced.choices[0]?.message.tool_calls?.length, 1);
  const messages = [{ role: 'user' as const, content: 'use tool now' }];
  const free = await openai.chat.completions.create({ ...params, messages, tool_choice: 'none' });
  assert.equal(free.choices[0]?.message.content, 'You said: use tool now');
  const serial = await openai.chat.completions.create({
    ...params,
    messages: [{ role: 'user', content: 'use tools get_weather, now' }],
    parallel_tool_calls: false,
  });
  assert.equal(serial.choices[0]?.message.tool_calls?.length, 1);
});

test('a stream comes word by word, each event whole', async () => {
  const body: JsonObject = {
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: 'one two' }],
  };
  const reply = demo.answer(
    callOf('/v1/chat/completions', 'openai-chat', body),
    'openai-chat',
    body,
    port,
  );
  const reader = new SseReader();
  let chunks = 0;
  for await (const text of reply.chunks) {
    chunks += 1;
    assert.ok(reader.push(Buffer.from(text)).length > 0);
  }
  // The role, four words, and the end with its usage.
  assert.equal(chunks, 1 + 4 + 1);
  assert.equal(reader.end().length, 0);
  assert.equal(reader.isTorn, false);
});

test('the same call gets the same bytes', async () => {
  const body = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi demo:think' }] };
  for (const path of ['/v1/chat/completions', '/v1/messages'] as const) {
    assert.deepEqual(await answer(path, body), await answer(path, body));
  }
});

test('counts tokens by a quarter of the characters, rounded up', async () => {
  const { input_tokens } = await anthropic.messages.countTokens({
    model: 'm',
    messages: [{ role: 'user', content: 'hello' }],
  });
  assert.equal(input_tokens, 2);
});

test('embeddings are unit vectors, equal for equal texts, near for texts that share words', async () => {
  const input = ['the red cat', 'the red dog', 'nothing alike', 'the red cat', ''];
  const { data, usage } = await openai.embeddings.create({ model: 'm', input });
  const vectors = data.map(({ embedding }) => embedding);
  const dot = (a: number[] = [], b: number[] = []) =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  for (const vector of vectors) {
    assert.equal(vector.length, 64);
    assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
  }
  assert.deepEqual(vectors[0], vectors[3]);
  assert.ok(dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2]));
  assert.equal(usage.prompt_tokens, 3 + 3 + 4 + 3);
});

test('embeddings as floats, and in as many dimensions as asked up to a bound', async () => {
  const params = { model: 'm', input: 'hi', encoding_format: 'float' as const };
  const short = await openai.embeddings.create({ ...params, dimensions: 3 });
  assert.equal(short.data[0]?.embedding.length, 3);
  const long = await openai.embeddings.create({ ...params, dimensions: 1e9 });
  assert.equal(long.data[0]?.embedding.length, 4_096);
});

test('an unknown directive is text, and so is a status that cannot be asked for', () => {
  assert.equal(readDirectives('a demo:dance b').rest, 'a demo:dance b');
  assert.equal(readDirectives('demo:status=200').status, null);
  assert.equal(readDirectives('https://demo:cut@x').isCut, false);
});

test('every directive in the table is taken out of the text that is echoed', () => {
  for (const name of Object.keys(DEMO_DIRECTIVES)) {
    assert.equal(readDirectives(`a demo:${name}=1 b`).rest, 'a b');
  }
});

test('numbers in directives are bounded', () => {
  const { slowMs, paceMs, longWords } = readDirectives(
    'demo:slow=999999999 demo:pace=999999999 demo:long=999999999',
  );
  assert.deepEqual([slowMs, paceMs, longWords], [60_000, 10_000, 100_000]);
  assert.equal(readDirectives('demo:slow=1e9').slowMs, 0);
});

test('a configuration with unknown keys is refused', () => {
  assert.throws(
    () => demoProvider.config.parse({ type: 'demo', baseUrl: 'https://a.example' }),
    /baseUrl/u,
  );
});
