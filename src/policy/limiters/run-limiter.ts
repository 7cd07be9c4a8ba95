/**
 * What runs may spend: always in force, and for every run of a caller's chain in one step, so that a
 * sub-agent spends what its agent was given. Each cap is a counter of the run's own time, which nothing
 * refills and which begins with what the ledger says: a restart gives nobody more.
 */
import type { Amounts } from '#domain/limit-state.ts';
import type { Run } from '#domain/run.ts';

import type { BudgetQuota, BudgetScope, Demand, Limiter, Subject } from './limiter.ts';

/** What records and callers are told has run out. */
export const RUN_MONEY = 'run';
export const RUN_CALLS = 'run-calls';

type Unit = 'nano-usd' | 'requests';

export const runLimiter: Limiter = {
  name: RUN_MONEY,
  plan(subject: Subject, estimate: Amounts, demands: Demand[]) {
    // What is no call, such as reading what is left, is none of a run's calls.
    if (subject.model === '') return;
    for (let by = subject.principal; by.run !== null;) {
      const { run } = by;
      const scope = scopeOf(run, by.tenant);
      if (run.nanoUsd !== null) {
        demands.push(demandOf(run, 'nano-usd', run.nanoUsd, { amount: estimate.nanoUsd, scope }));
      }
      if (run.calls !== null) {
        demands.push(demandOf(run, 'requests', run.calls, { amount: estimate.requests, scope }));
      }
      if (by.parent === null) return;
      by = by.parent;
    }
  },
};

/** From the beginning of time: the run's id is nobody else's, and a clock that was set back hides nothing. */
const scopeOf = ({ path, endsMs }: Run, tenant: string): BudgetScope => ({
  fromMs: 0,
  toMs: endsMs,
  where: { tenant, run: path },
  models: null,
  carriesFromMs: null,
});

function demandOf(
  run: Run,
  unit: Unit,
  cap: number,
  { amount, scope }: Pick<Demand, 'amount' | 'scope'>,
): Demand {
  const quota = quotaOf(run, unit, cap);
  return { quota, bucket: `run|${unit}|${run.path}`, amount, scope };
}

function quotaOf({ beganMs, endsMs }: Run, unit: Unit, amount: number): BudgetQuota {
  const limit = unit === 'requests' ? RUN_CALLS : RUN_MONEY;
  const windowMs = Math.max(1_000, endsMs - beganMs);
  const policy = `"${limit}";q=${amount};qu="${unit}";w=${Math.ceil(windowMs / 1_000)}`;
  const counted = { limit, unit, amount, windowMs, policy } as const;
  return { ...counted, algorithm: 'budget', lines: [], isHard: true, clamps: false };
}
