/**
 * Periods of the calendar, in a time zone: where the one that a moment lies in begins and ends. Every
 * moment lies in exactly one; days of 23 and 25 hours are days.
 */
import { assert } from '#stdx/assert.ts';

export type PeriodKind = 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

/** So many days, counted from a date (`2026-01-05`). */
export interface DaysPeriod {
  readonly days: number;
  readonly from: string;
}

export interface Period {
  /** Unix milliseconds; the end is the beginning of the next. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A day of the calendar, as the days since 1970-01-01 that it would be in UTC. */
type DayNumber = number;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Local time is never further from UTC than this. */
const OFFSET_MAX_MS = 16 * HOUR_MS;

export class Periods {
  readonly #kind: PeriodKind | DaysPeriod;
  readonly #days: Intl.DateTimeFormat;
  #last: Period | null = null;

  /** Throws a `RangeError` where there is no such time zone. */
  constructor(kind: PeriodKind | DaysPeriod, timeZone: string) {
    this.#kind = kind;
    this.#days = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
  }

  /** The period that `nowMs` lies in. */
  at(nowMs: number): Period {
    const last = this.#last;
    if (last !== null && nowMs >= last.fromMs && nowMs < last.toMs) return last;
    const period = this.#kind === 'hour' ? hourOf(nowMs) : this.#ofDays(nowMs);
    assert(nowMs >= period.fromMs && nowMs < period.toMs, 'a moment lies in its own period');
    this.#last = period;
    return period;
  }

  /** The one that ended when `period` began. */
  before({ fromMs }: Period): Period {
    const last = this.#last;
    const before = this.at(fromMs - 1);
    this.#last = last;
    return before;
  }

  #ofDays(nowMs: number): Period {
    const { first, next } = daysOf(this.#kind, this.#dayOf(nowMs));
    return { fromMs: this.#beginOf(first), toMs: this.#beginOf(next) };
  }

  #dayOf(ms: number): DayNumber {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#days.formatToParts(ms)) parts[type] = Number(value);
    return dayNumber(parts['year'] ?? 0, parts['month'] ?? 0, parts['day'] ?? 0);
  }

  /** The first moment of a day. Clocks are changed at midnight too, so it is looked for. */
  #beginOf(day: DayNumber): number {
    let before = day * DAY_MS - OFFSET_MAX_MS;
    let within = day * DAY_MS + OFFSET_MAX_MS;
    while (within - before > 1) {
      const middle = Math.floor((before + within) / 2);
      if (this.#dayOf(middle) < day) before = middle;
      else within = middle;
    }
    return within;
  }
}

const dayNumber = (year: number, month: number, day: number): DayNumber =>
  Date.UTC(year, month - 1, day) / DAY_MS;

/** Hours are the same everywhere, but for zones that are off by a part of one; theirs are UTC's. */
const hourOf = (ms: number): Period => {
  const fromMs = Math.floor(ms / HOUR_MS) * HOUR_MS;
  return { fromMs, toMs: fromMs + HOUR_MS };
};

function daysOf(
  kind: PeriodKind | DaysPeriod,
  day: DayNumber,
): { readonly first: DayNumber; readonly next: DayNumber } {
  if (typeof kind === 'object') {
    const anchor = Date.parse(`${kind.from}T00:00:00Z`) / DAY_MS;
    const first = anchor + Math.floor((day - anchor) / kind.days) * kind.days;
    return { first, next: first + kind.days };
  }
  const date = new Date(day * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  switch (kind) {
    case 'hour':
    case 'day':
      return { first: day, next: day + 1 };
    case 'week': {
      // ISO 8601: a week begins on Monday. 1970-01-01 was a Thursday.
      const first = day - ((day + 3) % 7);
      return { first, next: first + 7 };
    }
    case 'month':
      return { first: dayNumber(year, month, 1), next: dayNumber(year, month + 1, 1) };
    case 'quarter': {
      const begin = month - ((month - 1) % 3);
      return { first: dayNumber(year, begin, 1), next: dayNumber(year, begin + 3, 1) };
    }
    case 'year':
      return { first: dayNumber(year, 1, 1), next: dayNumber(year + 1, 1, 1) };
  }
}

/** Whether a text is a day of the calendar. */
export const isDate = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/u.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
};
