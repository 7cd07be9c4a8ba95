/** CLI-06: a request body with an encoding is 415, and no byte of it is unpacked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { BASE, bearer, chat, DEMO, get, openHouse, post } from '../support/house.ts';

const MIB = 1_024 * 1_024;
const bomb = Buffer.alloc(200 * MIB, ' ');
const plain = Buffer.from(JSON.stringify(chat('x')));

test('CLI-06: every encoding but identity is 415, memory stays, and a client still gets its answer', async (t) => {
  const bodies: readonly (readonly [encoding: string, body: Buffer, status: number])[] = [
    ['gzip', gzipSync(bomb), 415],
    ['br', brotliCompressSync(bomb, { params: { 1: 1 } }), 415],
    ['gzip, gzip', gzipSync(gzipSync(bomb)), 415],
    ['gzip', gzipSync(plain), 415],
    ['identity, gzip', gzipSync(plain), 415],
    ['deflate', plain, 415],
    ['GZip', gzipSync(plain), 415],
    ['x-gzip', gzipSync(plain), 415],
    ['zstd', plain, 415],
    ['made-up', plain, 415],
    ['', plain, 415],
    ['identity', plain, 200],
  ];
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const key = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    const send = async (headers: Record<string, string>, body: Buffer): Promise<number> =>
      (
        await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: new Uint8Array(body),
        })
      ).status;
    for (let index = 0; index < 20; index += 1) await send(key, plain);
    const beforeBytes = process.memoryUsage.rss();
    for (const [encoding, body, status] of bodies) {
      assert.equal(await send({ ...key, 'content-encoding': encoding }, body), status, encoding);
      // Refused before the credential is looked at: a stranger is not told more.
      if (status === 415) assert.equal(await send({ 'content-encoding': encoding }, body), 415);
    }
    const grownBytes = process.memoryUsage.rss() - beforeBytes;
    assert.ok(grownBytes < 32 * MIB, `${grownBytes / MIB} MiB`);
    const answer = await post(url, chat('x'), { ...key, 'accept-encoding': 'gzip, br' });
    assert.equal(answer.headers.get('content-encoding'), null);
    assert.equal((await get(`${house.url}/livez`)).status, 200);
    t.diagnostic(`${Math.round(grownBytes / MIB)} MiB of RSS`);
  } finally {
    await house.close();
  }
});
