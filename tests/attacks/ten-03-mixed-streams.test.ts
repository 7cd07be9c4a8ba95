/**
 * TEN-03: 2,000 streams of two tenants, 200 at a time, some left by their callers and some cut by the
 * provider: each holds its own marker in every event and no byte of another.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { bearer, chat, openHouse } from '../support/house.ts';
import { providerOf, TWO_TENANTS } from '../support/stateful-upstream.ts';
import { openStream } from '../support/streams.ts';
import { chunk, openUpstream, type Script, sse, UPSTREAM_ENV } from '../support/upstream.ts';

const STREAMS = 2_000;
const AT_ONCE = 200;
const EVENTS = 12;
const MARKER = /m[0-9a-f]{16}/gu;

/** Events come by turns with those of the other streams; one in ten is cut in the middle. */
const marking: Script = async ({ body }, response) => {
  const [marker = ''] = body.match(MARKER) ?? [];
  const isCut = marker.endsWith('0');
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < EVENTS; index += 1) {
    if (isCut && index === EVENTS / 2) {
      response.destroy();
      return;
    }
    response.write(chunk(`${marker} `));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  response.end(chunk('', 'stop') + sse('[DONE]'));
};

test(`TEN-03: ${STREAMS} streams, left and cut among them, and no foreign byte in any`, async () => {
  const upstream = await openUpstream(marking);
  const house = await openHouse(
    `providers: { local: ${providerOf('openai', upstream)} }
models: { demo: { deployments: [{ provider: local, model: m }] } }
guards: [{ name: mail, type: pii, entities: [email], on: [request, reply], action: redact }]
${TWO_TENANTS}`,
    UPSTREAM_ENV,
  );
  try {
    const keys = [await house.key(), await house.key({ tenant: 'rival' })];
    let [left, whole, cut, gone] = [STREAMS, 0, 0, 0];
    const walk = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const marker = `m${randomBytes(8).toString('hex')}`;
        const headers = bearer(keys[left % 2] ?? '');
        const body = chat(`say ${marker}`, { stream: true });
        const stream = await openStream(`${house.url}/v1/chat/completions`, body, headers);
        assert.equal(stream.status, 200);
        const isLeft = marker.endsWith('1');
        if (isLeft) {
          stream.response.once('data', () => stream.abort());
          gone += 1;
        }
        await stream.over;
        const found = stream.text().match(MARKER) ?? [];
        assert.deepEqual([...new Set(found)], found.length === 0 ? [] : [marker]);
        if (isLeft) continue;
        if (marker.endsWith('0')) cut += 1;
        else {
          assert.equal(found.length, EVENTS);
          whole += 1;
        }
        upstream.seen.length = 0;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, walk));
    assert.equal(whole + cut + gone, STREAMS);
    assert.ok(whole > STREAMS / 2 && cut > 20 && gone > 20, `${whole}, ${cut}, ${gone}`);
    const records = await house.records();
    const ended = records.filter(({ kind }) => kind === 'complete');
    assert.equal(ended.length, STREAMS);
    for (const tenant of ['acme', 'rival']) {
      assert.equal(ended.filter((one) => one.tenant === tenant).length, STREAMS / 2);
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});
