/** `algorithm: token-bucket`: a steady rate, and a burst that fills while nobody calls. */
import { bucketIdOf, type LimitDimension } from './dimensions.ts';
import type { Demand, Estimate, Limiter, Quota, Subject } from './limiter.ts';

export interface TokenBucketConfig {
  readonly name: string;
  readonly per: readonly LimitDimension[];
  readonly requests: Allowance | null;
  readonly tokens: Allowance | null;
  /** What the bucket holds when it is full. Null: one window's quota. */
  readonly burst: number | null;
  /** Null: every tenant. */
  readonly tenants: readonly string[] | null;
}

export interface Allowance {
  readonly amount: number;
  readonly windowMs: number;
}

export function tokenBucketLimiter(config: TokenBucketConfig): Limiter {
  const { name, per, burst, tenants } = config;
  const quotaOf = (allowance: Allowance | null, unit: Quota['unit']): Quota | null => {
    if (allowance === null) return null;
    const { amount, windowMs } = allowance;
    const rate = { capacity: burst ?? amount, refillPerMs: amount / windowMs };
    // Names of limits are the operator's own: letters, digits and hyphens, so they need no escapes.
    const policy = `"${name}";q=${amount};qu="${unit}";w=${Math.ceil(windowMs / 1_000)}`;
    return { limit: name, unit, rate, amount, windowMs, policy };
  };
  const requests = quotaOf(config.requests, 'requests');
  const tokens = quotaOf(config.tokens, 'tokens');
  const idOf = bucketIdOf(per);
  return {
    name,
    plan(subject: Subject, estimate: Estimate, demands: Demand[]) {
      if (tenants !== null && !tenants.includes(subject.tenant)) return;
      const id = idOf(subject);
      if (requests !== null) {
        const amount = estimate.requests;
        demands.push({ quota: requests, bucket: `${name}|requests|${id}`, amount });
      }
      if (tokens !== null) {
        const amount = estimate.tokens;
        demands.push({ quota: tokens, bucket: `${name}|tokens|${id}`, amount });
      }
    },
  };
}
