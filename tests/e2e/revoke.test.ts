/** A key that is revoked is refused within a second, and its running streams end within five. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { GatewayFolder } from '../support/gateway-process.ts';
import { bearer, chat, openHouse, post, TENANT } from '../support/house.ts';
import {
  aliasesYaml,
  eventsOf,
  isErrorEvent,
  type OpenStream,
  openStream,
  quiet,
  terminalRecords,
} from '../support/streams.ts';
import { chunk, openUpstream, type Upstream, UPSTREAM_ENV } from '../support/upstream.ts';

const REFUSED_MS_MAX = 1_000;
const ENDED_MS_MAX = 5_000;

const flowing = (): Promise<Upstream> =>
  openUpstream((seen, response) => {
    if (seen.json['stream'] !== true) {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('word '));
    const timer = setInterval(() => response.write(chunk('word ')), 50);
    response.on('close', () => clearInterval(timer));
  });

/** Milliseconds from now until the key is refused. */
async function refusedAfterMs(url: string, key: string): Promise<number> {
  const startMs = performance.now();
  while ((await post(url, chat('x'), bearer(key))).status !== 401) {
    assert.ok(performance.now() - startMs < 3_000, 'it is refused in the end');
    await delay(10);
  }
  return performance.now() - startMs;
}

async function endedAfterMs(streams: readonly OpenStream[]): Promise<number> {
  const startMs = performance.now();
  const over = Promise.all(streams.map((stream) => stream.over)).then(() => true);
  assert.equal(await Promise.race([over, delay(ENDED_MS_MAX + 1_000, false)]), true, 'they end');
  return performance.now() - startMs;
}

test('a revoked key is refused within 1 s and its streams end within 5 s; another key’s go on', async (t) => {
  const upstream = await flowing();
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const [revoked, other] = [await house.key(), await house.key({ user: 'bob' })];
    const url = `${house.url}/v1/chat/completions`;
    const begin = (key: string): Promise<OpenStream> =>
      openStream(url, chat('x', { stream: true }), bearer(key));
    const ending = [await begin(revoked), await begin(revoked), await begin(revoked)];
    const staying = await begin(other);
    assert.equal((await post(url, chat('x'), bearer(revoked))).status, 200);
    await house.revoke(revoked);
    const [refusedMs, endedMs] = await Promise.all([
      refusedAfterMs(url, revoked),
      endedAfterMs(ending),
    ]);
    assert.ok(refusedMs <= REFUSED_MS_MAX, `${refusedMs}`);
    assert.ok(endedMs <= ENDED_MS_MAX, `${endedMs}`);
    for (const { text } of ending) {
      const events = eventsOf(text());
      assert.ok(isErrorEvent(events.at(-1)) && !events.includes('[DONE]'));
    }
    const before = staying.text().length;
    await delay(200);
    assert.ok(staying.text().length > before, 'the other key’s stream goes on');
    assert.equal((await post(url, chat('x'), bearer(other))).status, 200);
    staying.abort();
    await quiet(house, 1_000);
    terminalRecords(await house.records());
    t.diagnostic(
      `in the process: refused after ${refusedMs.toFixed(0)} ms, streams ended after ${endedMs.toFixed(0)} ms`,
    );
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('the same when another process revokes it: llmproxy keys revoke', async (t) => {
  const upstream = await flowing();
  const folder = new GatewayFolder(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const gateway = await folder.start();
    // Made while it runs: the gateway learns of it without a restart.
    const { id, key } = folder.key(TENANT);
    const url = `${gateway.url}/v1/chat/completions`;
    await delay(REFUSED_MS_MAX);
    assert.equal((await post(url, chat('x'), bearer(key))).status, 200);
    const stream = await openStream(url, chat('x', { stream: true }), bearer(key));
    const { code } = folder.run('keys', 'revoke', id);
    assert.equal(code, 0);
    const [refusedMs, endedMs] = await Promise.all([
      refusedAfterMs(url, key),
      endedAfterMs([stream]),
    ]);
    assert.ok(refusedMs <= REFUSED_MS_MAX, `${refusedMs}`);
    assert.ok(endedMs <= ENDED_MS_MAX, `${endedMs}`);
    assert.ok(isErrorEvent(eventsOf(stream.text()).at(-1)));
    gateway.kill('SIGTERM');
    assert.equal((await gateway.exited).code, 0);
    t.diagnostic(
      `from another process: refused after ${refusedMs.toFixed(0)} ms, the stream ended after ${endedMs.toFixed(0)} ms`,
    );
  } finally {
    folder.remove();
    await upstream.close();
  }
});
