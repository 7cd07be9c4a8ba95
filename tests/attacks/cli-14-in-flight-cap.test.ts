/** CLI-14: a full gateway says 503 before it reads a byte of the body, and serves again when it is not. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import { aliasesYaml, openStream, quiet } from '../support/streams.ts';
import { answering, chunk, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

test('CLI-14: beyond the in-flight cap the answer is 503 with a wait, while the body is still out', async () => {
  const upstream = await openUpstream((seen, response, socket) => {
    if (seen.json['stream'] !== true) return answering('fine')(seen, response, socket);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('begun'));
    return undefined;
  });
  const house = await openHouse(
    aliasesYaml(upstream, 0, { server: ', inFlightMax: 2' }),
    UPSTREAM_ENV,
  );
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    const open = [
      await openStream(url, chat('x', { stream: true }), credential),
      await openStream(url, chat('x', { stream: true }), credential),
    ];
    const { hostname, port } = new URL(house.url);
    const socket = connect({ host: hostname, port: Number(port) });
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${credential['authorization']}\r\ncontent-length: 100000\r\n\r\n`;
    // Not a byte of the body is ever sent: whoever waits for it waits for ever.
    socket.write(head);
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (bytes) => resolve(bytes.toString('latin1')));
    });
    socket.destroy();
    assert.match(answer, /^HTTP\/1\.1 503 /u);
    assert.match(answer, /\r\nretry-after: \d+\r\n/iu);
    assert.match(answer, /"code":"overloaded"/u);
    assert.equal(upstream.seen.length, 2, 'nothing was sent on');
    for (const stream of open) {
      stream.response.on('error', () => {});
      stream.abort();
    }
    await quiet(house, 5_000);
    assert.equal((await post(url, chat('x'), credential)).status, 200);
  } finally {
    await house.close();
    await upstream.close();
  }
});
