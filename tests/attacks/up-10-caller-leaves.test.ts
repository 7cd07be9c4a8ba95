/** UP-10: when the caller leaves, the provider is left within a second, wherever the answer stood. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { chat, openHouse } from '../support/house.ts';
import { aliasesYaml, quiet, terminalRecords, until } from '../support/streams.ts';
import { chunk, openUpstream, type Script, UPSTREAM_ENV } from '../support/upstream.ts';

const SAID = 'x'.repeat(400);
const POINTS: readonly (readonly [where: string, script: Script, isStreamed: boolean])[] = [
  ['before the headers', () => {}, false],
  ['before the headers of a stream', () => {}, true],
  [
    'after the headers',
    (_, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    true,
  ],
  [
    'in the middle of a body',
    (_, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":'),
    false,
  ],
  [
    'in the middle of a stream',
    (_, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk(SAID)),
    true,
  ],
  [
    'in a stream that flows',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk(SAID));
      const timer = setInterval(() => response.write(chunk('word ')), 5);
      response.on('close', () => clearInterval(timer));
    },
    true,
  ],
];

test('UP-10: at each point, by FIN or reset: the provider is left, nothing stays held, what was said is charged', async (t) => {
  const upstream = await openUpstream();
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const key = await house.key();
    const { hostname, port } = new URL(house.url);
    let slowestMs = 0;
    for (const [where, script, isStreamed] of POINTS) {
      for (const how of ['destroy', 'resetAndDestroy'] as const) {
        upstream.script = script;
        const asked = upstream.seen.length;
        const body = JSON.stringify(chat('x', { stream: isStreamed }));
        const socket = connect({ host: hostname, port: Number(port) });
        socket.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        await until(() => upstream.seen.length > asked, 1_000, 'the provider is asked');
        await delay(50);
        assert.ok(upstream.sockets.size >= 1, where);
        const leftMs = performance.now();
        socket[how]();
        await until(() => upstream.sockets.size === 0, 1_000, `${where}: the provider is left`);
        slowestMs = Math.max(slowestMs, performance.now() - leftMs);
        await quiet(house, 1_000);
      }
    }
    const ends = [...terminalRecords(await house.records()).values()];
    assert.equal(ends.length, POINTS.length * 2);
    for (const { reason } of ends) assert.equal(reason, 'client-gone');
    const charged = ends.map(({ usage }) => usage?.outputTokens ?? 0);
    assert.equal(
      charged.filter((tokens) => tokens >= SAID.length / 4).length,
      4,
      'the streams that had said something',
    );
    t.diagnostic(`the provider is left after ${slowestMs.toFixed(0)} ms at most`);
  } finally {
    await house.close();
    await upstream.close();
  }
});
