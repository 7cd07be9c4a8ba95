import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { decimalText, scaledUp } from './decimal.ts';

const MAX = Number.MAX_SAFE_INTEGER;

describe('decimal numbers as text', () => {
  test('one number has one value, however it is written', () => {
    for (const text of ['1.5e-07', '0.00000015', '15E-8', '1.50e-7', '0.0000001500', '00.00000015'])
      assert.equal(scaledUp(text, 12, MAX), 150_000, text);
    assert.equal(scaledUp('0.1', 6, MAX), 100_000);
    assert.equal(scaledUp('0.29', 2, MAX), 29);
    assert.equal(scaledUp('1e3', 0, MAX), 1_000);
    assert.equal(scaledUp('0', 12, MAX), 0);
  });

  test('what is finer than the unit is rounded up', () => {
    assert.equal(scaledUp('1.0000001', 6, MAX), 1_000_001);
    assert.equal(scaledUp('1e-99', 12, MAX), 1);
    assert.equal(scaledUp('0e-99', 12, MAX), 0);
  });

  test('what is no plain decimal number is null, and so is what is too much', () => {
    const lies = [
      '',
      '-1',
      '+1',
      ' 1',
      '1 ',
      '.5',
      '5.',
      'NaN',
      'Infinity',
      '0x10',
      '1_000',
      '1e',
      '1e1000',
      '1,5',
    ];
    for (const text of lies) assert.equal(scaledUp(text, 12, MAX), null, text);
    assert.equal(scaledUp('9'.repeat(33), 0, MAX), null);
    assert.equal(scaledUp('1e999', 12, MAX), null);
    assert.equal(scaledUp('10.000001', 6, 10_000_000), null);
    assert.equal(scaledUp('10.000000', 6, 10_000_000), 10_000_000);
  });

  test('what is written is read again as it was', () => {
    const amounts = fc.maxSafeNat();
    const check = fc.property(amounts, fc.integer({ min: 0, max: 12 }), (units, places) => {
      assert.equal(scaledUp(decimalText(units, places), places, MAX), units);
    });
    fc.assert(check);
    assert.deepEqual(
      [decimalText(37_500, 6), decimalText(2_500_000, 6), decimalText(0, 6), decimalText(10, 0)],
      ['0.0375', '2.5', '0', '10'],
    );
  });
});
