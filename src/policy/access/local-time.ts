/** Hours and days as the clocks of a zone show them, without asking Intl more than four times an hour. */
import { Lru } from '#stdx/lru.ts';

export interface LocalTime {
  readonly hour: number;
  readonly minute: number;
  /** From 1, Monday, to 7, Sunday (ISO 8601). */
  readonly weekday: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  quarter: number;
  offsetMs: number;
}

export const UTC = 'UTC';

/** Clocks change at quarters of an hour, wherever they do. */
const QUARTER_MS = 900_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** 1970 began on a Thursday. */
const FIRST_WEEKDAY = 3;
const zones = new Lru<string, Zone>(1_024);

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    // Only an unknown zone makes it throw.
    return false;
  }
}

export function localTime(nowMs: number, timeZone: string): LocalTime {
  const atMs = nowMs + (timeZone === UTC ? 0 : offsetMs(nowMs, timeZone));
  const minutes = Math.floor(mod(atMs, DAY_MS) / MINUTE_MS);
  return {
    hour: Math.floor(minutes / 60),
    minute: minutes % 60,
    weekday: mod(Math.floor(atMs / DAY_MS) + FIRST_WEEKDAY, 7) + 1,
  };
}

const mod = (value: number, by: number): number => ((value % by) + by) % by;

const formatOf = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

function offsetMs(nowMs: number, timeZone: string): number {
  const quarter = Math.floor(nowMs / QUARTER_MS);
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = { format: formatOf(timeZone), quarter: Number.NaN, offsetMs: 0 };
    zones.set(timeZone, zone);
  }
  if (zone.quarter !== quarter) {
    zone.offsetMs = shownMs(zone.format, quarter * QUARTER_MS) - quarter * QUARTER_MS;
    zone.quarter = quarter;
  }
  return zone.offsetMs;
}

/** What the clocks of the zone show, read as if it were UTC. */
function shownMs(format: Intl.DateTimeFormat, nowMs: number): number {
  const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}
