/** CLI-11: a body beyond the limit is refused without being read, and nobody is asked to send it. */
import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';

import { BASE, DEMO, openHouse } from '../support/house.ts';
import { raw } from '../support/raw.ts';
import { until } from '../support/streams.ts';

const LIMIT = 65_536;
/** What may be read after the limit: what one read of a socket brings. */
const READ_BEYOND_MAX = 65_536;
const SERVER = `server: { listen: "127.0.0.1:0", bodyBytesMax: ${LIMIT} }`;
const body = '{"model":"demo","messages":[{"role":"user","content":"x"}]}';
const head = (key: string, ...lines: string[]): string =>
  [
    'POST /v1/chat/completions HTTP/1.1',
    'host: 127.0.0.1',
    `authorization: Bearer ${key}`,
    ...lines,
    '',
    '',
  ].join('\r\n');

test('CLI-11: beyond the limit it is 413, by length at once, in chunks as soon as it shows; little more is read', async (t) => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n${SERVER}`);
  const served: Socket[] = [];
  const note = (message: unknown): void => void served.push((message as { socket: Socket }).socket);
  diagnostics.subscribe('http.server.request.start', note);
  try {
    const key = await house.key();
    const { hostname, port } = new URL(house.url);
    const piece = Buffer.alloc(16_384, 'a');
    const inChunk = Buffer.concat([
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from('\r\n'),
    ]);
    for (const [framing, each] of [
      ['content-length: 100000000', piece],
      ['transfer-encoding: chunked', inChunk],
    ] as const) {
      served.length = 0;
      let answer = '';
      let isClosed = false;
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on('data', (data: Buffer) => {
        answer += data.toString('latin1');
      });
      socket
        .on('close', () => {
          isClosed = true;
        })
        .on('error', () => {});
      socket.write(head(key, framing));
      const pump = setInterval(() => {
        for (let index = 0; index < 16 && socket.writable; index += 1) socket.write(each);
      }, 1);
      await until(() => isClosed, 2_000, 'the connection is closed');
      clearInterval(pump);
      assert.match(answer, /^HTTP\/1\.1 413 /u);
      assert.match(answer, /connection: close/iu);
      const readBytes = served[0]?.bytesRead ?? Number.NaN;
      const allowedBytes = framing.startsWith('content') ? 0 : LIMIT;
      assert.ok(readBytes <= allowedBytes + READ_BEYOND_MAX * 2, `${framing}: ${readBytes}`);
      t.diagnostic(`${framing}: ${readBytes} bytes were read`);
    }
  } finally {
    diagnostics.unsubscribe('http.server.request.start', note);
    await house.close();
  }
});

test('CLI-11: exactly the limit is read, one byte more is not', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n${SERVER}`);
  try {
    const key = await house.key();
    const padded = (bytes: number): string => body + ' '.repeat(bytes - body.length);
    const ask = async (bytes: number): Promise<number> =>
      (await raw(house.url, [head(key, `content-length: ${bytes}`), padded(bytes)])).status;
    assert.deepEqual([await ask(LIMIT), await ask(LIMIT + 1)], [200, 413]);
    const chunked = async (bytes: number): Promise<number> =>
      (
        await raw(house.url, [
          head(key, 'transfer-encoding: chunked'),
          `${bytes.toString(16)}\r\n${padded(bytes)}\r\n0\r\n\r\n`,
        ])
      ).status;
    assert.deepEqual([await chunked(LIMIT), await chunked(LIMIT + 1)], [200, 413]);
  } finally {
    await house.close();
  }
});

test('CLI-11: a length that is wrong is no call: shorter is left, longer is another request and refused', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n${SERVER}`);
  try {
    const key = await house.key();
    const short = await raw(house.url, [head(key, 'content-length: 500'), body], 300);
    assert.equal(short.status, 0, 'it waits for the rest; the deadline of bodies is in CLI-02');
    const long = await raw(
      house.url,
      [head(key, `content-length: ${body.length - 20}`), body],
      300,
    );
    assert.equal(long.status, 400);
    assert.equal((await raw(house.url, [head(key, 'content-length: 0')])).status, 400);
    assert.equal((await raw(house.url, [head(key)])).status, 400);
    await until(() => house.running.world.running.count === 0, 1_000, 'none of them runs');
    assert.equal((await house.records()).filter(({ kind }) => kind === 'admit').length, 0);
  } finally {
    await house.close();
  }
});

test('CLI-11: 100 is said to who may send, and to nobody who is refused', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n${SERVER}`);
  try {
    const key = await house.key();
    const expect = 'expect: 100-continue';
    const length = `content-length: ${body.length}`;
    const good = await raw(house.url, [head(key, expect, length), 200, body], 1_500);
    assert.match(good.text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /u);
    const refused: readonly (readonly [string, number])[] = [
      [head('llmp_live_nonsense', expect, length), 401],
      [head(key, expect, `content-length: ${LIMIT + 1}`), 413],
      [head(key, expect, length, 'content-encoding: gzip'), 415],
      [head(key, expect, length, 'x-api-key: two'), 400],
      [head(key, expect, length).replace('/chat/completions', '/nowhere'), 404],
      [head(key, expect, length).replace('host: 127.0.0.1', 'host: evil.example'), 421],
      [head(key, 'expect: something-else', length), 417],
    ];
    for (const [bytes, status] of refused) {
      const { text } = await raw(house.url, [bytes], 1_000);
      assert.ok(!text.includes('100 Continue'), `${status}: no 100`);
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `, 'u'));
    }
  } finally {
    await house.close();
  }
});
