/** CLI-16: strangers who are refused again and again wait for it, whatever they send, and nobody else does. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { BASE, bearer, chat, DEMO, get, openHouse, post } from '../support/house.ts';

const PROMPT = 4;
const HOLD_MS = 600;
const house = (more = '') =>
  openHouse(
    `${DEMO}${BASE}guards: []\nserver: { listen: "127.0.0.1:0", tarpit: { after: ${PROMPT}/1h, hold: ${HOLD_MS}ms }${more} }\n`,
  );

async function timed(asking: Promise<{ readonly status: number }>) {
  const startMs = performance.now();
  const { status } = await asking;
  return { status, ms: performance.now() - startMs };
}

test('CLI-16: after so many refusals the further ones are late, of every kind; known callers and health are not', async () => {
  const { url, key, close } = await house();
  try {
    const known = bearer(await key());
    const strangers = [
      ['GET', '/v1/models', {}, 401],
      ['GET', '/v1/models', bearer('guess'), 401],
      ['POST', '/v1/chat/completions', bearer('guess'), 401],
      ['POST', '/v1/messages', { 'x-api-key': 'guess' }, 401],
      ['GET', '/nowhere', {}, 404],
      ['DELETE', '/v1/models', {}, 405],
      ['POST', '/oauth/token', {}, 400],
    ] as const;
    const ask = ([method, path, headers]: (typeof strangers)[number]) =>
      method === 'POST'
        ? post(`${url}${path}`, {}, headers)
        : fetch(`${url}${path}`, { method, headers });
    for (let index = 0; index < PROMPT; index += 1) {
      const { ms } = await timed(ask(strangers[0]));
      assert.ok(ms < HOLD_MS, `${ms} ms`);
    }
    const held = strangers.map((one) => timed(ask(one)));
    // While they wait, nobody else does.
    const good = await timed(post(`${url}/v1/chat/completions`, chat('Hello'), known));
    assert.equal(good.status, 200);
    const health = await timed(get(`${url}/livez`));
    const refusedByName = await timed(get(`${url}/v1/models/none`, known));
    assert.equal(refusedByName.status, 404);
    for (const { ms } of [good, health, refusedByName]) assert.ok(ms < HOLD_MS, `${ms} ms`);
    for (const [index, answer] of (await Promise.all(held)).entries()) {
      assert.equal(answer.status, strangers[index]?.[3]);
      assert.ok(answer.ms >= HOLD_MS - 20, `${strangers[index]?.[1]} after ${answer.ms} ms`);
    }
  } finally {
    await close();
  }
});

test('CLI-16: who waits takes no place of a call, and who leaves is forgotten', async () => {
  const { url, key, running, close } = await house(', inFlightMax: 2');
  try {
    const known = bearer(await key());
    for (let index = 0; index < PROMPT; index += 1) await get(`${url}/v1/models`);
    const leaving = new AbortController();
    const held = Array.from({ length: 12 }, () =>
      fetch(`${url}/v1/models`, { signal: leaving.signal }).then(
        ({ status }) => status,
        () => 'left',
      ),
    );
    await delay(HOLD_MS / 4);
    assert.equal(running.world.running.count, 0);
    for (let index = 0; index < 4; index += 1) {
      assert.equal((await post(`${url}/v1/chat/completions`, chat('x'), known)).status, 200);
    }
    leaving.abort();
    assert.deepEqual(new Set(await Promise.all(held)), new Set(['left']));
  } finally {
    await close();
  }
});

test('CLI-16: beyond half of the connections a refusal is prompt and ends its connection', async () => {
  const { url, close } = await house(', connectionsMax: 8');
  try {
    for (let index = 0; index < PROMPT; index += 1) await get(`${url}/v1/models`);
    const { hostname, port } = new URL(url);
    const request = 'GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    let firstMs = 0;
    const startMs = performance.now();
    socket.on('data', (data) => {
      firstMs ||= performance.now() - startMs;
      text += data.toString('latin1');
    });
    // One connection that sends six at once: four wait, and so do those behind them, by their order.
    socket.write(request.repeat(6));
    await new Promise((resolve) => {
      socket.once('close', resolve);
    });
    assert.ok(firstMs >= HOLD_MS - 20, `${firstMs} ms`);
    assert.equal(text.split('HTTP/1.1 401 ').length - 1, 5, 'it ends with the fifth');
    assert.match(text, /\r\nconnection: close\r\n/iu);
  } finally {
    await close();
  }
});

test('CLI-16: at a shutdown those who wait are answered at once', async () => {
  const { url, close } = await house();
  let isClosed = false;
  try {
    for (let index = 0; index < PROMPT; index += 1) await get(`${url}/v1/models`);
    const held = Array.from({ length: 3 }, () => timed(get(`${url}/v1/models`)));
    await delay(HOLD_MS / 4);
    const closing = close();
    isClosed = true;
    for (const { status, ms } of await Promise.all(held)) {
      assert.equal(status, 401);
      assert.ok(ms < HOLD_MS, `${ms} ms`);
    }
    await closing;
  } finally {
    if (!isClosed) await close();
  }
});
