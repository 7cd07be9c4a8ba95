/** `concurrency: 50`: calls at once. A stream counts until its last byte, a refused call not at all. */
import { applies, type Selection } from './applies.ts';
import { bucketsOf, type LimitDimension } from './dimensions.ts';
import type { Demand, Limiter, Quota, Subject } from './limiter.ts';

export interface ConcurrencyConfig {
  readonly name: string;
  readonly per: readonly LimitDimension[];
  readonly calls: number;
  readonly selection: Selection;
}

export const concurrencyQuota = (name: string, calls: number): Quota => ({
  algorithm: 'concurrency',
  limit: name,
  unit: 'concurrency',
  amount: calls,
  windowMs: 0,
  policy: `"${name}";q=${calls};qu="concurrency"`,
});

export function concurrencyLimiter({ name, per, calls, selection }: ConcurrencyConfig): Limiter {
  const quota = concurrencyQuota(name, calls);
  const buckets = bucketsOf(per);
  return {
    name,
    plan(subject: Subject, _estimate, demands: Demand[]) {
      if (!applies(selection, subject)) return;
      for (const id of buckets(subject)) {
        demands.push({ quota, bucket: `${name}|concurrency|${id}`, amount: 1, scope: null });
      }
    },
  };
}
