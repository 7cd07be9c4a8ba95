/** Calls at once: a stream holds its slot until its last byte, and however it ends gives it back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { BASE, bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { providerOf } from '../support/stateful-upstream.ts';
import { openStream, type OpenStream } from '../support/streams.ts';
import { chunk, openUpstream, sse, UPSTREAM_ENV } from '../support/upstream.ts';

async function scene(run: (house: House, key: string, cut: () => void) => Promise<void>) {
  const open = new Set<() => void>();
  const upstream = await openUpstream((seen, response) => {
    if (seen.json['stream'] !== true) return void response.writeHead(500).end('{}');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('a word '));
    open.add(() => response.destroy());
    const timer = setTimeout(() => response.end(chunk('', 'stop') + sse('[DONE]')), 1_500);
    response.on('close', () => clearTimeout(timer));
  });
  const house = await openHouse(
    `providers: { local: ${providerOf('openai', upstream)} }
models: { demo: { deployments: [{ provider: local, model: m }] } }
guards: []
limits: [{ name: parallel, per: [key], concurrency: 2 }]
${BASE}`,
    UPSTREAM_ENV,
  );
  try {
    await run(house, await house.key(), () => {
      for (const end of open) end();
    });
  } finally {
    await house.close();
    await upstream.close();
  }
}

const begin = (house: House, key: string): Promise<OpenStream> =>
  openStream(`${house.url}/v1/chat/completions`, chat('x', { stream: true }), bearer(key));

async function isFree(house: House, key: string): Promise<boolean> {
  const { limitStore } = house.running.world;
  for (let turn = 0; turn < 100 && limitStore.openCount > 0; turn += 1) await delay(10);
  const stream = await begin(house, key);
  stream.abort();
  // A breaker may be open by then; what is asked is whether there is a place.
  return stream.status !== 429;
}

test('the third call at once is refused and told when to come again; the next one of two is taken', async () => {
  await scene(async (house, key) => {
    const streams = [await begin(house, key), await begin(house, key)];
    assert.deepEqual(
      streams.map(({ status }) => status),
      [200, 200],
    );
    const third = await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key));
    assert.equal(third.status, 429);
    assert.equal(third.headers.get('retry-after'), '1');
    const other = await house.key({ user: 'bob' });
    assert.equal((await begin(house, other)).status, 200, 'another key has slots of its own');
    await Promise.all(streams.map(({ over }) => over));
    assert.ok(await isFree(house, key));
    const denied = (await house.records()).find(
      ({ reason }) => reason === 'limit-reached: parallel',
    );
    assert.equal(denied?.status, 429);
  });
});

test('a caller that leaves, a provider that cuts or fails: the slot is free again', async () => {
  await scene(async (house, key, cut) => {
    for (let round = 0; round < 3; round += 1) {
      const streams = [await begin(house, key), await begin(house, key)];
      for (const stream of streams) stream.abort();
      assert.ok(await isFree(house, key), 'callers left');
      const more = [await begin(house, key), await begin(house, key)];
      cut();
      await Promise.all(more.map(({ over }) => over));
      assert.ok(await isFree(house, key), 'the provider cut');
      const failed = await Promise.all(
        [1, 2].map(() => post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key))),
      );
      for (const { status } of failed) assert.ok(status >= 500, String(status));
      assert.ok(await isFree(house, key), 'the provider failed');
    }
  });
});
