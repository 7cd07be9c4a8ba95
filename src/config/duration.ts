/** Durations and quotas as an operator writes them: `500ms`, `5m`, `90d`; `60/1m`. */
import { z } from 'zod';

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const DURATION = /^(?<count>[0-9]{1,9})(?<unit>ms|s|m|h|d)$/u;
const QUOTA = /^(?<amount>[1-9][0-9]{0,11})\/(?<window>[1-9][0-9]{0,8}(?:ms|s|m|h|d))$/u;

/** Ten years. Longer is a mistake, and beyond 2^31 ms a timer would fire at once. */
const DURATION_MS_MAX = 3_650 * 86_400_000;

/** A length of time that prints as it was written. */
export class Duration {
  readonly ms: number;
  readonly #text: string;

  constructor(ms: number, text: string) {
    this.ms = ms;
    this.#text = text;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** So much in each window; what limits ask for. */
export class QuotaText {
  readonly amount: number;
  readonly windowMs: number;
  readonly #text: string;

  constructor(amount: number, windowMs: number, text: string) {
    this.amount = amount;
    this.windowMs = windowMs;
    this.#text = text;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** Milliseconds, or null for text that is no duration. */
export function parseDuration(text: string): number | null {
  const groups = DURATION.exec(text)?.groups;
  const { count, unit } = groups ?? {};
  const unitMs = UNITS_MS.get(unit ?? '');
  if (count === undefined || unitMs === undefined) return null;
  const ms = Number(count) * unitMs;
  return ms <= DURATION_MS_MAX ? ms : null;
}

export interface DurationBounds {
  readonly min: string;
  readonly max: string;
}

const ANY: DurationBounds = { min: '0ms', max: '3650d' };

/** A field that holds a duration; the bounds are part of the message. */
export function durationField({ min, max }: DurationBounds = ANY) {
  const [minMs, maxMs] = [parseDuration(min) ?? 0, parseDuration(max) ?? DURATION_MS_MAX];
  return z
    .string({ error: 'write a duration such as 500ms, 10s, 5m, 1h or 90d' })
    .regex(DURATION, { error: 'write a duration such as 500ms, 10s, 5m, 1h or 90d', abort: true })
    .refine((text) => isBetween(parseDuration(text), minMs, maxMs), {
      error: `write a duration from ${min} to ${max}`,
    })
    .transform((text) => new Duration(parseDuration(text) ?? 0, text));
}

const isBetween = (ms: number | null, min: number, max: number): boolean =>
  ms !== null && ms >= min && ms <= max;

export const quotaField = z
  .string({ error: 'write an amount and a window, such as 60/1m' })
  .regex(QUOTA, { error: 'write an amount and a window, such as 60/1m', abort: true })
  .refine((text) => parseDuration(text.split('/')[1] ?? '') !== null, {
    error: 'the window is longer than ten years',
  })
  .transform((text) => {
    const [amount = '', window = ''] = text.split('/');
    return new QuotaText(Number(amount), parseDuration(window) ?? 1, text);
  });

const USD_QUOTA =
  /^(?<usd>[0-9]{1,7}(?:\.[0-9]{1,9})?)\/(?<window>[1-9][0-9]{0,8}(?:ms|s|m|h|d))$/u;
const NANO_PER_USD = 1_000_000_000;

/** Dollars in a window, as whole nano-dollars: `2.50/1h`. */
export const usdQuotaField = z
  .string({ error: 'write dollars and a window, such as 2.50/1h' })
  .regex(USD_QUOTA, { error: 'write dollars and a window, such as 2.50/1h', abort: true })
  .transform((text) => {
    const [usd = '', window = ''] = text.split('/');
    const amount = Math.round(Number(usd) * NANO_PER_USD);
    return new QuotaText(amount, parseDuration(window) ?? 1, text);
  })
  .refine(({ amount }) => amount > 0, { error: 'write more than 0 dollars' });

const WORDS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** As people write it, in the largest unit that it is whole in. */
export function durationText(ms: number): string {
  const [unit, unitMs] = WORDS.find(([, of]) => ms % of === 0) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}
