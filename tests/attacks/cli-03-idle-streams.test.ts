/** CLI-03: hundreds of open streams cost little, and when all their callers vanish nothing is left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bearer, chat, get, openHouse } from '../support/house.ts';
import {
  aliasesYaml,
  IS_FULL,
  type OpenStream,
  openStream,
  quiet,
  terminalRecords,
  until,
} from '../support/streams.ts';
import { chunk, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const STREAMS = IS_FULL ? 2_000 : 500;
const AT_ONCE = 50;

test('CLI-03: all get their first event; after a mass abort sockets, reservations and calls are 0 within 5 s', async (t) => {
  const upstream = await openUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('first '));
  });
  const more = ', connectionsMax: 4096';
  const server = ', inFlightMax: 4096, connectionsMax: 8192';
  const limits = 'limits: [{ name: wide, per: [key], tokens: 100000000/1m }]';
  const house = await openHouse(
    `${aliasesYaml(upstream, 0, { more, server })}${limits}`,
    UPSTREAM_ENV,
  );
  const streams: OpenStream[] = [];
  try {
    const headers = bearer(await house.key());
    let asked = 0;
    const opener = async (): Promise<void> => {
      while (asked < STREAMS) {
        asked += 1;
        streams.push(
          await openStream(
            `${house.url}/v1/chat/completions`,
            chat('x', { stream: true }),
            headers,
          ),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, opener));
    assert.equal(streams.length, STREAMS);
    await until(
      () => streams.every(({ text }) => text().includes('first ')),
      5_000,
      'all have their first event',
    );
    const { world } = house.running;
    assert.deepEqual(
      [world.running.count, world.limitStore.openCount, upstream.sockets.size],
      [STREAMS, STREAMS, STREAMS],
    );
    for (const stream of streams) {
      stream.over.catch(() => {});
      stream.response.on('error', () => {});
      stream.abort();
    }
    const tookMs = await quiet(house, 5_000);
    await until(
      () => upstream.sockets.size === 0,
      5_000 - tookMs,
      'no connection to the provider is left',
    );
    assert.match((await get(`${house.adminUrl}/metrics`)).text, /in_flight\S* 0\n/u);
    const ends = [...terminalRecords(await house.records()).values()];
    assert.equal(ends.filter(({ reason }) => reason === 'client-gone').length, STREAMS);
    t.diagnostic(`${STREAMS} streams; nothing left after ${tookMs.toFixed(0)} ms`);
  } finally {
    for (const stream of streams) stream.abort();
    await house.close();
    await upstream.close();
  }
});
