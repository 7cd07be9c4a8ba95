import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import fc from 'fast-check';

import { HmacSha256 } from './hmac.ts';

test('it is HMAC-SHA-256, for keys of every length and texts of every kind', () => {
  const key = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(key, fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }), (bytes, texts) => {
      const hmac = new HmacSha256(bytes);
      for (const text of texts) {
        assert.deepEqual(hmac.of(text), createHmac('sha256', bytes).update(text).digest());
      }
    }),
    { numRuns: 2_000 },
  );
});

test('the vectors of RFC 4231', () => {
  const cases: readonly (readonly [key: Buffer, text: string, mac: string])[] = [
    [
      Buffer.alloc(20, 0x0b),
      'Hi There',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      Buffer.from('Jefe'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      Buffer.alloc(131, 0xaa),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ];
  for (const [key, text, mac] of cases)
    assert.equal(new HmacSha256(key).of(text).toString('hex'), mac);
});
