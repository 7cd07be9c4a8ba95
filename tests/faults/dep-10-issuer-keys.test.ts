/**
 * DEP-10: an issuer whose set of keys is 100 MB, one that gives a byte at a time, and tokens with keys
 * that nobody has: each costs its own callers, within bounds, and nobody else.
 */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { bearer, DEMO, get, openHouse } from '../support/house.ts';
import { AUDIENCE, newKey, tokenOf } from '../support/issuer.ts';
import { drained } from '../support/streams.ts';

const SET_BYTES = 100_000_000;
const PIECE = Buffer.alloc(65_536, ' ');
/** A megabyte is read of it, and what is on its way in sockets when that is too much. */
const SENT_BYTES_MAX = 20_000_000;
/** The deadline of a reading is five seconds; a busy machine is late. */
const REFUSED_MS_MAX = 9_000;
const OTHERS_MS_MAX = 3_000;
/** More of one address are turned away before anybody looks at them; the unit test has five hundred. */
const FLOOD = 8;

async function openKeys(t: TestContext, set: object) {
  const seen = { sentBytes: 0, reads: 0 };
  const endless = async (response: ServerResponse): Promise<void> => {
    while (seen.sentBytes < SET_BYTES && !response.destroyed) {
      seen.sentBytes += PIECE.length;
      if (!response.write(PIECE)) await drained(response);
    }
    response.end();
  };
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url === '/endless') void endless(response);
    else if (request.url === '/drip') {
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    } else {
      seen.reads += 1;
      response.end(JSON.stringify(set));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('DEP-10: keys that are 100 MB, or never whole, or unknown, cost nobody else', async (t) => {
  const key = await newKey('k1');
  const { seen, url } = await openKeys(t, { keys: [key.jwk] });
  const names = ['good', 'endless', 'drip'] as const;
  const issuerOf = (name: string): string => `https://${name}.example`;
  const house = await openHouse(`${DEMO}guards: []
tenants: [{ id: acme, bindings: [{ role: developer, users: ["*"] }] }]
auth:
  jwt:
${names.map((name) => `    - { issuer: "${issuerOf(name)}", jwksUri: "${url}/${name}", audience: ${AUDIENCE}, tenant: acme, allowPrivateAddress: true }`).join('\n')}
`);
  t.after(() => house.close());
  const ask = async (name: string, jti: string, kid = 'k1') => {
    const token = await tokenOf(issuerOf(name), key, { claims: { jti }, header: { kid } });
    const startMs = performance.now();
    const { status } = await get(`${house.url}/v1/models`, bearer(token));
    return { status, ms: performance.now() - startMs };
  };
  assert.equal((await ask('good', 'first')).status, 200);
  const bad = ['endless', 'drip'].map((name) => ask(name, 'first'));
  const others = await Promise.all(Array.from({ length: 8 }, (_, at) => ask('good', `g${at}`)));
  for (const { status, ms } of others) {
    assert.equal(status, 200);
    assert.ok(ms < OTHERS_MS_MAX, `${ms} ms`);
  }
  for (const { status, ms } of await Promise.all(bad)) {
    assert.equal(status, 503);
    assert.ok(ms < REFUSED_MS_MAX, `${ms} ms`);
  }
  assert.ok(seen.sentBytes > 1_000_000, 'it was begun');
  assert.ok(seen.sentBytes < SENT_BYTES_MAX, `${seen.sentBytes} bytes`);
  const before = seen.reads;
  const flood = await Promise.all(
    Array.from({ length: FLOOD }, (_, at) => ask('good', `f${at}`, `unknown${at}`)),
  );
  assert.ok(flood.every(({ status }) => status !== 200));
  assert.ok(seen.reads <= before + 1, `${seen.reads - before} readings for ${FLOOD} tokens`);
  assert.equal((await ask('good', 'last')).status, 200);
});
