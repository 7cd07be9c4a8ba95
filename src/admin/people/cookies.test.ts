import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cookieText, readCookie, SESSION_COOKIE } from './cookies.ts';

test('reads the one cookie of the name, among others', () => {
  const header = `a=1; ${SESSION_COOKIE}=abc; x${SESSION_COOKIE}=no`;
  assert.equal(readCookie(['Host', 'x', 'Cookie', header], SESSION_COOKIE), 'abc');
  assert.equal(readCookie(['cookie', `${SESSION_COOKIE}=abc`], SESSION_COOKIE), 'abc');
  assert.equal(readCookie(['Cookie', 'a=1'], SESSION_COOKIE), null);
});

test('a name that is there twice, in one header or in two, is no cookie', () => {
  const pair = `${SESSION_COOKIE}=abc`;
  assert.equal(readCookie(['Cookie', `${pair}; ${pair}`], SESSION_COOKIE), null);
  assert.equal(readCookie(['Cookie', pair, 'cookie', pair], SESSION_COOKIE), null);
});

test('values of other characters and endless headers are none', () => {
  for (const value of ['', '"abc"', 'a b', 'a,b', 'é', 'a\\b', 'x'.repeat(9_000)]) {
    assert.equal(readCookie(['Cookie', `${SESSION_COOKIE}=${value}`], SESSION_COOKIE), null);
  }
});

test('every cookie is for this host alone, over TLS, and out of reach of scripts', () => {
  const text = cookieText(SESSION_COOKIE, 'v', { seconds: 60, sameSite: 'Strict' });
  assert.equal(
    text,
    '__Host-llmproxy-session=v; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60',
  );
});
