/**
 * What a credential that was not accepted counts as: one way for every door that proves callers. Which
 * key it named goes with the denial also where only a limit is told, so that nobody can find out in the
 * shadow of a limit which of the keys they have is bait.
 */
import type { Denial } from '#domain/denial.ts';

import type { FailedCredentials } from './failed-credentials.ts';

/** Who tried, and how long its address had to wait when it did; null: it had not. */
export interface Attempt {
  readonly ip: string;
  readonly waitMs: number | null;
}

export function refusedCredential(
  denial: Denial,
  { ip, waitMs }: Attempt,
  failed: FailedCredentials,
): Denial {
  if (denial.reason !== 'credential-rejected') {
    // That an issuer is down is nobody's failure here.
    return waitMs === null ? denial : limited('address', waitMs);
  }
  // An address that waits is not made to wait longer.
  if (waitMs === null) failed.failed(ip);
  const { key, because } = denial;
  // The secrets of keys are compared for an address that waits too, so they are counted.
  const keyWaitMs = key === undefined ? null : failed.failedKey(key.keyId);
  if (waitMs === null && keyWaitMs === null) return denial;
  return {
    ...limited(keyWaitMs === null ? 'address' : 'key', Math.max(waitMs ?? 0, keyWaitMs ?? 0)),
    ...(key !== undefined && { key }),
    ...(because === 'honey' && { because }),
  };
}

const limited = (limited: 'address' | 'key', retryAfterMs: number) =>
  ({ reason: 'credential-limited', limited, retryAfterMs }) as const;

/** Whoever uses one has it from where it was laid out: its uses are worth records of their own. */
export const isOfHoneyKey = (denial: Denial): boolean =>
  'because' in denial && denial.because === 'honey';
