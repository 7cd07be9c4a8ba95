/** Calls from inside come to the exchange like those from the network, and go when nobody wants them. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

import { InnerCalls } from './inner-calls.ts';

type Exchange = (request: IncomingMessage, response: ServerResponse) => void;

const callWith = (exchange: Exchange, changed: { signal?: AbortSignal; path?: string } = {}) =>
  new InnerCalls(exchange, () => 'gateway.example').post({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    body: '{"a":"ä"}',
    ip: '198.51.100.7',
    signal: new AbortController().signal,
    ...changed,
  });

test('the exchange sees the request, the address of the person and nothing more', async () => {
  const answer = await callWith((request, response) => {
    const { method, url, rawHeaders } = request;
    const address = request.socket.remoteAddress;
    void text(request).then((body) => {
      response.writeHead(201, { 'x-seen': 'yes' });
      response.end(JSON.stringify({ method, url, rawHeaders, address, body }));
    });
  });
  assert.equal(answer.statusCode, 201);
  assert.equal(answer.headers['x-seen'], 'yes');
  const seen = JSON.parse(await text(answer)) as Record<string, unknown>;
  assert.deepEqual([seen['method'], seen['url']], ['POST', '/v1/chat/completions']);
  assert.equal(seen['address'], '198.51.100.7');
  assert.equal(seen['body'], '{"a":"ä"}');
  const names = (seen['rawHeaders'] as string[]).filter((_one, at) => at % 2 === 0);
  assert.deepEqual(names.map((name) => name.toLowerCase()).toSorted(), [
    'authorization',
    'connection',
    'content-length',
    'content-type',
    'host',
  ]);
});

test('who goes takes the call along, before and after the answer has begun', async () => {
  for (const isBegun of [false, true]) {
    const left = new AbortController();
    let closed = (): void => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const asked = callWith(
      (request, response) => {
        response.on('close', closed);
        request.resume();
        if (isBegun) response.write('a');
        else left.abort();
      },
      { signal: left.signal },
    );
    if (isBegun) {
      const answer = await asked;
      left.abort();
      await assert.rejects(text(answer));
    } else await assert.rejects(asked);
    await gone;
  }
});

test('an answer that nobody reads waits: what is in memory is bounded', async () => {
  let written = 0;
  const answer = await callWith((request, response) => {
    request.resume();
    response.writeHead(200);
    const write = (): void => {
      while (written < 50_000_000 && response.write(Buffer.alloc(10_000))) written += 10_000;
      if (written < 50_000_000) response.once('drain', write);
    };
    write();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(written < 1_000_000, `${written} bytes were written to nobody`);
  answer.destroy();
});

test('a head that a parser refuses never comes to the exchange', async () => {
  let came = 0;
  const exchange: Exchange = (_request, response) => {
    came += 1;
    response.end();
  };
  await assert.rejects(async () => await callWith(exchange, { path: '/v1/a b' }));
  await assert.rejects(async () => await callWith(exchange, { path: '/v1\r\nx: y' }));
  assert.equal(came, 0);
});
