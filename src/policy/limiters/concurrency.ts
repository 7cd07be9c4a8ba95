/** `concurrency: 50`: calls at once. A stream counts until its last byte, a refused call not at all. */
import { bucketIdOf, type LimitDimension } from './dimensions.ts';
import type { Demand, Limiter, Quota, Subject } from './limiter.ts';

export interface ConcurrencyConfig {
  readonly name: string;
  readonly per: readonly LimitDimension[];
  readonly calls: number;
  /** Null: every tenant. */
  readonly tenants: readonly string[] | null;
}

export function concurrencyLimiter({ name, per, calls, tenants }: ConcurrencyConfig): Limiter {
  const quota: Quota = {
    limit: name,
    unit: 'concurrency',
    // Nothing fills by itself: a slot is free when its call is over.
    rate: { capacity: calls, refillPerMs: 0 },
    amount: calls,
    windowMs: 0,
    policy: `"${name}";q=${calls};qu="concurrency"`,
  };
  const idOf = bucketIdOf(per);
  return {
    name,
    plan(subject: Subject, _estimate, demands: Demand[]) {
      if (tenants !== null && !tenants.includes(subject.tenant)) return;
      demands.push({ quota, bucket: `${name}|concurrency|${idOf(subject)}`, amount: 1 });
    },
  };
}
