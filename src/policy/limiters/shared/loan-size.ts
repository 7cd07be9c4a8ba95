/**
 * How much a gateway takes on loan: about what it needs for a second, never more than a small part of
 * what is left, and nothing near a limit, where every call asks the store.
 */
import type { LimitState } from '#domain/limit-state.ts';

import type { Demand } from '../limiter.ts';

/** A loan of calls at once is as many members; a step of the store stays short. */
const CALLS_MAX = 128;
/** Below this part of a limit nothing is lent. */
const NEAR = 0.1;

interface Needs {
  /** Of one call. */
  readonly demands: readonly Demand[];
  /** What the store said last that is left, in the order of the demands. */
  readonly states: readonly LimitState[];
  /** Calls of the last second. */
  readonly calls: number;
  readonly instances: number;
}

/** For how many calls; fewer than two are none. */
export function loanCalls({ demands, states, calls, instances }: Needs): number {
  let most = Math.min(calls, CALLS_MAX);
  for (const [at, { quota, amount }] of demands.entries()) {
    // What refuses nobody need not be shared out.
    if (quota.algorithm === 'budget' && !quota.isHard) continue;
    const remaining = states[at]?.remaining ?? 0;
    if (remaining < quota.amount * NEAR) return 0;
    if (amount > 0) most = Math.min(most, Math.floor(remaining / (2 * instances * amount)));
  }
  return most < 2 ? 0 : most;
}

/** What a loan for so many calls asks of the store. */
export const loanDemands = (demands: readonly Demand[], calls: number): readonly Demand[] =>
  demands.map((demand) => {
    const many = { ...demand, amount: demand.amount * calls };
    return demand.quota.algorithm === 'token-bucket' ? { ...many, isLent: true } : many;
  });

/**
 * How long windows let it be spent: what is counted in one slice of a window and spent in the next would
 * leave the window early. The store has just counted it, so it says when all of the window is empty: a
 * window after the end of that slice.
 */
export function windowMs(demands: readonly Demand[], states: readonly LimitState[]): number {
  let least = Infinity;
  for (const [at, { quota, amount }] of demands.entries()) {
    if (quota.algorithm !== 'sliding-window' || amount === 0) continue;
    least = Math.min(least, (states[at]?.resetMs ?? 0) - WINDOW_SLICES * quota.sliceMs);
  }
  return least;
}

const WINDOW_SLICES = 16;
