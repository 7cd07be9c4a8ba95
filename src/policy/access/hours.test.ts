import assert from 'node:assert/strict';
import test from 'node:test';

import { parseHours } from './hours.ts';

const shown = (text: string): unknown => {
  const hours = parseHours(text);
  return hours === null ? null : [[...hours.days], hours.from, hours.to];
};

test('hours of the week are read as people write them', () => {
  assert.deepEqual(shown('mon-fri 08:00-18:00'), [[1, 2, 3, 4, 5], 480, 1_080]);
  assert.deepEqual(shown('sat-mon'), [[6, 7, 1], 0, 1_440]);
  assert.deepEqual(shown('22:30-24:00'), [[1, 2, 3, 4, 5, 6, 7], 1_350, 1_440]);
  assert.deepEqual(shown('sun 00:00-00:01'), [[7], 0, 1]);
  assert.deepEqual(shown('mon-mon'), [[1], 0, 1_440]);
});

test('what could be read in two ways is no hours', () => {
  const texts = [
    '',
    ' ',
    'mon08:00-09:00',
    '18:00-08:00',
    '08:00-08:00',
    '24:01-24:10',
    '8:00-9:00',
  ];
  const more = [
    'mon-fri,sat',
    'Mon',
    'mon 08:00',
    '08:00',
    'mon-fri  08:00-09:00',
    'mo',
    '25:00-26:00',
  ];
  for (const text of [...texts, ...more]) assert.equal(parseHours(text), null, text);
});
