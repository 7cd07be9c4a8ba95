/** Sign-in with a real OpenID Connect provider: roles by group, refusal without one, and its logout. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Browser } from '../support/browser.ts';
import { type OidcHouse, openOidcHouse, SESSION, signInWith } from '../support/oidc-house.ts';

let at: OidcHouse;
before(async () => {
  at = await openOidcHouse();
});
after(() => at.close());

const me = (browser: Browser) => browser.send(`${at.house.adminUrl}/admin/v1/me`);

test('a person with a mapped group signs in, with the role and the tenant of the first entry', async () => {
  const { house, provider } = at;
  for (const [login, role, tenant] of [
    ['olga', 'operator', 'acme'],
    ['paul', 'platform-admin', null],
  ] as const) {
    const browser = new Browser();
    const back = await signInWith(browser, house, login);
    assert.deepEqual([back.status, back.headers.get('location')], [303, '/'], back.text);
    const seen = await me(browser);
    assert.equal(seen.status, 200, seen.text);
    const { session } = JSON.parse(seen.text) as { session: Record<string, unknown> };
    assert.deepEqual(
      [session['login'], session['role'], session['tenant'], session['proof'], session['account']],
      [`${login}@example.com`, role, tenant, 'oidc', null],
    );
    const status = await browser.send(`${house.adminUrl}/admin/v1/status`);
    assert.equal(status.status, tenant === null ? 200 : 403);
    assert.equal((await browser.send(`${house.adminUrl}/admin/v1/keys`)).status, 200);
  }
  assert.deepEqual(provider.errors, []);
  const opened = (await house.records()).filter(({ action }) => action === 'session.open');
  assert.equal(opened.length, 2);
  assert.match(opened[0]?.user ?? '', /^oidc:[0-9a-f]{32}$/u);
});

test('a person without a mapped group is refused, in words, and has no session', async () => {
  const browser = new Browser();
  const back = await signInWith(browser, at.house, 'nobody');
  assert.deepEqual([back.status, back.headers.get('location')], [303, '/?sign-in=oidc-role']);
  assert.equal(browser.cookie(at.house.adminUrl, SESSION), undefined);
});

test('signing out at the provider ends the session here within a second', async () => {
  const { house, provider } = at;
  const browser = new Browser();
  const other = new Browser();
  await signInWith(browser, house, 'paul');
  await signInWith(other, house, 'paul');
  assert.equal((await me(browser)).status, 200);
  const page = await browser.visit(`${provider.url}/session/end`, {}, house.adminUrl);
  const xsrf = /name="xsrf" value="(?<xsrf>[^"]+)"/u.exec(page.text)?.groups?.['xsrf'] ?? '';
  const form = { xsrf, logout: 'yes' };
  await browser.visit(`${provider.url}/session/end/confirm`, { form }, house.adminUrl);
  await delay(1_000);
  assert.deepEqual(provider.errors, []);
  assert.equal((await me(browser)).status, 401);
  // Another session of the provider's, so another one here.
  assert.equal((await me(other)).status, 200);
  const ended = (await house.records()).findLast(({ action }) => action === 'session.end');
  assert.equal(ended?.user, 'oidc');
});

test('a provider that cannot be reached is told, and passwords go on', async () => {
  const { house, provider } = await openOidcHouse();
  await provider.close();
  try {
    const headers = { origin: house.adminUrl };
    const browser = new Browser();
    const seen = await browser.send(`${house.adminUrl}/admin/v1/login/oidc`, { json: {}, headers });
    assert.equal(seen.status, 503, seen.text);
    const methods = await browser.send(`${house.adminUrl}/admin/v1/login`);
    assert.equal(methods.text, '{"password":true,"oidc":{"name":"Example"}}');
  } finally {
    await house.close();
  }
});
