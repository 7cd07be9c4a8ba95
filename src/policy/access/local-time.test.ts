import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { isTimeZone, localTime } from './local-time.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

test('shows what Intl shows, at any time and in any zone', () => {
  const times = fc.integer({
    min: Date.parse('1971-01-01T00:00:00Z'),
    max: Date.parse('2060-01-01T00:00:00Z'),
  });
  const formats = new Map(
    ZONES.map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat('en-US', {
        timeZone,
        hourCycle: 'h23',
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
      }),
    ]),
  );
  fc.assert(
    fc.property(times, fc.constantFrom(...ZONES), (nowMs, timeZone) => {
      const { hour, minute, weekday } = localTime(nowMs, timeZone);
      const two = (value: number): string => String(value).padStart(2, '0');
      const expected = formats.get(timeZone)?.format(nowMs).replace(',', '');
      assert.equal(`${WEEKDAYS[weekday - 1]} ${two(hour)}:${two(minute)}`, expected);
    }),
    { numRuns: 1_000 },
  );
});

test('a clock that changes is followed within the hour', () => {
  const before = Date.parse('2026-03-29T00:59:59Z');
  assert.equal(localTime(before, 'Europe/Berlin').hour, 1);
  assert.equal(localTime(before + 1_000, 'Europe/Berlin').hour, 3);
});

test('a zone that there is not', () => {
  assert.equal(isTimeZone('Mars/Base'), false);
  assert.equal(isTimeZone('America/New_York'), true);
});
