/** The times that graphs can be of, and the zone that they are written in. */
import { locale, t } from '../messages/message.ts';

export const RANGES = {
  '5m': { title: t('last 5 minutes'), minutes: 5 },
  '15m': { title: t('last 15 minutes'), minutes: 15 },
  '1h': { title: t('last hour'), minutes: 60 },
  '6h': { title: t('last 6 hours'), minutes: 360 },
  '24h': { title: t('last 24 hours'), minutes: 1_440 },
  '7d': { title: t('last 7 days'), minutes: 10_080 },
  '30d': { title: t('last 30 days'), minutes: 43_200 },
  '90d': { title: t('last 90 days'), minutes: 129_600 },
} as const;
export type RangeName = keyof typeof RANGES;

export const isRange = (text: string | null): text is RangeName =>
  text !== null && Object.hasOwn(RANGES, text);

/** Ranges that are short enough to be watched: the newest points come by themselves. */
export const LIVE_MINUTES_MAX = 15;

export const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
/** A day of a graph is a day of UTC: whoever compares with a bill looks at it so. */
export const zones: readonly string[] = ownZone === 'UTC' ? ['UTC'] : [ownZone, 'UTC'];

const MINUTE_S = 60;
const DAY_S = 86_400;

/** How times along a graph are written, by how far they are apart and how long it is. */
export function clockOf(
  zone: string,
  rangeSeconds: number,
): (seconds: number, apartSeconds: number) => string {
  const clock: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  };
  const day: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric' };
  const written = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale(), { ...options, timeZone: zone });
  const fine = written({ ...clock, second: '2-digit' });
  const inDay = written(clock);
  const inDays = written({ ...day, ...clock });
  const days = written(day);
  return (seconds, apartSeconds) => {
    const at = new Date(seconds * 1_000);
    if (apartSeconds < MINUTE_S) return fine.format(at);
    if (apartSeconds >= DAY_S) return days.format(at);
    return (rangeSeconds > 2 * DAY_S ? inDays : inDay).format(at);
  };
}

export function exactOf(zone: string): (seconds: number) => string {
  const format = new Intl.DateTimeFormat(locale(), {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: zone,
  });
  return (seconds) => format.format(new Date(seconds * 1_000));
}
