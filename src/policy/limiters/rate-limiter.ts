/** Limits on a rate: `algorithm: token-bucket` and `sliding-window`, on any of the units. */
import { amountOf, type Amounts, type LimitUnit, limitUnits } from '#domain/limit-state.ts';

import { applies, type Selection } from './applies.ts';
import { bucketsOf, type LimitDimension } from './dimensions.ts';
import type { Demand, Limiter, Quota, Subject } from './limiter.ts';
import { rateOf } from './rate.ts';
import { sliceMsOf } from './sliding-window.ts';

export interface Allowance {
  readonly amount: number;
  readonly windowMs: number;
}

export interface RateLimiterConfig {
  readonly name: string;
  readonly per: readonly LimitDimension[];
  readonly algorithm: 'token-bucket' | 'sliding-window';
  readonly allowances: Readonly<Partial<Record<LimitUnit, Allowance>>>;
  /** What a bucket holds when it is full. Null: one window's allowance. */
  readonly burst: number | null;
  readonly selection: Selection;
}

export function rateLimiter(config: RateLimiterConfig): Limiter {
  const { name, per, allowances, selection } = config;
  const quotas: Quota[] = [];
  for (const unit of limitUnits) {
    const allowance = allowances[unit];
    if (allowance !== undefined) quotas.push(quotaOf(config, unit, allowance));
  }
  const buckets = bucketsOf(per);
  return {
    name,
    plan(subject: Subject, estimate: Amounts, demands: Demand[]) {
      if (!applies(selection, subject)) return;
      for (const id of buckets(subject)) {
        for (const quota of quotas) {
          const amount = amountOf(quota.unit, estimate);
          demands.push({ quota, bucket: `${name}|${quota.unit}|${id}`, amount, scope: null });
        }
      }
    },
  };
}

export function quotaOf(
  { name, algorithm, burst }: Pick<RateLimiterConfig, 'name' | 'algorithm' | 'burst'>,
  unit: LimitUnit,
  { amount, windowMs }: Allowance,
): Quota {
  // Names of limits are the operator's own: letters, digits and hyphens, so they need no escapes.
  const policy = `"${name}";q=${amount};qu="${unit}";w=${Math.ceil(windowMs / 1_000)}`;
  const counted = { limit: name, unit, amount, windowMs, policy };
  return algorithm === 'token-bucket'
    ? { ...counted, algorithm, rate: rateOf(amount, windowMs, burst ?? amount) }
    : { ...counted, algorithm, sliceMs: sliceMsOf(windowMs) };
}
