/**
 * The word to the log that more is held for a call than it said when the call began: after a crash it is the
 * log that says what a call is charged.
 */
import { HOLD_RAISED } from '#audit/record.ts';

import type { CallRecord } from './call-record.ts';
import type { AuditPort } from './ports.ts';

/** Rejects where the log takes no record. `besideNanoUsd`: what is held for attempts that were lost. */
export async function tellHoldRaised(
  { reservationEntry: entry, inbound, principal, grant }: CallRecord,
  besideNanoUsd: number,
  audit: Pick<AuditPort, 'append'>,
): Promise<null> {
  if (entry === undefined) return null;
  await audit.append({
    kind: 'system',
    action: HOLD_RAISED,
    requestId: inbound.requestId,
    tenant: principal?.tenant,
    model: grant?.alias.name,
    reservation: { ...entry, estimateNanoUsd: entry.estimateNanoUsd + besideNanoUsd },
  });
  return null;
}
