/** How a request ended, and the words that its record has for it. */
import type { AuditDraft } from '#audit/record.ts';
import type { Denial } from '#domain/denial.ts';
import type { Fault } from '#domain/fault.ts';

/** How a request ended. */
export type Ending =
  | { readonly kind: 'completed' }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'faulted'; readonly fault: Fault };

export function endingFields(ending: Ending): Pick<AuditDraft, 'decision' | 'reason'> {
  switch (ending.kind) {
    case 'completed':
      return { decision: 'allow' };
    case 'denied':
      return { decision: 'deny', reason: reasonText(ending.denial) };
    case 'faulted':
      return { decision: 'fault', reason: ending.fault.code };
  }
}

/** What we know of a denial beyond its name: names of rules and fields, never text of a caller. */
export function reasonText(denial: Denial): string {
  const { reason } = denial;
  if ('because' in denial) return `${reason}: ${denial.because}`;
  if ('guard' in denial) {
    return 'category' in denial
      ? `${reason}: ${denial.guard}, ${denial.category}`
      : `${reason}: ${denial.guard}`;
  }
  if ('limit' in denial) return `${reason}: ${denial.limit}`;
  if ('field' in denial && denial.field !== undefined) return `${reason}: ${denial.field}`;
  return reason;
}

/** The name alone, for counters; null: all went well. */
export function reasonOf(ending: Ending): string | null {
  if (ending.kind === 'denied') return ending.denial.reason;
  return ending.kind === 'faulted' ? ending.fault.code : null;
}
