/** UI-05: answers of a provider that were planted, kept or changed, and tokens that are none. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { randomBase62 } from '#stdx/base62.ts';

import { Browser, throughProvider } from '../support/browser.ts';
import {
  beginLogin,
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  SESSION,
  signInWith,
} from '../support/oidc-house.ts';

const LOGIN_COOKIE = '__Host-llmproxy-login';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let at: OidcHouse;
before(async () => {
  at = await openOidcHouse();
});
after(() => at.close());

const back = () => at.house.adminUrl + CALLBACK;

async function answered(browser: Browser, address: string | URL): Promise<string | null> {
  const seen = await browser.send(address, { headers: { 'sec-fetch-site': 'cross-site' } });
  assert.equal(seen.status, 303, seen.text);
  const session = browser.cookie(at.house.adminUrl, SESSION);
  const location = seen.headers.get('location');
  assert.equal(session !== undefined, location === '/');
  return location;
}

test('UI-05: the way out has PKCE, a state and a nonce, of one use, and goes to the issuer alone', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    const browser = new Browser();
    const url = new URL(await beginLogin(browser, at.house));
    assert.equal(url.origin, at.provider.url);
    const { searchParams } = url;
    assert.equal(searchParams.get('response_type'), 'code');
    assert.equal(searchParams.get('code_challenge_method'), 'S256');
    assert.equal(searchParams.get('redirect_uri'), back());
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const value = searchParams.get(name) ?? '';
      assert.ok(value.length >= 43, name);
      assert.ok(!seen.has(value));
      seen.add(value);
    }
    // What the cookie holds of them is for the gateway to read.
    const cookie = browser.cookie(at.house.adminUrl, LOGIN_COOKIE) ?? '';
    for (const value of seen) assert.ok(!cookie.includes(value));
  }
});

test("UI-05: an attacker's answer in somebody else's browser signs nobody in", async () => {
  const attacker = new Browser();
  const url = await beginLogin(attacker, at.house);
  const planted = await throughProvider(attacker, url, 'paul', back());
  const victim = new Browser();
  assert.equal(await answered(victim, planted), '/?sign-in=oidc-state');
  // Nor in one that has begun a sign-in of its own.
  await beginLogin(victim, at.house);
  assert.equal(await answered(victim, planted), '/?sign-in=oidc-state');
});

test('UI-05: an answer is taken once, and as it was given', async () => {
  const browser = new Browser();
  const good = await throughProvider(browser, await beginLogin(browser, at.house), 'paul', back());
  const copy = new Browser();
  const cookie = browser.cookie(at.house.adminUrl, LOGIN_COOKIE) ?? '';
  const headers = { cookie: `${LOGIN_COOKIE}=${cookie}`, 'sec-fetch-site': 'cross-site' };
  const changed: ((url: URL) => void)[] = [
    ({ searchParams }) => searchParams.set('state', randomBase62(43)),
    ({ searchParams }) => searchParams.append('state', searchParams.get('state') ?? ''),
    ({ searchParams }) => searchParams.delete('state'),
  ];
  for (const change of changed) {
    const url = new URL(good);
    change(url);
    const seen = await copy.send(url, { headers });
    assert.equal(seen.headers.get('location'), '/?sign-in=oidc-state');
  }
  assert.equal(await answered(browser, good), '/');
  const again = await copy.send(good, { headers });
  assert.equal(again.headers.get('location'), '/?sign-in=oidc-state');
  assert.equal(copy.cookie(at.house.adminUrl, SESSION), undefined);
});

test('UI-05: another issuer in the answer, a made-up code, a changed cookie: none signs in', async () => {
  const cases: ((url: URL) => void)[] = [
    // Mix-up of providers (RFC 9207).
    ({ searchParams }) => searchParams.set('iss', 'https://evil.example'),
    ({ searchParams }) => searchParams.set('code', randomBase62(43)),
    ({ searchParams }) => searchParams.delete('code'),
  ];
  for (const change of cases) {
    const browser = new Browser();
    const url = await throughProvider(browser, await beginLogin(browser, at.house), 'paul', back());
    change(url);
    assert.equal(await answered(browser, url), '/?sign-in=oidc-failed');
  }
  const browser = new Browser();
  const url = await throughProvider(browser, await beginLogin(browser, at.house), 'paul', back());
  const cookie = browser.cookie(at.house.adminUrl, LOGIN_COOKIE) ?? '';
  const forged = cookie.slice(0, 20) + (cookie[20] === 'A' ? 'B' : 'A') + cookie.slice(21);
  const headers = { cookie: `${LOGIN_COOKIE}=${forged}` };
  const seen = await new Browser().send(url, { headers });
  assert.equal(seen.headers.get('location'), '/?sign-in=oidc-state');
});

test('UI-05: no parameter of ours sends a browser anywhere', async () => {
  for (const name of ['next', 'return_to', 'redirect_uri', 'url', 'location']) {
    const browser = new Browser();
    const url = await throughProvider(browser, await beginLogin(browser, at.house), 'paul', back());
    url.searchParams.set(name, 'https://evil.example/');
    const location = await answered(browser, url);
    assert.ok(location === '/' || location === '/?sign-in=oidc-failed', String(location));
  }
});

test('UI-05: a sign-in cannot be begun by a page of another site', async () => {
  const { adminUrl } = at.house;
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const browser = new Browser();
    const seen = await browser.send(`${adminUrl}/admin/v1/login/oidc`, { json: {}, headers });
    assert.equal(seen.status, 403);
    assert.equal(browser.cookie(adminUrl, LOGIN_COOKIE), undefined);
  }
});

test('UI-05: only a logout token of the issuer, for this client, young and new, ends a session', async () => {
  const { house, provider } = at;
  const browser = new Browser();
  await signInWith(browser, house, 'olga');
  const me = async (): Promise<number> =>
    (await browser.send(`${house.adminUrl}/admin/v1/me`)).status;
  const say = async (token: string): Promise<number> => {
    const form = { logout_token: token };
    return (await browser.send(`${house.adminUrl}/admin/v1/logout/oidc`, { form })).status;
  };
  const base = () => ({
    iss: provider.url,
    aud: provider.clientId,
    sub: 'olga',
    jti: randomBase62(20),
    events: { [EVENT]: {} },
  });
  const { events: _events, ...noEvent } = base();
  const { jti: _jti, ...noJti } = base();
  const { sub: _sub, ...nobody } = base();
  const hours = Math.floor(Date.now() / 1_000) - 3_600;
  const refused = [
    await provider.sign(noEvent),
    await provider.sign({ ...base(), events: {} }),
    await provider.sign({ ...base(), events: { [EVENT]: 'yes' } }),
    // An ID token has the same issuer, audience and key, and a nonce.
    await provider.sign({ ...base(), nonce: 'n' }),
    await provider.sign(base(), 'at+jwt'),
    await provider.sign({ ...base(), iss: 'https://evil.example' }),
    await provider.sign({ ...base(), aud: 'another' }),
    await provider.sign(noJti),
    await provider.sign(nobody),
    (await provider.sign(base())).replace(/\.[^.]+$/u, `.${randomBase62(342)}`),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ ...base(), iat: hours + 3_600, exp: hours + 7_200 })).toString('base64url')}.`,
    'x',
  ];
  for (const [index, token] of refused.entries()) {
    assert.equal(await say(token), 400, `token ${index}`);
    assert.equal(await me(), 200, `token ${index}`);
  }
  const good = await provider.sign(base());
  assert.equal(await say(good), 200);
  assert.equal(await me(), 401);
  await signInWith(browser, house, 'olga');
  // Kept by somebody: it ends nothing again.
  assert.equal(await say(good), 400);
  assert.equal(await me(), 200);
});
