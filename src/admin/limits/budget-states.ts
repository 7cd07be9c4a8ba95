/** Budgets as they stand in the period that runs: out of the ledger, with what running calls hold. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { BudgetSection } from '#config/budgets-section.ts';
import type { UsageRow } from '#domain/ledger-entry.ts';
import { NANO_PER_USD } from '#domain/money.ts';
import { type BudgetDimension, budgetDimensions, type Demand } from '#policy/limiters/limiter.ts';
import { type Period, Periods } from '#policy/limiters/period.ts';
import { type Ledger, USAGE_ROWS_MAX } from '#storage/ledger.ts';

import type { BudgetView } from '../limits-contract.ts';

/** Owners of one budget that are listed, those with the most spent first. */
const OWNERS_MAX = 500;
/** Before this part of a period is over, how it goes on is not known. */
const FORECAST_PART_MIN = 0.01;

export interface BudgetAsked {
  readonly budgets: readonly BudgetSection[];
  /** Null: all. */
  readonly tenant: string | null;
  readonly nowMs: number;
  readonly held: readonly Demand[];
}

export async function budgetStates(ledger: Ledger, asked: BudgetAsked): Promise<BudgetView[]> {
  const views: BudgetView[] = [];
  for (const budget of asked.budgets) views.push(...(await statesOf(ledger, budget, asked)));
  return views;
}

async function statesOf(
  ledger: Ledger,
  budget: BudgetSection,
  { tenant, nowMs, held }: BudgetAsked,
): Promise<BudgetView[]> {
  const per = dimensionsOf(budget);
  const periods = new Periods(budget.period, budget.timeZone);
  const period = periods.at(nowMs);
  const spent = await spentBy(ledger, budget, per, { ...period, tenant });
  const before = budget.carryOver
    ? await spentBy(ledger, budget, per, { ...periods.before(period), tenant })
    : null;
  const running = heldBy(held, budget.name, per, period);
  for (const key of running.keys()) if (!spent.has(key)) spent.set(key, 0);
  const amount = Math.round(budget.usd * NANO_PER_USD);
  return [...spent]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, OWNERS_MAX)
    .map(([key, nanoUsd]): BudgetView => {
      const carried = before === null ? 0 : Math.max(0, amount - (before.get(key) ?? 0));
      const pace = paceOf({ spent: nanoUsd, whole: amount + carried }, period, nowMs);
      return {
        name: budget.name,
        per: [...per],
        names: namesIn(key),
        from: new Date(period.fromMs).toISOString(),
        to: new Date(period.toMs).toISOString(),
        amountNanoUsd: amount,
        carriedNanoUsd: carried,
        spentNanoUsd: nanoUsd,
        heldNanoUsd: running.get(key) ?? 0,
        alertAt: [...budget.alertAt],
        onExceeded: budget.onExceeded,
        ...pace,
      };
    });
}

/** Whoever a budget counts, tenants are apart. Runs are told of with their own caps. */
const dimensionsOf = ({ per }: BudgetSection): readonly BudgetDimension[] =>
  budgetDimensions.filter((name) => name === 'tenant' || (name !== 'run' && per.includes(name)));

const keyOf = (names: readonly (string | null)[]): string => JSON.stringify(names);
function namesIn(key: string): (string | null)[] {
  const parsed: unknown = JSON.parse(key);
  return Array.isArray(parsed)
    ? parsed.map((name) => (typeof name === 'string' ? name : null))
    : [];
}

async function spentBy(
  ledger: Ledger,
  { tenants, models }: BudgetSection,
  per: readonly BudgetDimension[],
  { fromMs, toMs, tenant }: Period & Pick<BudgetAsked, 'tenant'>,
): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  let read = 0;
  for (;;) {
    const asked = { fromMs, toMs, stepMs: toMs - fromMs, tenant, rows: USAGE_ROWS_MAX };
    const rows = await ledger.usage(asked, read);
    read += rows.length;
    for (const row of rows) {
      if (tenants?.includes(row.tenant) === false || models?.includes(row.model) === false)
        continue;
      const key = keyOf(per.map((name) => valueOf(row, name)));
      sums.set(key, (sums.get(key) ?? 0) + row.costNanoUsd);
    }
    if (rows.length < USAGE_ROWS_MAX) return sums;
    await nextTurn();
  }
}

function valueOf(row: UsageRow, name: BudgetDimension): string | null {
  if (name === 'key') return row.rootKey;
  return name === 'run' ? null : row[name];
}

function heldBy(
  held: readonly Demand[],
  budget: string,
  per: readonly BudgetDimension[],
  period: Period,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { quota, scope, amount } of held) {
    if (quota.limit !== budget || scope === null || scope.fromMs !== period.fromMs) continue;
    const key = keyOf(per.map((name) => scope.where[name] ?? null));
    sums.set(key, (sums.get(key) ?? 0) + amount);
  }
  return sums;
}

/** As it went since the period began: a straight line, and said to be one. */
export function paceOf(
  { spent, whole }: { readonly spent: number; readonly whole: number },
  { fromMs, toMs }: Period,
  nowMs: number,
): Pick<BudgetView, 'forecastNanoUsd' | 'usedUpAt'> {
  const part = (nowMs - fromMs) / (toMs - fromMs);
  if (part < FORECAST_PART_MIN) return { forecastNanoUsd: null, usedUpAt: null };
  const forecastNanoUsd = Math.round(spent / part);
  if (forecastNanoUsd <= whole || spent === 0) return { forecastNanoUsd, usedUpAt: null };
  const usedUpMs = Math.max(nowMs, fromMs + ((nowMs - fromMs) * whole) / spent);
  return { forecastNanoUsd, usedUpAt: new Date(usedUpMs).toISOString() };
}
