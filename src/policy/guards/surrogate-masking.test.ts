import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { turnsDuring } from '../../../tests/support/turns.ts';
import { maskedBy, type Masking } from './surrogate-masking.ts';

const of = (...values: readonly string[]): Masking[] =>
  values.map((value, index) => ({ value, to: `<${index}>` }));

test('each value is masked wherever it stands, the longer one where two begin alike', async () => {
  assert.equal(await maskedBy('ann and anna, ann', of('ann', 'anna')), '<0> and <1>, <0>');
  assert.equal(await maskedBy('nothing of it', of('ann')), 'nothing of it');
  assert.equal(await maskedBy('', of('ann')), '');
  assert.equal(await maskedBy('as it is', []), 'as it is');
});

test('where two overlap, nothing of either is left', async () => {
  assert.equal(await maskedBy('xabcdy', of('abc', 'bcd')), 'x<0><1>y');
  assert.equal(await maskedBy('aaaaa', of('aa', 'aaa')), '<1><1><1>');
});

test('no value is left in a text, and what stands between is as it was', async () => {
  const word = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'c') });
  const run = fc.asyncProperty(
    fc.array(word, { maxLength: 5 }),
    fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }),
    async (values, chars) => {
      const text = chars.join('');
      const masked = await maskedBy(
        text,
        values.map((value) => ({ value, to: '|' })),
      );
      for (const part of masked.split('|'))
        for (const value of values) assert.ok(!part.includes(value), `${value} in ${masked}`);
      let at = 0;
      for (const part of masked.split('|')) {
        const found = text.indexOf(part, at);
        assert.ok(found >= at);
        at = found + part.length;
      }
    },
  );
  await fc.assert(run, { numRuns: 500 });
});

test('ten thousand values in a megabyte are found in one pass that lets others have their turn', async () => {
  const values = Array.from({ length: 10_000 }, (_, n) => `person-${n}@example.com`);
  const text = Array.from({ length: 45_000 }, (_, n) => values[(n * 7) % 10_000]).join(' ');
  const { user, system } = process.threadCpuUsage();
  let masked = '';
  const turns = await turnsDuring(async () => {
    masked = await maskedBy(text, of(...values));
  });
  const after = process.threadCpuUsage();
  assert.ok(!masked.includes('@'));
  assert.ok(turns > 10, `${turns} turns`);
  // A replacement of each by itself takes five seconds.
  assert.ok(after.user + after.system - user - system < 1_500_000);
});
