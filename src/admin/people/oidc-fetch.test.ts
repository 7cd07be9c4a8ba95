/** The library's way out is the checked one. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { JsonClient } from '#gateway/json-client.ts';
import type { JsonAsk } from '#gateway/json-client.ts';

import { oidcFetch } from './oidc-fetch.ts';

const options = { method: 'GET', headers: {}, redirect: 'manual', body: undefined } as const;

test('an issuer on a private address is not connected to unless the operator allows it', async () => {
  let asked = 0;
  const server = http.createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end('{"a":1}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const closed = new JsonClient({ allowPrivateAddress: false });
  const open = new JsonClient({ allowPrivateAddress: true });
  try {
    await assert.rejects(oidcFetch(closed)(url, options));
    assert.equal(asked, 0);
    const answer = await oidcFetch(open)(url, options);
    assert.deepEqual([answer.status, await answer.json()], [200, { a: 1 }]);
  } finally {
    await closed.close();
    await open.close();
    server.close();
    server.closeAllConnections();
  }
});

test('a form goes with its authorization, and what is no form does not go', async () => {
  const asks: JsonAsk[] = [];
  const fetch = oidcFetch({
    ask: async (ask) => {
      asks.push(ask);
      return {};
    },
  });
  const body = new URLSearchParams({ code: 'c' });
  const headers = { Authorization: 'Basic x', accept: 'application/json' };
  await fetch('https://a.example/token', { ...options, method: 'POST', headers, body });
  assert.equal(asks[0]?.form?.get('code'), 'c');
  assert.equal(asks[0]?.authorization, 'Basic x');
  await assert.rejects(fetch('https://a.example/token', { ...options, method: 'POST' }));
  await assert.rejects(fetch('https://a.example/token', { ...options, body }));
  assert.equal(asks.length, 1);
});
