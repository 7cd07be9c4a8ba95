/**
 * Demands as the flat arguments of a script: texts, and whole numbers up to 2^53. The Lua in
 * `lua-counters.ts` reads them in this order.
 */
import { hash } from 'node:crypto';

import { amountOf, type Amounts, limitUnits } from '#domain/limit-state.ts';

import type { Demand, Quota } from '../limiter.ts';

export type Argument = string | number;

/** Callers choose some of these names: they bound neither the length of a key nor the store. */
const NAME_CHARS_MAX = 160;

const KINDS: Readonly<Record<Quota['algorithm'], string>> = {
  'token-bucket': 'b',
  'sliding-window': 'w',
  concurrency: 'c',
  budget: 'm',
};

/** Lua counts from one. */
const UNIT_NUMBERS = new Map(limitUnits.map((unit, index) => [unit, index + 1]));

export const nameOf = (bucket: string): string =>
  bucket.length <= NAME_CHARS_MAX
    ? bucket
    : `${bucket.slice(0, 64)}#${hash('sha256', bucket, 'base64url')}`;

export function pushDemands(into: Argument[], demands: readonly Demand[]): void {
  into.push(demands.length);
  for (const demand of demands) pushDemand(into, demand);
}

function pushDemand(into: Argument[], { quota, bucket, amount, scope }: Demand): void {
  const { algorithm, unit } = quota;
  into.push(KINDS[algorithm], nameOf(bucket), amount, UNIT_NUMBERS.get(unit) ?? 0);
  switch (algorithm) {
    case 'token-bucket': {
      const { capacity, unitPoints, pointsPerMs } = quota.rate;
      into.push(capacity, unitPoints, pointsPerMs);
      return;
    }
    case 'sliding-window':
      into.push(quota.amount, quota.sliceMs, 0);
      return;
    case 'concurrency':
      into.push(quota.amount, 0, 0);
      return;
    case 'budget':
      into.push(quota.amount, quota.isHard ? 1 : 0, scope?.toMs ?? 0);
      into.push(quota.lines.length, ...quota.lines);
  }
}

/** What was used, by the numbers of units. */
export function pushAmounts(into: Argument[], amounts: Amounts): void {
  for (const unit of limitUnits) into.push(amountOf(unit, amounts));
}
