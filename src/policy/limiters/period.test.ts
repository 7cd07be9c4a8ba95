/** BUD-06: every moment lies in one period, in every zone, whatever its clocks do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type DaysPeriod, isDate, type PeriodKind, Periods } from './period.ts';

const HOUR_MS = 3_600_000;
/** Clocks that change at midnight, by half an hour, and over a whole day that never was. */
const ZONES = [
  'UTC',
  'Europe/Zurich',
  'America/New_York',
  'America/Havana',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
] as const;

/** What the calendar on the wall says, by Intl alone. */
function wallOf(timeZone: string): (ms: number, kind: PeriodKind) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (ms, kind) => {
    const date = format.format(ms);
    const [year = '', month = '01'] = date.split('-');
    if (kind === 'day') return date;
    if (kind === 'month') return `${year}-${month}`;
    if (kind === 'year') return year;
    if (kind === 'quarter') return `${year} ${Math.floor((Number(month) - 1) / 3)}`;
    const days = Date.parse(`${date}T00:00:00Z`) / 86_400_000;
    return String(Math.floor((days + 3) / 7));
  };
}

for (const timeZone of ZONES) {
  test(`BUD-06: periods in ${timeZone} are those of the calendar on the wall, without a gap`, () => {
    const wall = wallOf(timeZone);
    const begin = timeZone === 'Pacific/Apia' ? Date.UTC(2011, 10, 1) : Date.UTC(2025, 9, 1);
    for (const kind of ['day', 'week', 'month', 'quarter', 'year'] as const) {
      const periods = new Periods(kind, timeZone);
      let last = periods.at(begin);
      for (let ms = begin; ms < begin + 220 * 24 * HOUR_MS; ms += HOUR_MS / 2) {
        const period = periods.at(ms);
        if (period.fromMs !== last.fromMs) {
          assert.equal(period.fromMs, last.toMs, `a gap before ${new Date(ms).toISOString()}`);
          assert.deepEqual(periods.before(period), last);
          assert.notEqual(wall(period.fromMs, kind), wall(period.fromMs - 1, kind));
        }
        assert.equal(wall(ms, kind), wall(period.fromMs, kind));
        assert.equal(wall(ms, kind), wall(period.toMs - 1, kind));
        last = period;
      }
    }
  });
}

test('BUD-06: a day of 23 hours and one of 25 are days', () => {
  const days = new Periods('day', 'Europe/Zurich');
  const lengthOf = (text: string): number => {
    const { fromMs, toMs } = days.at(Date.parse(text));
    return (toMs - fromMs) / HOUR_MS;
  };
  assert.equal(lengthOf('2026-03-29T12:00:00Z'), 23);
  assert.equal(lengthOf('2026-10-25T12:00:00Z'), 25);
  assert.equal(lengthOf('2026-11-26T12:00:00Z'), 24);
});

test('periods of so many days are counted from their date, before it as well', () => {
  const fortnight: DaysPeriod = { days: 14, from: '2026-01-05' };
  const periods = new Periods(fortnight, 'UTC');
  assert.deepEqual(periods.at(Date.UTC(2026, 0, 18, 23)), {
    fromMs: Date.UTC(2026, 0, 5),
    toMs: Date.UTC(2026, 0, 19),
  });
  assert.equal(periods.at(Date.UTC(2026, 0, 4)).fromMs, Date.UTC(2025, 11, 22));
});

test('BUD-06: periods of so many days are of days on the wall, over changes of clocks and a day that never was', () => {
  const DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' };
  for (const [timeZone, from, begin] of [
    ['Europe/Zurich', '2026-01-05', Date.UTC(2026, 1, 20)],
    ['America/Havana', '2026-10-20', Date.UTC(2026, 9, 1)],
    ['Pacific/Apia', '2011-12-20', Date.UTC(2011, 11, 1)],
  ] as const) {
    const wall = new Intl.DateTimeFormat('sv-SE', { timeZone, ...DATE });
    const dayOf = (ms: number): number => Date.parse(`${wall.format(ms)}T00:00:00Z`) / 86_400_000;
    const periods = new Periods({ days: 10, from }, timeZone);
    let last = periods.at(begin);
    for (let ms = begin; ms < begin + 50 * 24 * HOUR_MS; ms += HOUR_MS) {
      const period = periods.at(ms);
      if (period.fromMs !== last.fromMs) {
        assert.equal(period.fromMs, last.toMs, timeZone);
        assert.deepEqual(periods.before(period), last);
      }
      last = period;
      // It begins with a day on the wall, and has ten of them by their dates.
      assert.notEqual(dayOf(period.fromMs), dayOf(period.fromMs - 1), timeZone);
      const since = Math.floor((dayOf(ms) - Date.parse(from) / 86_400_000) / 10);
      assert.equal(Math.floor((dayOf(period.fromMs) - Date.parse(from) / 86_400_000) / 10), since);
      assert.equal(
        Math.floor((dayOf(period.toMs - 1) - Date.parse(from) / 86_400_000) / 10),
        since,
      );
    }
  }
});

test('a clock that jumps back finds the period that it was in', () => {
  const periods = new Periods('month', 'UTC');
  const november = periods.at(Date.UTC(2026, 10, 26));
  periods.at(Date.UTC(2026, 11, 1));
  assert.deepEqual(periods.at(Date.UTC(2026, 10, 30)), november);
});

test('knows a date from a text that only looks like one', () => {
  assert.deepEqual(
    ['2026-02-28', '2026-02-30', '2026-2-3', 'yesterday', '2024-02-29'].map(isDate),
    [true, false, false, false, true],
  );
});
