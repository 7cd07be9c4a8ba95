import assert from 'node:assert/strict';
import { test } from 'node:test';

import { base62OfUint32, timedBase62 } from './base62.ts';

test('ids of a later moment stand behind those of an earlier one, and none comes twice', () => {
  const times = [0, 1, 61, 62, 1_700_000_000_000, 1_700_000_000_001, 3_521_614_606_207];
  const ids = times.flatMap((ms) => Array.from({ length: 200 }, () => timedBase62(20, ms)));
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[0-9A-Za-z]{20}$/u);
  const prefixes = ids.map((id) => id.slice(0, 7));
  assert.deepEqual(
    prefixes,
    prefixes.toSorted((a, b) => (a < b ? -1 : Number(a > b))),
  );
});

test('a checksum is six characters, whatever its number', () => {
  assert.deepEqual([0, 61, 62, 0xffffffff].map(base62OfUint32), [
    '000000',
    '00000z',
    '000010',
    '4gfFC3',
  ]);
});
