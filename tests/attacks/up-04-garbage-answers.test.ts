/** UP-04: an answer that is no answer is a 502, and what a provider says it cost is not believed blindly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import { aliasesYaml, quiet, terminalRecords } from '../support/streams.ts';
import {
  chunk,
  completion,
  openUpstream,
  type Script,
  sse,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

const sends =
  (type: string, text: string): Script =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type });
    response.end(text);
  };
const GARBAGE: readonly (readonly [what: string, script: Script, isStreamed: boolean])[] = [
  ['HTML with 200', sends('text/html', '<html>log in</html>'), false],
  ['HTML instead of a stream', sends('text/html', '<html>log in</html>'), true],
  ['a body instead of a stream', sends('application/json', JSON.stringify(completion('x'))), true],
  ['a stream instead of a body', sends('text/event-stream', chunk('x')), false],
  ['HTML that says it is JSON', sends('application/json', '<html>'), false],
  ['JSON that is cut', sends('application/json', '{"choices":['), false],
  ['no body', sends('application/json', ''), false],
  ['a list', sends('application/json', '[]'), false],
  [
    'JSON too deep',
    sends('application/json', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    false,
  ],
  ['bytes', sends('application/json', '\u0000\ufffd'), false],
  ['204', (_, response) => void response.writeHead(204).end(), false],
  ['a stream of nothing', sends('text/event-stream', ''), true],
];

test('UP-04: each kind of garbage is a 502 of ours, and quotes nothing of it', async () => {
  const upstream = await openUpstream();
  const house = await openHouse(aliasesYaml(upstream, GARBAGE.length), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    for (const [index, [what, script, isStreamed]] of GARBAGE.entries()) {
      upstream.script = script;
      const body = chat('x', { model: `m${index}`, ...(isStreamed && { stream: true }) });
      const answer = await post(`${house.url}/v1/chat/completions`, body, headers);
      assert.ok(answer.status === 502 || /"error"/u.test(answer.text), `${what}: ${answer.status}`);
      assert.ok(!answer.text.includes('[DONE]') && !answer.text.includes('html'), what);
    }
    await quiet(house, 1_000);
    for (const { decision } of terminalRecords(await house.records()).values())
      assert.equal(decision, 'fault');
    assert.ok(!house.log().includes('html'));
  } finally {
    await house.close();
    await upstream.close();
  }
});

const TEXT = 'forty characters of perfectly good text. '.repeat(10);
const LIES: readonly (readonly [what: string, usage: string])[] = [
  ['negative', '{"prompt_tokens":-7,"completion_tokens":-3,"total_tokens":-10}'],
  ['one negative', '{"prompt_tokens":7,"completion_tokens":-3}'],
  ['huge', '{"prompt_tokens":7,"completion_tokens":1e300}'],
  ['beyond exact', '{"prompt_tokens":7,"completion_tokens":9007199254740993}'],
  ['fractions', '{"prompt_tokens":7.5,"completion_tokens":3.25}'],
  ['text', '{"prompt_tokens":"7","completion_tokens":"NaN"}'],
  ['null', 'null'],
  ['an empty object', '{}'],
  ['a list', '[]'],
  ['zeros', '{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}'],
  ['no output', '{"prompt_tokens":7,"completion_tokens":0,"total_tokens":7}'],
];

for (const isStreamed of [false, true]) {
  test(`UP-04: usage that cannot be true is counted instead, never 0 for text (${isStreamed ? 'streamed' : 'whole'})`, async () => {
    let usage = '';
    const upstream = await openUpstream((_, response) => {
      const whole = JSON.stringify(completion(TEXT, { usage: 'USAGE' })).replace('"USAGE"', usage);
      const last = sse({ choices: [], usage: 'USAGE' }).replace('"USAGE"', usage);
      response.writeHead(200, {
        'content-type': isStreamed ? 'text/event-stream' : 'application/json',
      });
      response.end(
        isStreamed ? `${chunk(TEXT)}${chunk('', 'stop')}${last}data: [DONE]\n\n` : whole,
      );
    });
    const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
    try {
      const headers = bearer(await house.key());
      const asked = new Map<string, string>();
      for (const [what, lie] of LIES) {
        usage = lie;
        const answer = await post(
          `${house.url}/v1/chat/completions`,
          chat('x', isStreamed ? { stream: true } : {}),
          headers,
        );
        assert.equal(answer.status, 200, what);
        asked.set(answer.headers.get('x-request-id') ?? '', what);
      }
      usage = '{"prompt_tokens":7,"completion_tokens":90}';
      const honest = await post(
        `${house.url}/v1/chat/completions`,
        chat('x', isStreamed ? { stream: true } : {}),
        headers,
      );
      const ends = terminalRecords(await house.records());
      for (const [requestId, what] of asked) {
        const charged = ends.get(requestId)?.usage;
        assert.equal(charged?.source, 'counted', what);
        assert.ok(
          (charged?.outputTokens ?? 0) >= TEXT.length / 4,
          `${what}: ${charged?.outputTokens}`,
        );
        assert.ok((charged?.inputTokens ?? 0) > 0 && (charged?.costNanoUsd ?? 0) > 0, what);
      }
      const { inputTokens, outputTokens, source } =
        ends.get(honest.headers.get('x-request-id') ?? '')?.usage ?? {};
      assert.deepEqual([inputTokens, outputTokens, source], [7, 90, 'provider']);
    } finally {
      await house.close();
      await upstream.close();
    }
  });
}

test('UP-04: a stream that is cut after its first count is charged for what it said', async () => {
  const event = (type: string, members: object): string => sse({ type, ...members }, type);
  const upstream = await openUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(
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
    );
    response.write(
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    );
    response.write(
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: TEXT } }),
    );
    setTimeout(() => response.destroy(), 20);
  });
  const house = await openHouse(aliasesYaml(upstream, 0, { type: 'anthropic' }), UPSTREAM_ENV);
  try {
    const body = {
      model: 'demo',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    };
    const answer = await post(`${house.url}/v1/messages`, body, bearer(await house.key()));
    assert.match(answer.text, /event: error\n/u);
    const [end] = terminalRecords(await house.records()).values();
    assert.ok((end?.usage?.outputTokens ?? 0) >= TEXT.length / 4, `${end?.usage?.outputTokens}`);
    assert.equal(end?.usage?.source, 'counted');
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-04: a deployment that answered garbage while it was on probation is asked again later', async () => {
  const upstream = await openUpstream(sends('application/json', '<html>'));
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    const ask = async (): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('x'), headers)).status;
    const statuses: number[] = [];
    for (let index = 0; index < 8; index += 1) statuses.push(await ask());
    assert.ok(statuses.includes(502) && statuses.at(-1) === 503, `it opens: ${statuses.join(' ')}`);
    await new Promise((next) => setTimeout(next, 2_050));
    assert.equal(await ask(), 502, 'the probe');
    upstream.script = sends('application/json', JSON.stringify(completion('well again')));
    await new Promise((next) => setTimeout(next, 4_100));
    assert.equal(await ask(), 200);
  } finally {
    await house.close();
    await upstream.close();
  }
});
