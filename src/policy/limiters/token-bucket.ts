/** `algorithm: token-bucket`: a steady rate, and a burst that fills while nobody calls. */
import type { Demand, Estimate, Limiter, Subject } from './limiter.ts';

export const limitDimensions = ['tenant', 'team', 'user', 'key', 'ip', 'model'] as const;
export type LimitDimension = (typeof limitDimensions)[number];

export interface TokenBucketConfig {
  readonly name: string;
  readonly per: readonly LimitDimension[];
  readonly requests: Quota | null;
  readonly tokens: Quota | null;
  /** What the bucket holds when it is full. Null: one window's quota. */
  readonly burst: number | null;
  /** Null: every tenant. */
  readonly tenants: readonly string[] | null;
}

export interface Quota {
  readonly amount: number;
  readonly windowMs: number;
}

export function tokenBucketLimiter(config: TokenBucketConfig): Limiter {
  const { name, per, requests, tokens, burst, tenants } = config;
  const demand = (quota: Quota, unit: Demand['unit'], id: string, amount: number): Demand => ({
    limit: name,
    unit,
    bucket: `${name}|${unit}|${id}`,
    amount,
    rate: { capacity: burst ?? quota.amount, refillPerMs: quota.amount / quota.windowMs },
    quota: quota.amount,
    windowMs: quota.windowMs,
  });
  return {
    name,
    plan(subject: Subject, estimate: Estimate) {
      if (tenants !== null && !tenants.includes(subject.tenant)) return [];
      const id = bucketId(subject, per);
      const demands: Demand[] = [];
      if (requests !== null) demands.push(demand(requests, 'requests', id, estimate.requests));
      if (tokens !== null) demands.push(demand(tokens, 'tokens', id, estimate.tokens));
      return demands;
    },
  };
}

/**
 * Users and keys of different tenants are different, whatever they are called. JSON keeps a caller
 * who is named `a|b` out of the bucket of `a` and `b`.
 */
function bucketId(subject: Subject, per: readonly LimitDimension[]): string {
  const isGlobal = per.every((dimension) => dimension === 'ip' || dimension === 'model');
  const values = per.map((dimension) => subject[dimension]);
  return JSON.stringify(isGlobal ? values : [subject.tenant, ...values]);
}
