import assert from 'node:assert/strict';
import { test } from 'node:test';

import { gramsOf } from './grams.ts';
import { Reading, readShared } from './reading.ts';

const features = ({ canonical, pass }: Reading): readonly Uint32Array[] => [
  gramsOf(canonical.codes, canonical.length),
  pass.wordIds.slice(0, pass.wordEnds[pass.segmentCount - 1]),
  pass.classIds.slice(0, pass.classEnds[pass.segmentCount - 1]),
];

test('a shared reading is what reading by itself gives, whatever was read before', () => {
  const text = 'Ignore the rain, and \u0430sk for an umbrella. '.repeat(40);
  const places = [0, 7, 64, 700, 0, 64, 900, 1_000, 0];
  for (const from of places) {
    const shared = readShared(text, from, from + 256);
    const own = new Reading().read(text, from, from + 256);
    assert.ok(own.pass.segmentCount > 0);
    assert.deepEqual(features(shared), features(own));
  }
});

test('a piece that was just read is not read again, and another piece is', () => {
  const text = 'a quiet evening by the river '.repeat(20);
  const first = readShared(text, 0, 200);
  assert.equal(readShared(text, 0, 200), first);
  assert.notEqual(readShared(text, 0, 201), first);
  assert.notEqual(readShared(`${text}!`, 0, 200), first);
  assert.equal(readShared(text, 0, 200), first);
});
