/** What the counters of the configured limits have left now: read when somebody looks, never kept. */
import type { LimitView } from '#admin/limits-contract.ts';
import type { LimitSection } from '#config/limits-section.ts';
import { limitUnits } from '#domain/limit-state.ts';
import { dimensionsIn, type LimitDimension, partsOf } from '#policy/limiters/dimensions.ts';
import type { CounterStates, Quota } from '#policy/limiters/limiter.ts';
import { concurrencyQuota } from '#policy/limiters/concurrency.ts';
import { quotaOf } from '#policy/limiters/rate-limiter.ts';

import { allowancesOf, dimensionsOf } from './limits.ts';

/** Counters of one limit that are listed. */
const COUNTERS_MAX = 100;

export interface ShownCounters {
  readonly states: CounterStates;
  /** Several gateways count together. */
  readonly isShared: boolean;
}

/** `tenant`: only counters of it; null: all. */
export function limitStates(
  sections: readonly LimitSection[],
  counters: ShownCounters,
  tenant: string | null,
): readonly LimitView[] {
  return sections.flatMap((section) => {
    const per = dimensionsIn(dimensionsOf(section));
    return quotasOf(section).map((quota) => viewOf(quota, per, counters, tenant));
  });
}

/** A queueing bucket lets calls wait, and has nothing that is left. */
function quotasOf(section: LimitSection): readonly Quota[] {
  const { name, algorithm, burst = null, concurrency } = section;
  const quotas: Quota[] = [];
  if (algorithm !== 'leaky-bucket') {
    const allowances = allowancesOf(section);
    for (const unit of limitUnits) {
      const allowance = allowances[unit];
      if (allowance !== undefined)
        quotas.push(quotaOf({ name, algorithm, burst }, unit, allowance));
    }
  }
  if (concurrency !== undefined) quotas.push(concurrencyQuota(name, concurrency));
  return quotas;
}

function viewOf(
  quota: Quota,
  per: readonly LimitDimension[],
  { states, isShared }: ShownCounters,
  tenant: string | null,
): LimitView {
  const { limit: name, algorithm, unit, amount, windowMs } = quota;
  const place = per.indexOf('tenant');
  const found = [...states.states(quota)]
    .map(([id, state]) => ({ names: partsOf(id), state }))
    // A counter that is of no tenant, by address or model, tells of all of them.
    .filter(({ names }) => tenant === null || (place !== -1 && names[place] === tenant))
    .toSorted((a, b) => a.state.remaining - b.state.remaining);
  return {
    name,
    algorithm,
    unit,
    amount,
    windowSeconds: windowMs / 1_000,
    per: per.map((dimension) => (typeof dimension === 'string' ? dimension : 'cel')),
    count: found.length,
    isShared,
    counters: found.slice(0, COUNTERS_MAX).map(({ names, state }) => ({
      names: [...names],
      remaining: state.remaining,
      resetSeconds: Math.ceil(state.resetMs / 1_000),
      heardSeconds: Math.floor(state.heardMs / 1_000),
    })),
  };
}
