/** CLI-02: who sends slowly is cut, and who reads slowly slows the provider, not our memory. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type BodyBounds, readBody } from '#server/read-body.ts';

import { chat, openHouse } from '../support/house.ts';
import { heldBytes } from '../support/memory.ts';
import { raw } from '../support/raw.ts';
import {
  aliasesYaml,
  drained,
  IS_FULL,
  quiet,
  terminalRecords,
  until,
} from '../support/streams.ts';
import { chunk, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const MIB = 1_024 * 1_024;
const READERS = 20;
const EVENT = chunk('y'.repeat(16_000));
// Provider, gateway and readers share one event loop here, which 300 ms of silence would blame.
const INTER_EVENT_MS = 2_000;

const BOUNDS = {
  declaredBytes: 0,
  bytesMax: 1_000_000,
  deadlineMs: 60_000,
  bytesPerSecondMin: 100,
  graceMs: 300,
};

/** Answers 200 for a body that came, and 408 for one that did not. */
async function bodyServer(bounds: BodyBounds): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    readBody(request, bounds, null).then(
      (body) =>
        response
          .writeHead(body.ok ? 200 : 408, { connection: 'close', 'content-length': '0' })
          .end(),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('CLI-02: a body that drips below the lowest rate is refused long before its deadline', async () => {
  const { url, close } = await bodyServer(BOUNDS);
  try {
    const drip = Array.from({ length: 100 }, () => ['a', 50]).flat();
    const head = 'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n';
    // 20 bytes a second where 100 are asked for: over after a grace of 300 ms and what it brought.
    const slow = await raw(url, [head, ...drip]);
    assert.equal(slow.status, 408);
    assert.ok(slow.ms >= 290 && slow.ms < 2_500, `${slow.ms}`);
    const quick = Array.from({ length: 10 }, () => ['a'.repeat(10), 60]).flat();
    assert.equal((await raw(url, [head, ...quick])).status, 200);
  } finally {
    close();
  }
});

test('CLI-02: a body that does not come within its deadline is refused, also one of endless chunks', async () => {
  const { url, close } = await bodyServer({ ...BOUNDS, deadlineMs: 300, bytesPerSecondMin: 1 });
  const drip = Array.from({ length: 40 }, () => ['1\r\na\r\n', 50]).flat();
  try {
    for (const [head, pieces] of [
      ['content-length: 1000', Array.from({ length: 40 }, () => ['a', 50]).flat()],
      ['transfer-encoding: chunked', drip],
    ] as const) {
      const { status, ms } = await raw(url, [
        `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n${head}\r\n\r\n`,
        ...pieces,
      ]);
      assert.equal(status, 408);
      assert.ok(ms >= 290 && ms < 1_300, `${ms}`);
    }
  } finally {
    close();
  }
});

test('CLI-02: readers with a closed window pause the provider, are not called its fault, and get all when they read on', async (t) => {
  let sentBytes = 0;
  const events = IS_FULL ? 4_000 : 1_000;
  const upstream = await openUpstream(async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let index = 0; index < events && !response.destroyed; index += 1) {
      sentBytes += EVENT.length;
      if (!response.write(EVENT)) await drained(response);
    }
    response.end(`${chunk('', 'stop')}data: [DONE]\n\n`);
  });
  const more = `, timeouts: { interEvent: ${INTER_EVENT_MS}ms }`;
  const house = await openHouse(aliasesYaml(upstream, 0, { more }), UPSTREAM_ENV);
  const readers: Socket[] = [];
  try {
    const key = await house.key();
    const { hostname, port } = new URL(house.url);
    const body = JSON.stringify(chat('x', { stream: true }));
    const beforeBytes = heldBytes();
    for (let index = 0; index < READERS; index += 1) {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.pause();
      socket.on('error', () => {});
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      readers.push(socket);
    }
    await until(() => upstream.seen.length === READERS, 15_000, 'all are asked');
    let stillBytes = -1;
    for (let tries = 0; stillBytes !== sentBytes && tries < 20; tries += 1) {
      stillBytes = sentBytes;
      await delay(INTER_EVENT_MS / 2);
    }
    assert.equal(stillBytes, sentBytes, 'the providers stopped writing');
    assert.ok(
      sentBytes < READERS * events * EVENT.length * 0.75,
      `${sentBytes / MIB} MiB were taken`,
    );
    const grownBytes = heldBytes() - beforeBytes;
    // A heap that was not collected is in it; what the providers would have sent is four times as much.
    assert.ok(grownBytes < 100 * MIB, `${grownBytes / MIB} MiB`);
    await delay(INTER_EVENT_MS * 1.5);
    assert.equal(
      house.running.world.running.count,
      READERS,
      'longer than the provider may be silent, and none is cut',
    );

    let whole = 0;
    for (const socket of readers) {
      let tail = '';
      socket.on('data', (data: Buffer) => {
        tail = (tail + data.toString('latin1')).slice(-400);
      });
      socket.on('close', () => {
        if (tail.includes('data: [DONE]')) whole += 1;
      });
      socket.resume();
    }
    await until(() => whole === READERS, 120_000, 'all get their whole stream');
    await quiet(house, 1_000);
    for (const { decision } of terminalRecords(await house.records()).values())
      assert.equal(decision, 'allow');
    t.diagnostic(
      `${READERS} readers: ${Math.round(grownBytes / MIB)} MiB of RSS for provider, gateway and readers together`,
    );
  } finally {
    for (const socket of readers) socket.destroy();
    await house.close();
    await upstream.close();
  }
});
