import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { durationField, parseDuration, quotaField } from './duration.ts';

test('each unit is what it says', () => {
  const texts = ['500ms', '10s', '5m', '1h', '90d', '0s'];
  assert.deepEqual(texts.map(parseDuration), [500, 10_000, 300_000, 3_600_000, 7_776_000_000, 0]);
});

test('what is no duration is none: no unit, another unit, a sign, a fraction, ten years and a day', () => {
  for (const text of ['', '5', '5w', '-5s', '1.5s', '5 s', '5S', '3651d', '1e3s', '99999999999s']) {
    assert.equal(parseDuration(text), null, text);
  }
});

test('a duration and a quota print as they were written', () => {
  const field = durationField();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999 }),
      fc.constantFrom('ms', 's', 'm', 'h', 'd'),
      (count, unit) => {
        const text = `${count}${unit}`;
        assert.equal(JSON.stringify(field.parse(text)), JSON.stringify(text));
        const quota = quotaField.parse(`7/${text}`);
        assert.equal(JSON.stringify(quota), `"7/${text}"`);
        assert.equal(quota.windowMs, parseDuration(text));
      },
    ),
  );
});

test('bounds are kept, and named', () => {
  const field = durationField({ min: '1s', max: '1m' });
  assert.equal(field.parse('1m').ms, 60_000);
  const result = field.safeParse('61s');
  assert.equal(result.error?.issues[0]?.message, 'write a duration from 1s to 1m');
});

test('a quota of nothing, or in no time, is none', () => {
  for (const text of ['0/1m', '1/0s', '60', '60/m', '60/1m/1m', '1/9999d', '']) {
    assert.equal(quotaField.safeParse(text).success, false, text);
  }
});
