/** UP-01: a provider that hangs, anywhere, is left in time, and nothing stays held for it. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import {
  aliasesYaml,
  eventsOf,
  isErrorEvent,
  quiet,
  saidOf,
  terminalRecords,
} from '../support/streams.ts';
import { chunk, openUpstream, type Script, UPSTREAM_ENV } from '../support/upstream.ts';

const TIMEOUTS = ', timeouts: { connect: 200ms, firstByte: 300ms, interEvent: 300ms, total: 5s }';
const LIMITS = 'limits: [{ name: wide, per: [key], tokens: 1000000/1m }]';

const head: Script = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
};
const HANGS: readonly (readonly [
  where: string,
  script: Script,
  isStreamed: boolean,
  status: number,
])[] = [
  ['before the headers', () => {}, false, 504],
  ['before the headers of a stream', () => {}, true, 504],
  ['after the headers', head, true, 504],
  [
    'in the middle of a body',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":"x",');
    },
    false,
    504,
  ],
  [
    'in the middle of a stream',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('begun '));
    },
    true,
    200,
  ],
];

test('UP-01: each wait has its end, a typed error, and frees what it held within a second', async () => {
  const upstream = await openUpstream();
  const house = await openHouse(
    `${aliasesYaml(upstream, HANGS.length, { more: TIMEOUTS })}${LIMITS}`,
    UPSTREAM_ENV,
  );
  try {
    const headers = bearer(await house.key());
    for (const [index, [where, script, isStreamed, status]] of HANGS.entries()) {
      upstream.script = script;
      const startMs = performance.now();
      const body = chat('x', { model: `m${index}`, ...(isStreamed && { stream: true }) });
      const answer = await post(`${house.url}/v1/chat/completions`, body, headers);
      const tookMs = performance.now() - startMs;
      assert.equal(answer.status, status, where);
      assert.ok(tookMs >= 250 && tookMs < 1_500, `${where}: ${tookMs}`);
      assert.ok((await quiet(house, 1_000)) < 1_000);
      await upstream.seen.at(-1)?.closed;
      if (status !== 200) {
        assert.equal((answer.json['error'] as { code: string }).code, 'provider_timeout', where);
        continue;
      }
      const events = eventsOf(answer.text);
      assert.equal(saidOf(events.slice(0, -1)), 'begun ');
      assert.ok(isErrorEvent(events.at(-1)));
    }
    const ends = terminalRecords(await house.records());
    assert.equal(ends.size, HANGS.length);
    for (const { decision, reason, attempts } of ends.values()) {
      assert.deepEqual([decision, reason, attempts?.length], ['fault', 'provider-timeout', 1]);
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-01: an answer that goes on and on ends at the total', async () => {
  const upstream = await openUpstream((_, response, socket) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(chunk('w ')), 50);
    socket.on('close', () => clearInterval(timer));
  });
  const more = ', timeouts: { total: 700ms }';
  const house = await openHouse(aliasesYaml(upstream, 1, { more }), UPSTREAM_ENV);
  try {
    const startMs = performance.now();
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('x', { stream: true }),
      bearer(await house.key()),
    );
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs >= 650 && tookMs < 1_700, `${tookMs}`);
    const events = eventsOf(answer.text);
    assert.ok(events.length > 5);
    assert.ok(isErrorEvent(events.at(-1)));
    await quiet(house, 1_000);
  } finally {
    await house.close();
    await upstream.close();
  }
});
