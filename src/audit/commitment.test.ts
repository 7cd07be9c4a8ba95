import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { opens, seal } from './commitment.ts';

test('a commitment is HMAC-SHA-256 of the value under its salt', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 4_000 }), (value) => {
      const { commitment, salt } = seal(value);
      const key = Buffer.from(salt, 'base64url');
      assert.equal(key.length, 16);
      assert.equal(commitment, createHmac('sha256', key).update(value, 'utf8').digest('base64url'));
      assert.ok(opens(commitment, salt, value));
      assert.ok(!opens(commitment, salt, `${value}x`.slice(-4_096)));
    }),
  );
});

test('no two commitments to one value are equal', () => {
  const all = Array.from({ length: 2_000 }, () => seal('198.51.100.27'));
  assert.equal(new Set(all.map(({ commitment }) => commitment)).size, 2_000);
  assert.equal(new Set(all.map(({ salt }) => salt)).size, 2_000);
});

test('a salt that is not one opens nothing', () => {
  const { commitment, value } = seal('ann');
  for (const salt of ['', 'short', '!'.repeat(22)]) assert.ok(!opens(commitment, salt, value));
});
