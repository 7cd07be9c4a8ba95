/** UP-03: a stream that is no stream costs bounded memory and is an error, whatever it is made of. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import { answerTo, chunks, message } from '../support/guarded-answer.ts';
import { bearer, chat, openHouse, post } from '../support/house.ts';
import {
  aliasesYaml,
  drained,
  eventsOf,
  isErrorEvent,
  quiet,
  saidOf,
  until,
} from '../support/streams.ts';
import { chunk, openUpstream, type Script, UPSTREAM_ENV } from '../support/upstream.ts';

const MIB = 1_024 * 1_024;
/** The line cap, the event cap and what two copies of them cost. */
const RSS_GROWTH_MAX = 64 * MIB;

const streamed =
  (write: (response: ServerResponse) => Promise<void> | void): Script =>
  async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('begun '));
    await write(response);
  };

async function endless(response: ServerResponse, piece: Buffer, times: number): Promise<void> {
  for (let index = 0; index < times && !response.destroyed; index += 1) {
    if (!response.write(piece)) await drained(response);
  }
  if (!response.destroyed) response.end('\n\ndata: [DONE]\n\n');
}

const filler = Buffer.alloc(65_536, 'a');
const lines = Buffer.from(`data: ${'b'.repeat(1_000)}\n`.repeat(64));
const BOMBS: readonly (readonly [what: string, script: Script])[] = [
  [
    'one line of 100 MB',
    streamed(async (response) => {
      response.write('data: ');
      await endless(response, filler, 1_600);
    }),
  ],
  ['one event of 100 MB in short lines', streamed((response) => endless(response, lines, 1_600))],
  [
    'a comment of 100 MB',
    streamed(async (response) => {
      response.write(':');
      await endless(response, filler, 1_600);
    }),
  ],
];

