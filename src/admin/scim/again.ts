/**
 * A change that somebody else was faster than is done again on what is there now, some times: PATCH
 * says what to add and what to take away, so it holds for any version.
 */
import type { Result } from '#stdx/result.ts';

import { type ScimProblem, stale } from './scim-problem.ts';

/** Of so many at once on one group, each has its turn: every round lets one through. */
const TRIES = 16;

export async function again<T>(
  attempt: () => Promise<Result<T, ScimProblem>>,
): Promise<Result<T, ScimProblem>> {
  let result = await attempt();
  for (let tries = 1; tries < TRIES && !result.ok && result.error === stale; tries += 1) {
    result = await attempt();
  }
  return result;
}
