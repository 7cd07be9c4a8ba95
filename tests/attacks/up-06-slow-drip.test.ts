/** UP-06: answers that drip byte by byte count as silence, and cost the other callers nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import {
  aliasesYaml,
  eventsOf,
  IS_FULL,
  isErrorEvent,
  NO_SHEDDING,
  openStream,
  percentile,
  quiet,
  terminalRecords,
} from '../support/streams.ts';
import { answering, chunk, completion, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const DRIPS = IS_FULL ? 1_000 : 200;
const AT_ONCE = 25;
const SILENCE_MS = 1_500;
const TOTAL_MS = 60_000;
/** The share of one process that holds provider, gateway and callers. */
const MEDIAN_ADDED_MS_MAX = 100;
/** Of one answer: whoever waited for a drip would wait for its silence at least. */
const WORST_MS_MAX = SILENCE_MS;

test('UP-06: while streams drip, another caller is served as before; each drip ends in an error, because no event comes', async (t) => {
  let isDripping = false;
  const upstream = await openUpstream((seen, response, socket) => {
    if (seen.json['stream'] !== true) return answering('fine')(seen, response, socket);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk('begun '));
    const bytes = Buffer.from(chunk('never whole '.repeat(1_000)));
    let at = 0;
    const timer = setInterval(() => {
      // Until all are open: the first to end would have the others refused.
      if (!isDripping) return void response.write(chunk('on '));
      at += 1;
      response.write(bytes.subarray(at - 1, at));
    }, 100);
    response.on('close', () => clearInterval(timer));
    return undefined;
  });
  const more = `, connectionsMax: 2048, timeouts: { interEvent: ${SILENCE_MS}ms, total: ${TOTAL_MS}ms }`;
  const house = await openHouse(
    aliasesYaml(upstream, 1, { more, server: NO_SHEDDING }),
    UPSTREAM_ENV,
  );
  try {
    const [slow, good] = [bearer(await house.key({ user: 'mallory' })), bearer(await house.key())];
    const url = `${house.url}/v1/chat/completions`;
    const measure = async (times: number): Promise<number[]> => {
      const tookMs: number[] = [];
      for (let index = 0; index < times; index += 1) {
        const startMs = performance.now();
        assert.equal((await post(url, chat('x'), good)).status, 200);
        tookMs.push(performance.now() - startMs);
      }
      return tookMs;
    };
    await measure(30);
    const aloneMs = percentile(await measure(100), 0.5);
    const streams: Awaited<ReturnType<typeof openStream>>[] = [];
    while (streams.length < DRIPS) {
      const some = Array.from({ length: AT_ONCE }, () =>
        openStream(url, chat('x', { model: 'm0', stream: true }), slow),
      );
      streams.push(...(await Promise.all(some)));
    }
    isDripping = true;
    assert.deepEqual(new Set(streams.map(({ status }) => status)), new Set([200]));
    const beside = await measure(100);
    const [besideMs, worstMs] = [percentile(beside, 0.5), Math.max(...beside)];
    assert.ok(besideMs < aloneMs * 3 + MEDIAN_ADDED_MS_MAX, `${besideMs} beside, ${aloneMs} alone`);
    assert.ok(worstMs < WORST_MS_MAX, `one waited ${worstMs} ms`);
    await Promise.race([Promise.all(streams.map(({ over }) => over)), delay(SILENCE_MS + 3_000)]);
    for (const { text } of streams) {
      const events = eventsOf(text());
      assert.ok(events.length >= 2 && isErrorEvent(events.at(-1)));
      assert.ok(!text().includes('never whole'));
    }
    await quiet(house, 1_000);
    const cut = [...terminalRecords(await house.records()).values()].filter(
      ({ reason }) => reason === 'provider-timeout',
    );
    assert.equal(cut.length, DRIPS);
    t.diagnostic(
      `median ${aloneMs.toFixed(1)} ms alone, ${besideMs.toFixed(1)} ms beside ${DRIPS} drips`,
    );
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-06: a whole answer that drips is late by its rate, one that comes steadily is not', async () => {
  const upstream = await openUpstream((seen, response) => {
    const isSlow = seen.json['user'] === 'slow';
    const bytes = Buffer.from(JSON.stringify(completion('word '.repeat(40))));
    const pieceBytes = isSlow ? 1 : Math.ceil(bytes.length / 20);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
    let at = 0;
    const timer = setInterval(() => {
      response.write(bytes.subarray(at, at + pieceBytes));
      at += pieceBytes;
      if (at >= bytes.length) {
        clearInterval(timer);
        response.end();
      }
    }, 50);
    response.on('close', () => clearInterval(timer));
  });
  const more = ', timeouts: { interEvent: 400ms, total: 60s, bytesPerSecondMin: 100 }';
  const house = await openHouse(aliasesYaml(upstream, 0, { more }), UPSTREAM_ENV);
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    assert.equal((await post(url, chat('x'), credential)).status, 200);
    const startMs = performance.now();
    const slow = await post(url, chat('x', { user: 'slow' }), credential);
    assert.equal(slow.status, 504);
    assert.ok(performance.now() - startMs < 5_000);
  } finally {
    await house.close();
    await upstream.close();
  }
});
