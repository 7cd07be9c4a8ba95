import assert from 'node:assert/strict';
import { test } from 'node:test';

import { base32, matchingStep, newTotpSecret, stepAt, totpCode, totpUri } from './totp.ts';

/** The secret and times of RFC 6238 appendix B, of whose eight digits ours are the last six. */
const SECRET = base32(Buffer.from('12345678901234567890'));
const VECTORS: readonly (readonly [number, string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

test('makes the codes of RFC 6238', () => {
  for (const [seconds, code] of VECTORS) {
    assert.equal(totpCode(SECRET, stepAt(seconds * 1_000)), code);
  }
});

test('takes a code of one step before or after, none of two, and each once', () => {
  const nowMs = 1_234_567_890_000;
  const now = stepAt(nowMs);
  for (const drift of [-1, 0, 1]) {
    const code = totpCode(SECRET, now + drift);
    assert.equal(matchingStep(SECRET, code, 0, nowMs), now + drift);
    assert.equal(matchingStep(SECRET, code, now + drift, nowMs), null);
  }
  for (const drift of [-2, 2]) {
    assert.equal(matchingStep(SECRET, totpCode(SECRET, now + drift), 0, nowMs), null);
  }
  // A code before the last used one was seen as well, by then.
  assert.equal(matchingStep(SECRET, totpCode(SECRET, now - 1), now, nowMs), null);
});

test('secrets are 160 bits, differ, and are told with the name of their owner', () => {
  const secret = newTotpSecret();
  assert.match(secret, /^[A-Z2-7]{32}$/u);
  assert.notEqual(secret, newTotpSecret());
  const { searchParams, pathname } = new URL(totpUri(secret, 'ann@example.com'));
  assert.equal(searchParams.get('secret'), secret);
  assert.match(pathname, /ann%40example\.com$/u);
});
