/** UP-07: we ask for no encoding, and an answer that has one is not unpacked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import { aliasesYaml, quiet } from '../support/streams.ts';
import { completion, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const MIB = 1_024 * 1_024;
const RSS_GROWTH_MAX = 32 * MIB;
const packed = Buffer.alloc(100 * MIB, ' ');
const BOMBS = [
  ['gzip', gzipSync(packed)],
  ['br', brotliCompressSync(packed, { params: { 1: 5 } })],
  ['gzip, gzip', gzipSync(gzipSync(packed))],
  [Array(50).fill('gzip').join(', '), gzipSync(packed)],
  ['deflate', gzipSync(Buffer.from(JSON.stringify(completion('x'))))],
  ['zstd', Buffer.from('x')],
  ['x-made-up', Buffer.from(JSON.stringify(completion('x')))],
  ['GZIP', gzipSync(packed)],
] as const;

test('UP-07: bombs in every encoding are a 502, and memory does not grow with them', async (t) => {
  const upstream = await openUpstream();
  const house = await openHouse(aliasesYaml(upstream, 2 * BOMBS.length), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    // What a process takes to get going is not the bombs' doing.
    for (let index = 0; index < 200; index += 1)
      await post(`${house.url}/v1/chat/completions`, chat('x'), headers);
    const beforeBytes = process.memoryUsage.rss();
    let peakBytes = 0;
    const watch = setInterval(() => {
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - beforeBytes);
    }, 2);
    for (const [index, [encoding, bytes]] of BOMBS.entries()) {
      for (const isStreamed of [false, true]) {
        upstream.script = (_, response) => {
          const type = isStreamed ? 'text/event-stream' : 'application/json';
          response.writeHead(200, { 'content-type': type, 'content-encoding': encoding });
          response.end(bytes);
        };
        const body = chat('x', {
          model: `m${2 * index + Number(isStreamed)}`,
          ...(isStreamed && { stream: true }),
        });
        const answer = await post(`${house.url}/v1/chat/completions`, body, headers);
        assert.equal(answer.status, 502, encoding);
        assert.equal((answer.json['error'] as { code: string }).code, 'provider_reply_invalid');
      }
    }
    clearInterval(watch);
    assert.ok(peakBytes < RSS_GROWTH_MAX, `${peakBytes / MIB} MiB`);
    await quiet(house, 1_000);
    assert.ok(upstream.seen.every(({ headers: sent }) => sent['accept-encoding'] === 'identity'));
    t.diagnostic(`${Math.round(peakBytes / MIB)} MiB of RSS at most, for bombs of 100 MiB`);
  } finally {
    await house.close();
    await upstream.close();
  }
});
