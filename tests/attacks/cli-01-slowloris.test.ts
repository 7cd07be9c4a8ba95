/** CLI-01: sockets that send a header byte now and then are cut, and good callers are served meanwhile. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { IS_FULL, percentile, until } from '../support/streams.ts';

const SOCKETS = IS_FULL ? 2_000 : 300;
const CUT_MS_MAX = 15_000;
const P99_ADDED_MS_MAX = 100;
const HEAD = 'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ';

test('CLI-01: every one of them is cut within 15 s, and nobody else waits', async (t) => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  const { hostname, port } = new URL(house.url);
  const open = new Set<Socket>();
  let drip: NodeJS.Timeout | undefined;
  try {
    const headers = bearer(await house.key());
    const measure = async (forMs: number): Promise<number> => {
      const tookMs: number[] = [];
      for (const endMs = performance.now() + forMs; performance.now() < endMs; await delay(20)) {
        const startMs = performance.now();
        assert.equal(
          (await post(`${house.url}/v1/chat/completions`, chat('x'), headers)).status,
          200,
        );
        tookMs.push(performance.now() - startMs);
      }
      return percentile(tookMs, 0.99);
    };
    await measure(300);
    const aloneMs = await measure(1_000);
    const startMs = performance.now();
    let connected = 0;
    for (let index = 0; index < SOCKETS; index += 1) {
      const socket = connect({ host: hostname, port: Number(port) }, () => {
        connected += 1;
        socket.write(HEAD);
      });
      open.add(socket);
      socket
        .on('close', () => open.delete(socket))
        .on('error', () => {})
        .resume();
    }
    await until(() => connected === SOCKETS, 5_000, 'all are connected');
    drip = setInterval(() => {
      for (const socket of open) if (socket.writable) socket.write('a');
    }, 500);
    const besideMs = await measure(6_000);
    assert.equal(open.size, SOCKETS, 'they stand while the good caller is measured');
    await until(() => open.size === 0, CUT_MS_MAX - (performance.now() - startMs), 'all are cut');
    const cutMs = performance.now() - startMs;
    assert.ok(besideMs < aloneMs * 3 + P99_ADDED_MS_MAX, `${besideMs} beside, ${aloneMs} alone`);
    t.diagnostic(
      `${SOCKETS} sockets cut after ${(cutMs / 1_000).toFixed(1)} s; p99 ${aloneMs.toFixed(1)} ms alone, ${besideMs.toFixed(1)} ms beside`,
    );
  } finally {
    clearInterval(drip);
    for (const socket of open) socket.destroy();
    await house.close();
  }
});
