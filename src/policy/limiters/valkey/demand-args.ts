/**
 * Demands as a script reads them: one value after the other, nine for each. The Lua in `lua-base.ts`
 * names their places.
 */
import { hash } from 'node:crypto';

import { amountOf, type Amounts, limitUnits } from '#domain/limit-state.ts';

import type { Demand, Quota } from '../limiter.ts';
import type { Packer } from './packer.ts';

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

const nameOf = (bucket: string): string =>
  bucket.length <= NAME_CHARS_MAX
    ? bucket
    : `${bucket.slice(0, 64)}#${hash('sha256', bucket, 'base64url')}`;

export interface HoldHead {
  readonly leaseMs: number;
  /** By the server's clock; 0: whenever. */
  readonly notAfterMs: number;
  /** What all keys begin with. */
  readonly base: string;
}

/** A hold as it is kept: how long its lease is, until when the step may be done, and its demands. */
export function packHold(
  into: Packer,
  demands: readonly Demand[],
  { leaseMs, notAfterMs, base }: HoldHead,
): void {
  into.number(leaseMs);
  into.number(notAfterMs);
  into.number(demands.length);
  for (const demand of demands) packDemand(into, demand, base);
}

function packDemand(into: Packer, demand: Demand, base: string): void {
  const { quota, bucket, amount, scope, isLent = false } = demand;
  const kind = KINDS[quota.algorithm];
  into.text(kind);
  // Of an epoch are money and calls at once: a script knows which one it is.
  const isOfEpoch = quota.algorithm === 'budget' || quota.algorithm === 'concurrency';
  into.text(isOfEpoch ? nameOf(bucket) : `${base}${kind}:${nameOf(bucket)}`);
  into.number(amount);
  // The place of a mark.
  into.number(isLent ? 1 : 0);
  into.number(UNIT_NUMBERS.get(quota.unit) ?? 0);
  switch (quota.algorithm) {
    case 'token-bucket':
      return packNumbers(into, quota.rate.capacity, quota.rate.unitPoints, quota.rate.pointsPerMs);
    case 'sliding-window':
      return packNumbers(into, quota.amount, quota.sliceMs, 0);
    case 'concurrency':
      return packNumbers(into, quota.amount, 0, 0);
    case 'budget':
      return packNumbers(into, quota.amount, quota.isHard ? 1 : 0, scope?.toMs ?? 0, quota.lines);
  }
}

/** `lines`: of a budget, read where they are needed. */
function packNumbers(into: Packer, ...rest: [number, number, number, (readonly number[])?]): void {
  const [first, second, third, lines] = rest;
  into.number(first);
  into.number(second);
  into.number(third);
  if (lines === undefined) {
    into.text('');
    return;
  }
  into.nested((inner) => {
    for (const line of lines) inner.number(line);
  });
}

/** What was used, by the numbers of units. */
export function packAmounts(into: Packer, amounts: Amounts): void {
  for (const unit of limitUnits) into.number(amountOf(unit, amounts));
}
