import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keyedHash, seal, unseal } from './secret-box.ts';

const pepper = Buffer.alloc(32, 3);
const peppers = { newest: 2, of: () => pepper };

test('a box opens for its purpose and its owner, and for nothing else', () => {
  const box = seal('secret words', 'totp', 'ann', peppers);
  assert.ok(!box.includes('secret'));
  assert.equal(unseal(box, 'totp', 'ann', peppers), 'secret words');
  assert.equal(unseal(box, 'login', 'ann', peppers), null);
  assert.equal(unseal(box, 'totp', 'bob', peppers), null);
  assert.equal(unseal(box, 'totp', 'ann', { newest: 2, of: () => Buffer.alloc(32, 4) }), null);
  assert.notEqual(seal('secret words', 'totp', 'ann', peppers), box);
});

test('a box that was changed anywhere does not open, and nothing is thrown', () => {
  const box = seal('secret words', 'totp', 'ann', peppers);
  for (let at = 2; at < box.length; at += 1) {
    const other = box[at] === 'A' ? 'B' : 'A';
    // The last character may carry bits that are none of the box's.
    const changed = box.slice(0, at) + other + box.slice(at + 1);
    const isSame = Buffer.from(changed.slice(2), 'base64url').equals(
      Buffer.from(box.slice(2), 'base64url'),
    );
    if (!isSame) assert.equal(unseal(changed, 'totp', 'ann', peppers), null, String(at));
  }
  for (const text of ['', '2.', 'x', `9.${'A'.repeat(60)}`, `2.${'A'.repeat(20)}`]) {
    assert.equal(unseal(text, 'totp', 'ann', peppers), null);
  }
});

test('a keyed hash is of its purpose', () => {
  assert.notEqual(keyedHash('x', 'device', peppers), keyedHash('x', 'recovery', peppers));
  assert.equal(keyedHash('x', 'device', peppers), keyedHash('x', 'device', peppers));
});
