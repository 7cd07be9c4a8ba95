/** Reads usage from the ledger, period after period of a calendar. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';
import type { UsageLine } from '#metering/usage-report.ts';
import { type PeriodKind, Periods } from '#policy/limiters/period.ts';
import { type Ledger, USAGE_ROWS, USAGE_ROWS_MAX } from '#storage/ledger.ts';

export const usageSteps = ['hour', 'day', 'week', 'month', 'total'] as const;
export type UsageStep = (typeof usageSteps)[number];

export interface UsageAsked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: UsageStep;
  readonly timeZone: string;
  /** Null: all. */
  readonly tenant: string | null;
  /** Whether nobody waits for it any more. */
  readonly isGone?: () => boolean;
}

/** Where reading stands: the period, and the rows of it that were read. */
export interface UsagePlace {
  readonly fromMs: number;
  readonly rows: number;
}

/** A year of hours. More is asked for in parts. */
export const PERIODS_MAX = 10_000;
/** Of days, weeks and months: where one begins is looked for in a calendar, which takes its time. */
const DATES_MAX = 1_000;
const QUARTER_MS = 900_000;
/**
 * Periods that are read before others have their turn: an embedded store answers at once, and whoever
 * may read usage could otherwise hold up every call for as long as a year of empty hours takes.
 */
const TURN = 16;

/** Sums are kept by quarters of an hour, so what is asked for begins and ends with one. */
export const onQuarter = (ms: number): number => Math.floor(ms / QUARTER_MS) * QUARTER_MS;

/** One page and where the next begins; null: it was the last. */
export async function usagePage(
  ledger: Pick<Ledger, 'usage'>,
  asked: UsageAsked,
  place: UsagePlace,
  rowsMax: number = USAGE_ROWS,
): Promise<{ readonly lines: readonly UsageLine[]; readonly next: UsagePlace | null }> {
  const periods = new PeriodsOf(asked);
  const periodsMax = asked.by === 'hour' ? PERIODS_MAX : DATES_MAX;
  let { fromMs, rows } = place;
  for (let count = 0; fromMs < asked.toMs && count < periodsMax; count += 1) {
    if (asked.isGone?.() === true) throw new Fault('client-gone', 'the reader of usage left');
    const toMs = periods.endOf(fromMs);
    const query = { fromMs, toMs, stepMs: toMs - fromMs, tenant: asked.tenant, rows: rowsMax };
    const page = await ledger.usage(query, rows);
    if (page.length > 0) {
      const lines = page.map((row) => ({ ...row, toMs }));
      const isLast = page.length < rowsMax;
      const next = isLast ? { fromMs: toMs, rows: 0 } : { fromMs, rows: rows + page.length };
      return { lines, next: next.fromMs < asked.toMs ? next : null };
    }
    fromMs = toMs;
    rows = 0;
    if (count % TURN === TURN - 1) await nextTurn();
  }
  // So many periods without a line: the next page goes on behind them.
  return { lines: [], next: fromMs < asked.toMs ? { fromMs, rows: 0 } : null };
}

export async function* usageLines(
  ledger: Pick<Ledger, 'usage'>,
  asked: UsageAsked,
): AsyncGenerator<UsageLine> {
  let place: UsagePlace | null = { fromMs: asked.fromMs, rows: 0 };
  while (place !== null) {
    const page: Awaited<ReturnType<typeof usagePage>> = await usagePage(
      ledger,
      asked,
      place,
      USAGE_ROWS_MAX,
    );
    yield* page.lines;
    place = page.next;
    await nextTurn();
  }
}

class PeriodsOf {
  readonly #asked: UsageAsked;
  readonly #periods: Periods | null;

  constructor(asked: UsageAsked) {
    this.#asked = asked;
    this.#periods = asked.by === 'total' ? null : new Periods(kindOf(asked.by), asked.timeZone);
  }

  endOf(fromMs: number): number {
    const { toMs } = this.#asked;
    return Math.min(toMs, this.#periods?.at(fromMs).toMs ?? toMs);
  }
}

const kindOf = (by: Exclude<UsageStep, 'total'>): PeriodKind => by;
