import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomBase62 } from '#stdx/base62.ts';

import { passwordFlaw } from './password-policy.ts';

const WORDS = ['ann.smith@example.com', 'Ann Smith'];

test('refuses what is short, whatever is in it', () => {
  assert.equal(passwordFlaw('aB3$xY9!qZ2', []), 'short');
  assert.equal(passwordFlaw('', []), 'short');
  // Twelve bytes, but four characters.
  assert.equal(passwordFlaw('🦊🐙🦉🐝', []), 'short');
});

test('refuses what a list of leaked passwords begins with, and what everybody knows', () => {
  const obvious = [
    'password1234',
    'Password123!',
    'P@ssw0rd2026',
    'passwordpassword',
    'letmeinletmein',
    'administrator1',
    'qwertyuiop123',
    '123456789012',
    'abcdefghijkl',
    'aaaaaaaaaaaaaaaa',
    'abababababab',
    'llmproxy-admin-2026',
    'WelcomeSummer2026!',
    'correcthorsebatterystaple',
    'annsmith-2026!',
    'ann.smith@example.com',
  ];
  for (const password of obvious) assert.equal(passwordFlaw(password, WORDS), 'obvious', password);
});

test('takes what is long and of its own, without rules of composition', () => {
  const fine = [
    'violet anchors hum at dusk',
    'kettle-orbit-thimble-moss',
    'ЛебедьПоёт под луной',
    'my cat Wilhelmina eats figs',
  ];
  for (const password of fine) assert.equal(passwordFlaw(password, WORDS), null, password);
  for (let index = 0; index < 200; index += 1) {
    assert.equal(passwordFlaw(randomBase62(20), WORDS), null);
  }
  assert.equal(passwordFlaw('x1'.repeat(129), []), 'long');
});
