/** CLI-07: more than 100 headers are 431; none is ever dropped in silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, DEMO, openHouse } from '../support/house.ts';
import { raw } from '../support/raw.ts';

const flood = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `x-${index}: a`);
const ask = (url: string, lines: readonly string[]) =>
  raw(url, [`GET /v1/models HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`]);

test('CLI-07: from 101 headers to 2,000 it is 431, on every route; 100 are served', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const key = `authorization: Bearer ${await house.key()}`;
    assert.equal(
      (await ask(house.url, ['host: 127.0.0.1', key, ...flood(98)])).status,
      200,
      'exactly 100',
    );
    for (const count of [99, 100, 126, 127, 128, 200, 500, 998, 1_021, 1_022, 1_500, 1_998]) {
      const { status } = await ask(house.url, ['host: 127.0.0.1', key, ...flood(count)]);
      assert.equal(status, 431, `${count + 2} headers`);
    }
    for (const path of ['/livez', '/v1/chat/completions', '/nowhere']) {
      const { status } = await raw(house.url, [
        `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${flood(150).join('\r\n')}\r\n\r\n`,
      ]);
      assert.equal(status, 431, path);
    }
  } finally {
    await house.close();
  }
});

test('CLI-07: a header behind the flood is not lost: not the second host, not the second credential', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const key = `authorization: Bearer ${await house.key()}`;
    for (const late of [
      'host: evil.example',
      key,
      'transfer-encoding: gzip, chunked',
      'content-encoding: gzip',
    ]) {
      for (const before of [90, 130, 1_020]) {
        const { status } = await ask(house.url, ['host: 127.0.0.1', key, ...flood(before), late]);
        assert.ok([400, 415, 431].includes(status), `${late} behind ${before}: ${status}`);
      }
    }
  } finally {
    await house.close();
  }
});

test('CLI-07: too many bytes of headers are 431, in one line or in many', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    for (const lines of [
      [`x: ${'a'.repeat(17_000)}`],
      Array.from({ length: 50 }, (_, index) => `x-${index}: ${'a'.repeat(400)}`),
      [`${'n'.repeat(20_000)}: a`],
      [`x: ${'a'.repeat(1_000_000)}`],
    ]) {
      assert.equal((await ask(house.url, ['host: 127.0.0.1', ...lines])).status, 431);
    }
  } finally {
    await house.close();
  }
});
