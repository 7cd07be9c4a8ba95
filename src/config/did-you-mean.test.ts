import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nearest } from './did-you-mean.ts';

const KEYS = ['listen', 'hosts', 'trustedProxies', 'tls'];

test('a slip of the finger finds its word: a letter more, less, other, swapped', () => {
  for (const word of ['listten', 'liten', 'lisden', 'lisetn', 'LISTEN']) {
    assert.equal(nearest(word, KEYS), 'listen', word);
  }
});

test('a word that is near to nothing is not guessed', () => {
  for (const word of ['certificate', 'xyz', 'a'.repeat(1_000_000)])
    assert.equal(nearest(word, KEYS), null);
});
