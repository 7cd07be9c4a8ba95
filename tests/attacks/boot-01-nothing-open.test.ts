/** BOOT-01: a gateway that was just installed: nothing answers a stranger, and no password is known. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openRoutes } from '#admin/people/open-routes.ts';
import { adminRoutes } from '#admin/routes.ts';
import { dataRoutes } from '#gateway/routes.ts';

import { BASE, DEMO, type House, openHouse } from '../support/house.ts';

let house: House;
before(async () => {
  house = await openHouse(`${DEMO}guards: []\n${BASE}`);
});
after(() => house.close());

const send = async (url: string, method: string): Promise<Response> => {
  const isWrite = method === 'POST' || method === 'PATCH';
  return await fetch(url, {
    method,
    redirect: 'manual',
    ...(isWrite && { headers: { 'content-type': 'application/json' }, body: '{}' }),
  });
};

const filled = (path: string): string => path.replaceAll(/\{\w+\}/gu, 'x');

/** Written by hand: a way in that is added stands here, and is looked at, or the test fails. */
const OPEN = [
  'GET /admin/v1/login',
  'GET /admin/v1/login/oidc/callback',
  'POST /admin/v1/login',
  'POST /admin/v1/login/oidc',
  'POST /admin/v1/logout/oidc',
];

test('BOOT-01: no route of the admin API answers a stranger, but the few that are how one signs in', async () => {
  const { adminUrl } = house;
  assert.deepEqual(openRoutes.map(({ method, path }) => `${method} ${path}`).toSorted(), OPEN);
  assert.ok(adminRoutes.length > 60);
  for (const { method, path } of adminRoutes) {
    const { status } = await send(adminUrl + filled(path), method);
    assert.equal(status, 401, `${method} ${path}`);
  }
  for (const path of ['/admin', '/admin/', '/admin/v1', '/admin/v2/keys', '/admin/v1/login/x']) {
    assert.equal((await send(adminUrl + path, 'GET')).status, 401, path);
  }
  for (const { method, path } of openRoutes) {
    const { status, headers } = await send(adminUrl + path, method);
    // Nothing is signed in, begun or ended by an empty request.
    assert.ok(status === 200 ? method === 'GET' : status >= 400, `${method} ${path} ${status}`);
    assert.equal(headers.get('set-cookie'), null);
  }
});

test('BOOT-01: no route of the data plane answers a stranger, but those that say nothing of anybody', async () => {
  let closed = 0;
  for (const { method, path, authn } of dataRoutes) {
    if (authn === 'none') continue;
    const { status } = await send(house.url + filled(path), method);
    // The token endpoint is asked with a form, and says what is missing from ours before who we are.
    assert.equal(status, path.endsWith('/oauth/token') ? 400 : 401, `${method} ${path}`);
    closed += 1;
  }
  assert.ok(closed > 20);
});

test('BOOT-01: there is no account, so no name and password that a list could have', async () => {
  const { items } = await house.running.world.storage.accounts.list({ limit: 10 });
  assert.deepEqual(items, []);
  for (const login of ['admin', 'root', 'administrator', 'llmproxy']) {
    for (const password of ['admin', 'password', 'llmproxy', 'changeme']) {
      const response = await fetch(`${house.adminUrl}/admin/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login, password }),
      });
      assert.ok([401, 429].includes(response.status));
    }
  }
});

test('BOOT-01: both listeners are on this machine alone unless the operator says otherwise', () => {
  assert.match(house.url, /^http:\/\/127\.0\.0\.1:/u);
  assert.match(house.adminUrl, /^http:\/\/127\.0\.0\.1:/u);
});
