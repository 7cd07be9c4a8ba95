/** Budgets: money by period. Held before a call for the most that it may cost, settled after it. */
import { hash } from 'node:crypto';

import type { Amounts } from '#domain/limit-state.ts';

import { applies, EVERYTHING } from './applies.ts';
import { bucketsOf } from './dimensions.ts';
import type {
  BudgetDimension,
  BudgetQuota,
  BudgetScope,
  Demand,
  Limiter,
  Subject,
} from './limiter.ts';
import type { Period, Periods } from './period.ts';

export interface BudgetConfig {
  readonly name: string;
  readonly per: readonly BudgetDimension[];
  /** Nano-USD a period. */
  readonly amount: number;
  readonly periods: Periods;
  /** Parts of the amount at which somebody is told, each once a period. */
  readonly alertAt: readonly number[];
  /** False: it counts and tells, and refuses nobody. */
  readonly isHard: boolean;
  /** False: what such calls usually cost is held, not the most that they can. */
  readonly isStrict: boolean;
  /** A call that does not fit gets a shorter answer instead of a refusal. */
  readonly clamps: boolean;
  readonly carriesOver: boolean;
  readonly tenants: readonly string[] | null;
  readonly models: readonly string[] | null;
}

export function budgetLimiter(config: BudgetConfig): Limiter {
  const { name, per, periods, tenants, models, isHard, clamps } = config;
  const quota: BudgetQuota = {
    algorithm: 'budget',
    limit: name,
    unit: 'nano-usd',
    amount: config.amount,
    windowMs: 0,
    policy: `"${name}";q=${config.amount};qu="nano-usd"`,
    lines: config.alertAt.map((part) => Math.floor(part * config.amount)).toSorted((a, b) => a - b),
    isHard,
    clamps,
  };
  // A budget that counts other calls than before a reload is another, and begins from the ledger.
  const counts = JSON.stringify([per, models?.toSorted() ?? null, config.carriesOver]);
  const shape = hash('sha256', counts).slice(0, 8);
  const buckets = bucketsOf(per);
  const selection = { ...EVERYTHING, tenants, models };
  return {
    name,
    plan(subject: Subject, estimate: Amounts, demands: Demand[], nowMs: number) {
      if (!applies(selection, subject)) return;
      const { nanoUsd, likelyNanoUsd = nanoUsd } = estimate;
      const amount = config.isStrict ? nanoUsd : Math.min(nanoUsd, likelyNanoUsd);
      const period = periods.at(nowMs);
      const before = config.carriesOver ? periods.before(period) : null;
      const own = scopeOf(config, subject, period);
      for (const id of buckets(subject)) {
        const bucket = `${name}|${shape}|${period.fromMs}|${id}`;
        const scope = before === null ? own : carrying(own, before, `${name}|${shape}`, id);
        demands.push({ quota, bucket, amount, scope });
      }
    },
  };
}

function scopeOf({ per, models }: BudgetConfig, subject: Subject, period: Period): BudgetScope {
  const { fromMs, toMs } = period;
  const where: Partial<Record<BudgetDimension, string | null>> = { tenant: subject.tenant };
  for (const dimension of per) where[dimension] = subject[dimension];
  return { fromMs, toMs, where, models, carriesFromMs: null };
}

/** With the counter of the period before, whose name differs in its beginning alone. */
const carrying = (scope: BudgetScope, { fromMs }: Period, shape: string, id: string) => ({
  ...scope,
  carriesFromMs: fromMs,
  bucketBefore: `${shape}|${fromMs}|${id}`,
});