test('UP-03: an endless line, event or comment is an error, the provider is left, memory is bounded', async (t) => {
  const upstream = await openUpstream();
  const house = await openHouse(aliasesYaml(upstream, BOMBS.length), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    for (const [index, [what, script]] of BOMBS.entries()) {
      upstream.script = script;
      const beforeBytes = process.memoryUsage.rss();
      let peakBytes = beforeBytes;
      const watch = setInterval(() => {
        peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
      }, 5);
      const answer = await post(
        `${house.url}/v1/chat/completions`,
        chat('x', { model: `m${index}`, stream: true }),
        headers,
      );
      clearInterval(watch);
      const events = eventsOf(answer.text);
      assert.ok(isErrorEvent(events.at(-1)), what);
      assert.equal(saidOf(events.slice(0, -1)), 'begun ');
      assert.ok(answer.text.length < 10_000);
      assert.ok(
        peakBytes - beforeBytes < RSS_GROWTH_MAX,
        `${what}: ${(peakBytes - beforeBytes) / MIB} MiB`,
      );
      await upstream.seen.at(-1)?.closed;
      await quiet(house, 1_000);
      t.diagnostic(`${what}: ${Math.round((peakBytes - beforeBytes) / MIB)} MiB of RSS at most`);
    }
    await until(() => upstream.sockets.size === 0, 2_000, 'connections to the provider are closed');
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-03: bytes cut anywhere, other line ends, comments and a byte order mark are the same stream', async () => {
  const text = `\uFEFF: hello\r\n\r\n${chunk('wört ')}${chunk('日本 ').replaceAll('\n', '\r')}${chunk('🙂 ').replaceAll('\n', '\r\n')}: ping\n\n${chunk('', 'stop')}data: [DONE]\n\n`;
  const bytes = Buffer.from(text);
  const upstream = await openUpstream(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const byte of bytes) {
      response.write(Buffer.of(byte));
      await new Promise((next) => setImmediate(next));
    }
    response.end();
  });
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('x', { stream: true }),
      bearer(await house.key()),
    );
    const events = eventsOf(answer.text.replaceAll('\r\n', '\n').replaceAll('\r', '\n'));
    assert.equal(saidOf(events), 'wört 日本 🙂 ');
    assert.equal(events.at(-1), '[DONE]');
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-03: events that are not JSON, or have a NUL in them, end in an error and not in text', async () => {
  const upstream = await openUpstream();
  const bad = [
    'data: {"choices":[{"delta":{"content":"x\n\n',
    'data: \u0000\n\n',
    'data: <html>\n\n',
    'data: []\n\n',
    'data: 1\n\n',
    'data: "x"\n\n',
  ];
  const house = await openHouse(aliasesYaml(upstream, bad.length), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    for (const [index, text] of bad.entries()) {
      upstream.script = streamed(async (response) => {
        await new Promise((next) => setTimeout(next, 10));
        response.end(`${text}${chunk('after')}data: [DONE]\n\n`);
      });
      const answer = await post(
        `${house.url}/v1/chat/completions`,
        chat('x', { model: `m${index}`, stream: true }),
        headers,
      );
      const events = eventsOf(answer.text);
      assert.ok(isErrorEvent(events.at(-1)), JSON.stringify(text));
      assert.equal(saidOf(events.slice(0, -1)), 'begun ');
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-03: a block that was stopped at its start is not closed, and what stands before is in one', async () => {
  const guard =
    '{ name: house, type: topics, on: [reply], rules: [{ match: "falcon", action: block }] }';
  const starts = [
    { type: 'tool_use', id: 'tu', name: 'falcon', input: {} },
    { type: 'text', text: 'the falcon flies' },
    { type: 'text', text: 'fine' },
  ];
  for (const content_block of starts) {
    const answer = await answerTo({
      type: 'anthropic',
      guard,
      path: '/v1/messages',
      body: {
        model: 'demo',
        max_tokens: 10,
        messages: [{ role: 'user', content: 'x' }],
        stream: true,
        tools: [{ name: 'falcon', input_schema: { type: 'object' } }],
      },
      script: message(
        ['content_block_start', { index: 0, content_block }],
        ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: ', a falcon' } }],
        ['content_block_stop', { index: 0 }],
      ),
    });
    const count = (type: string): number => answer.text.split(`"type":"${type}"`).length - 1;
    assert.match(answer.text, /refusal/u);
    assert.ok(!answer.text.includes('falcon'), answer.text);
    assert.equal(count('content_block_stop'), count('content_block_start'), answer.text);
    assert.ok(count('content_block_delta') <= count('content_block_start'), answer.text);
  }
});

test('UP-03: a piece that counts its place by no number is an error, and goes nowhere', async () => {
  const said = (index: unknown, more: object = {}): object => ({
    index,
    delta: { content: 'alpha' },
    ...more,
  });
  const call = (index: unknown): object => ({
    delta: { tool_calls: [{ index, id: 'c', function: { name: 'f', arguments: '{}' } }] },
  });
  for (const choice of [said('0'), said(0.5), said(-1), said({}), call('1')]) {
    const answer = await answerTo({
      type: 'openai',
      path: '/v1/chat/completions',
      body: chat('x', { stream: true, n: 2 }),
      script: chunks({ delta: { content: 'begun' } }, choice, { delta: {}, finish_reason: 'stop' }),
    });
    assert.match(answer.text, /provider_reply_invalid/u);
    assert.doesNotMatch(answer.text, /alpha|tool_calls/u);
  }
  const block = [
    'content_block_delta',
    { index: '0', delta: { type: 'text_delta', text: 'alpha' } },
  ] as const;
  const body = {
    model: 'demo',
    max_tokens: 10,
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
  };
  const answer = await answerTo({
    type: 'anthropic',
    path: '/v1/messages',
    body,
    script: message(block),
  });
  assert.match(answer.text, /"type":"error"/u);
  assert.doesNotMatch(answer.text, /alpha/u);
});

test('UP-03: an error that is null is none', async () => {
  const answer = await answerTo({
    type: 'openai',
    path: '/v1/chat/completions',
    body: chat('x', { stream: true }),
    script: (_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('hi', 'stop').replace('{', '{"error":null,'));
      response.end('data: [DONE]\n\n');
    },
  });
  assert.match(answer.text, /"hi"/u);
  assert.match(answer.text, /\[DONE\]/u);
});
