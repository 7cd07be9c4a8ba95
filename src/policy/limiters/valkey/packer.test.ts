import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Packer } from './packer.ts';

/** The plain reader of what is written: the oracle. */
function unpacked(bytes: Buffer): (number | string)[] {
  const values: (number | string)[] = [];
  let at = 0;
  const text = (length: number, head: number): void => {
    values.push(bytes.toString('utf8', at + head, at + head + length));
    at += head + length;
  };
  const number = (value: number, size: number): void => {
    values.push(value);
    at += size;
  };
  while (at < bytes.length) {
    const type = bytes.readUInt8(at);
    if (type < 0x80) number(type, 1);
    else if (type >= 0xa0 && type <= 0xbf) text(type - 0xa0, 1);
    else if (type === 0xcd) number(bytes.readUInt16BE(at + 1), 3);
    else if (type === 0xce) number(bytes.readUInt32BE(at + 1), 5);
    else if (type === 0xcb) number(bytes.readDoubleBE(at + 1), 9);
    else if (type === 0xdb) text(bytes.readUInt32BE(at + 1), 5);
    else assert.fail(`a type that nobody writes: ${type}`);
  }
  return values;
}

const packed = (values: readonly (number | string)[]): Buffer => {
  const packer = new Packer();
  for (const value of values) {
    if (typeof value === 'number') packer.number(value);
    else packer.text(value);
  }
  return packer.taken();
};

test('what is written is read again, to the last bit: numbers to 2^53, texts of any alphabet and length', () => {
  const number = fc.oneof(
    fc.maxSafeNat(),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.constantFrom(0, 127, 128, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 300 }),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(number, text), { maxLength: 60 }), (values) => {
      assert.deepEqual(unpacked(packed(values)), values);
    }),
  );
});

test('a nested list is one text, which holds the same bytes', () => {
  const packer = new Packer();
  packer.text('a');
  packer.nested((inner) => {
    inner.number(7);
    inner.nested((innermost) => innermost.text('x'.repeat(9_000)));
  });
  packer.number(1);
  const bytes = packer.taken();
  const inside = packed([7, 'x'.repeat(9_000)]);
  // A short text of one value in a nested list has the long head that it was given before it was known.
  const [first, nested, last] = [bytes.subarray(0, 2), bytes.subarray(7, -1), bytes.at(-1)];
  assert.deepEqual(unpacked(first), ['a']);
  assert.equal(last, 1);
  assert.deepEqual(nested.subarray(0, 1), inside.subarray(0, 1));
  assert.ok(nested.includes(Buffer.from('x'.repeat(9_000))));
  assert.equal(bytes.readUInt32BE(3), nested.length);
});

test('it begins anew after what was taken', () => {
  const packer = new Packer();
  packer.text('one');
  const before = packer.taken();
  packer.text('two');
  assert.deepEqual(unpacked(before), ['one']);
  assert.deepEqual(unpacked(packer.taken()), ['two']);
});
