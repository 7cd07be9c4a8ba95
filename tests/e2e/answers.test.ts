/** What every answer carries, refusals included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

test('a 429 says which limit it was and when to come again', async () => {
  const limits = 'limits: [{ name: few, per: [key], requests: 2/1m }]';
  const house = await openHouse(`${DEMO}guards: []\n${limits}\n${BASE}`);
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    for (let call = 0; call < 2; call += 1) {
      assert.equal((await post(url, chat('x'), credential)).status, 200);
    }
    const { status, headers } = await post(url, chat('x'), credential);
    assert.equal(status, 429);
    assert.equal(headers.get('x-ratelimit-limit-requests'), '2');
    assert.equal(headers.get('x-ratelimit-remaining-requests'), '0');
    assert.match(headers.get('ratelimit') ?? '', /^"few";r=0;t=\d+$/u);
    assert.equal(headers.get('ratelimit-policy'), '"few";q=2;qu="requests";w=60');
    assert.ok(Number(headers.get('retry-after')) > 0);
    assert.ok(Number(headers.get('retry-after-ms')) > 0);
  } finally {
    await house.close();
  }
});

test('in every dialect a 429 has its shape, how long to wait, and what is left in the words of its clients', async () => {
  const limits = 'limits: [{ name: none, per: [key], requests: 1/1h }]';
  const house = await openHouse(`${DEMO}guards: []\n${limits}\n${BASE}`);
  try {
    const messages = [{ role: 'user', content: 'x' }];
    for (const [path, body, type] of [
      ['/v1/chat/completions', { messages }, 'rate_limit_exceeded'],
      ['/v1/chat/completions', { messages, stream: true }, 'rate_limit_exceeded'],
      ['/v1/responses', { input: 'x' }, 'rate_limit_exceeded'],
      ['/v1/embeddings', { input: 'x' }, 'rate_limit_exceeded'],
      ['/v1/messages', { messages, max_tokens: 5 }, 'rate_limit_error'],
      ['/v1/messages/count_tokens', { messages }, 'rate_limit_error'],
    ] as const) {
      const credential = bearer(await house.key());
      const ask = () => post(`${house.url}${path}`, { model: 'demo', ...body }, credential);
      assert.equal((await ask()).status, 200, path);
      const { status, headers, json } = await ask();
      assert.equal(status, 429, path);
      const { type: told, message } = json['error'] as { type: string; message: string };
      assert.equal(told, type, path);
      assert.match(message, /rate limit/iu);
      const isAnthropic = type === 'rate_limit_error';
      assert.equal(json['type'], isAnthropic ? 'error' : undefined);
      assert.ok(Number(headers.get('retry-after')) > 3_500, path);
      assert.ok(Number(headers.get('retry-after-ms')) > 3_500_000, path);
      assert.equal(headers.get('x-ratelimit-remaining-requests'), '0');
      assert.equal(headers.get('x-ratelimit-limit-requests'), '1');
      assert.match(headers.get('x-ratelimit-reset-requests') ?? '', /^3[56]\d{5}ms$/u);
      assert.match(headers.get('ratelimit') ?? '', /^"none";r=0;t=3[56]\d\d$/u);
      assert.equal(headers.get('ratelimit-policy'), '"none";q=1;qu="requests";w=3600');
      const own = headers.get('anthropic-ratelimit-requests-remaining');
      assert.equal(own, isAnthropic ? '0' : null, path);
      if (!isAnthropic) continue;
      const resetMs = Date.parse(headers.get('anthropic-ratelimit-requests-reset') ?? '');
      assert.ok(resetMs > Date.now() + 3_500_000 && resetMs < Date.now() + 3_700_000);
    }
  } finally {
    await house.close();
  }
});

test('whoever asks whether something listens gets a request id too', async () => {
  const house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  try {
    const { status, headers } = await fetch(`${house.url}/`, { method: 'HEAD' });
    assert.equal(status, 200);
    assert.match(headers.get('x-request-id') ?? '', /^req_/u);
    assert.equal(headers.get('x-request-id'), headers.get('request-id'));
  } finally {
    await house.close();
  }
});

test('an end user with a name too long for a record is refused by name, and the refusal is recorded', async () => {
  const house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  try {
    const credential = bearer(await house.key());
    const long = 'u'.repeat(5_000);
    const messages = [{ role: 'user', content: 'x' }];
    for (const [path, body, field] of [
      ['/v1/chat/completions', { model: 'demo', messages, user: long }, 'user'],
      ['/v1/responses', { model: 'demo', input: 'x', user: long }, 'user'],
      ['/v1/embeddings', { model: 'demo', input: 'x', user: long }, 'user'],
      [
        '/v1/messages',
        { model: 'demo', max_tokens: 5, messages, metadata: { user_id: long } },
        'metadata.user_id',
      ],
    ] as const) {
      const { status, text } = await post(`${house.url}${path}`, body, credential);
      assert.equal(status, 400, path);
      // Anthropic's errors have no field of their own for it.
      if (path !== '/v1/messages') assert.ok(text.includes(`"param":"${field}"`), text);
      assert.ok(!text.includes('uuuu'));
    }
    const denied = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.equal(denied.length, 4);
  } finally {
    await house.close();
  }
});
