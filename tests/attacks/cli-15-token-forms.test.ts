/**
 * CLI-15: what strangers can take by asking for tokens. Who sends a form is nobody until it is read, so that
 * it may be short, and those that are being read have a part of the places at once.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';

import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { raw } from '../support/raw.ts';
import { until } from '../support/streams.ts';

const MEGABYTE = 1_048_576;
const IN_FLIGHT = 16;

const opened = (): Promise<House> =>
  openHouse(`${DEMO}${BASE}guards: []
server: { listen: "127.0.0.1:0", inFlightMax: ${IN_FLIGHT} }
auth: { resource: { url: "https://llm.example.com" }, tokens: { lifetime: 1m } }
`);

const head = (...lines: string[]): string =>
  [
    'POST /oauth/token HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/x-www-form-urlencoded',
    ...lines,
    '',
    '',
  ].join('\r\n');

test('CLI-15: a form is refused by its length, and in chunks as soon as it is too long', async () => {
  const house = await opened();
  try {
    const byLength = await raw(house.url, [head(`content-length: ${MEGABYTE}`)]);
    assert.equal(byLength.status, 400, 'before a byte of it is there');
    const piece = `${(16_384).toString(16)}\r\n${'a'.repeat(16_384)}\r\n`;
    const inChunks = await raw(house.url, [head('transfer-encoding: chunked'), piece]);
    assert.equal(inChunks.status, 400, 'before its end');
    for (const { text } of [byLength, inChunks]) assert.match(text, /invalid_request/u);
  } finally {
    await house.close();
  }
});

test('CLI-15: forms that never end keep no caller out, and their places come back', async () => {
  const house = await opened();
  const sockets: Socket[] = [];
  try {
    const credential = bearer(await house.key());
    const { hostname, port } = new URL(house.url);
    const answers: string[] = [];
    for (let index = 0; index < IN_FLIGHT * 2; index += 1) {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => {}).on('data', (data) => answers.push(data.toString('latin1')));
      socket.write(`${head('content-length: 100')}grant_type=`);
      sockets.push(socket);
    }
    const refusedCount = IN_FLIGHT * 2 - IN_FLIGHT / 8;
    await until(() => answers.length >= refusedCount, 2_000, 'forms beyond their part are refused');
    assert.ok(answers.every((answer) => answer.startsWith('HTTP/1.1 503 ')));
    const url = `${house.url}/v1/chat/completions`;
    assert.equal((await post(url, chat('x'), credential)).status, 200, 'a call has a place');
    for (const socket of sockets) socket.destroy();
    let status = 503;
    for (let tries = 0; tries < 100 && status === 503; tries += 1)
      ({ status } = await raw(house.url, [head('content-length: 1'), 'x']));
    assert.equal(status, 400, 'a form is read again');
  } finally {
    for (const socket of sockets) socket.destroy();
    await house.close();
  }
});
