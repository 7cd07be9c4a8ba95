/** Numbers of records, for people. What is not known is a dash, not a zero. */
import { locale, t } from '../messages/message.ts';

const NANO = 1_000_000_000;

const whole = new Intl.NumberFormat(locale());
const money = new Intl.NumberFormat(locale(), { maximumSignificantDigits: 4 });

export const numberText = (value: number | null): string =>
  value === null ? '–' : whole.format(value);

/** Small amounts keep their digits: a call costs millionths. */
export const usdText = (nanoUsd: number | null): string =>
  nanoUsd === null ? '–' : `$${money.format(nanoUsd / NANO)}`;

export function msText(ms: number | null): string {
  if (ms === null) return '–';
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms >= 10 || Number.isInteger(ms)
    ? t('{ms} ms', { ms: Math.round(ms) })
    : t('{ms} ms', { ms: ms.toFixed(2) });
}
