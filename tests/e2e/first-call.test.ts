import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { BASE, bearer, chat, DEMO, get, type House, openHouse, post } from '../support/house.ts';

describe('a first call', () => {
  let house: House;
  let key: string;
  before(async () => {
    house = await openHouse(`${DEMO}${BASE}
limits: [{ name: per-key, per: [key], requests: 600/1m }]
guards: [{ name: secrets, type: secrets, action: redact }]
`);
    key = await house.key();
  });
  after(() => house.close());

  test('is answered, counted, priced and recorded', async () => {
    const answer = await post(`${house.url}/v1/chat/completions`, chat('Hello'), bearer(key));
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /Hello/u);
    assert.match(answer.headers.get('x-request-id') ?? '', /^req_/u);
    assert.equal(answer.headers.get('x-ratelimit-limit-requests'), '600');
    assert.match(answer.headers.get('x-llmproxy-cost-usd') ?? '', /^0\.0000\d+$/u);
    const records = await house.records();
    const requestId = answer.headers.get('x-request-id');
    const own = records.filter((record) => record.requestId === requestId);
    assert.deepEqual(
      own.map(({ kind }) => kind),
      ['admit', 'complete'],
    );
    assert.equal(own[1]?.tenant, 'acme');
    assert.equal(own[1]?.status, 200);
  });

  test('is streamed', async () => {
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('Hello', { stream: true }),
      bearer(key),
    );
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /text\/event-stream/u);
    assert.match(answer.text, /data: \[DONE\]\n\n$/u);
  });

  test('without a credential is 401 in the shape of the dialect', async () => {
    const answer = await post(
      `${house.url}/v1/messages`,
      { model: 'demo', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] },
      {},
    );
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.json['type'], 'error');
  });

  test('health needs no credential', async () => {
    assert.equal((await get(`${house.url}/livez`)).status, 200);
    assert.equal((await get(`${house.url}/readyz`)).status, 200);
    assert.match((await get(`${house.adminUrl}/metrics`)).text, /llmproxy_requests_total/u);
  });
});
