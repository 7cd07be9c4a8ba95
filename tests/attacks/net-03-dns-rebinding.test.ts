/** NET-03: a page that rebinds its name to this machine is not served: 421. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, DEMO, openHouse } from '../support/house.ts';
import { raw } from '../support/raw.ts';

const ask = (url: string, host: string, path = '/v1/models') =>
  raw(url, [`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`]);

test('NET-03: on loopback only loopback names are served, on both listeners', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    for (const host of [
      'evil.example',
      'evil.example:8080',
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      'gateway',
    ]) {
      assert.equal((await ask(house.url, host)).status, 421, host);
      const admin = await ask(house.adminUrl, host, '/admin/v1/status');
      assert.ok(admin.status === 421 || admin.status === 403, `${host} ${admin.status}`);
    }
    for (const host of ['localhost', '127.0.0.1', '127.0.0.1:9999', '[::1]:80']) {
      assert.equal((await ask(house.url, host)).status, 401, host);
    }
    for (const host of [
      'h/#@x',
      'a b',
      'user@127.0.0.1',
      '',
      '127.0.0.1:99999999',
      '127.0.0.1\\@x',
    ]) {
      assert.equal((await ask(house.url, host)).status, 400, host);
    }
  } finally {
    await house.close();
  }
});

test('NET-03: named hosts are served, and no others', async () => {
  const house = await openHouse(
    `${DEMO}${BASE}guards: []\nserver: { listen: "127.0.0.1:0", hosts: [gateway.internal] }`,
  );
  try {
    assert.equal((await ask(house.url, 'gateway.internal')).status, 401);
    assert.equal((await ask(house.url, 'GATEWAY.internal:8080')).status, 401);
    assert.equal((await ask(house.url, '127.0.0.1')).status, 421);
  } finally {
    await house.close();
  }
});
