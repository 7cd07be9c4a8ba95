/** Sums over lines of usage, and the ways to look at them. */
import type { UsageSums, UsageView } from '../../../src/admin/usage-contract.ts';

import type { Call, RequestOf } from '../api.ts';
import { locale, t } from '../messages/message.ts';

export const RANGES = {
  today: t('today, by hour'),
  week: t('7 days'),
  month: t('this month'),
  quarter: t('90 days'),
} as const;
export const DIMENSIONS = {
  model: t('model'),
  tenant: t('tenant'),
  team: t('team'),
  user: t('user'),
  key: t('key'),
  provider: t('provider'),
} as const;
export const MEASURES = {
  cost: t('Cost in USD'),
  requests: t('Requests'),
  tokens: t('Tokens'),
} as const;

export type Range = keyof typeof RANGES;
export type Dimension = keyof typeof DIMENSIONS;
export type Measure = keyof typeof MEASURES;

export function optionIn<Name extends string>(
  text: string | null,
  options: Readonly<Record<Name, string>>,
  otherwise: Name,
): Name {
  const isOne = (name: string | null): name is Name =>
    name !== null && Object.hasOwn(options, name);
  return isOne(text) ? text : otherwise;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function startOf(range: Range, now: Date): Date {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (range === 'today') return midnight;
  if (range === 'month') return new Date(now.getFullYear(), now.getMonth(), 1);
  return new Date(midnight.getTime() - (range === 'week' ? 6 : 89) * DAY_MS);
}

export interface ReadUsage {
  readonly lines: readonly UsageView[];
  /** There is more than was read. */
  readonly isCut: boolean;
}

/** A page is bounded by the gateway; so many of them are more than a person looks at. */
const PAGES_MAX = 40;

type Asked = NonNullable<RequestOf<'GET /usage'>['query']>;

export async function readUsage(call: Call, asked: Asked, signal: AbortSignal): Promise<ReadUsage> {
  const lines: UsageView[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query: Asked = { ...asked, ...(after !== null && { after }) };
    const page: { readonly items: readonly UsageView[]; readonly next: string | null } = await call(
      'GET /usage',
      { query, signal },
    );
    lines.push(...page.items);
    after = page.next;
    if (after === null) return { lines, isCut: false };
  }
  return { lines, isCut: true };
}

const amountOf = (line: UsageSums, measure: Measure): number => {
  if (measure === 'cost') return line.costNanoUsd;
  if (measure === 'requests') return line.requests;
  return line.inputTokens + line.outputTokens;
};

export function measured(amount: number, measure: Measure): string {
  if (measure !== 'cost') return amount.toLocaleString(locale());
  const usd = amount / 1e9;
  return usd.toLocaleString(undefined, {
    minimumFractionDigits: 2,
    maximumFractionDigits: usd < 1 ? 6 : 2,
  });
}

const nameIn = (line: UsageView, by: Dimension): string => line[by] ?? '';

export interface Total extends UsageSums {
  readonly name: string;
}

/** The most expensive first. */
export function totalsOf(lines: readonly UsageView[], by: Dimension): readonly Total[] {
  const totals = new Map<string, Total>();
  for (const line of lines) {
    const name = nameIn(line, by);
    const before = totals.get(name);
    totals.set(name, {
      name,
      requests: (before?.requests ?? 0) + line.requests,
      inputTokens: (before?.inputTokens ?? 0) + line.inputTokens,
      outputTokens: (before?.outputTokens ?? 0) + line.outputTokens,
      cacheReadTokens: (before?.cacheReadTokens ?? 0) + line.cacheReadTokens,
      cacheWriteTokens: (before?.cacheWriteTokens ?? 0) + line.cacheWriteTokens,
      costNanoUsd: (before?.costNanoUsd ?? 0) + line.costNanoUsd,
    });
  }
  return [...totals.values()].sort(
    (a, b) => b.costNanoUsd - a.costNanoUsd || b.requests - a.requests,
  );
}

export interface Series {
  readonly names: readonly string[];
  readonly steps: readonly { readonly from: string; readonly amounts: readonly number[] }[];
}

/** More colours than that nobody tells apart: the rest is one. */
const SERIES_MAX = 5;
const REST = t('all others');

/** The steps that a range has, whether or not something was used in them: a gap is a fact too. */
export function stepsOf(range: Range, now: Date): readonly string[] {
  const steps: string[] = [];
  const start = startOf(range, now);
  for (let at = start, count = 1; at <= now; count += 1) {
    steps.push(at.toISOString());
    // By the calendar and not by so many hours: a day of a change of clocks is one day.
    at =
      range === 'today'
        ? new Date(start.getTime() + count * HOUR_MS)
        : new Date(start.getFullYear(), start.getMonth(), start.getDate() + count);
  }
  return steps;
}

export interface Look {
  readonly by: Dimension;
  readonly measure: Measure;
  readonly range: Range;
}

export function seriesOf(
  lines: readonly UsageView[],
  { by, measure, range }: Look,
  now: Date,
): Series {
  const sums = new Map<string, number>();
  for (const line of lines) {
    const name = nameIn(line, by);
    sums.set(name, (sums.get(name) ?? 0) + amountOf(line, measure));
  }
  const ordered = [...sums].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const shown = ordered.slice(0, SERIES_MAX);
  const names = ordered.length > SERIES_MAX ? [...shown, REST] : shown;
  const steps = new Map(stepsOf(range, now).map((from) => [from, names.map(() => 0)]));
  for (const line of lines) {
    const amounts = steps.get(line.from) ?? names.map(() => 0);
    const at = shown.indexOf(nameIn(line, by));
    const place = at === -1 ? names.length - 1 : at;
    amounts[place] = (amounts[place] ?? 0) + amountOf(line, measure);
    steps.set(line.from, amounts);
  }
  return {
    names,
    steps: [...steps]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, amounts]) => ({ from, amounts })),
  };
}
