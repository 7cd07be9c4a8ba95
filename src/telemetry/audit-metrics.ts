/** What is measured of the log beyond its records. Names are documented in docs/reference/metrics.md. */
import type { Labels, Metrics } from './metrics.ts';

export interface AuditState {
  readonly isSigning: () => boolean;
  readonly signedRecords: () => number;
  /** Seconds by anchor; -1: it has taken none since the start. */
  readonly anchorAges: () => readonly (readonly [name: string, seconds: number])[];
  readonly bytes: () => number;
}

export function auditMetrics(metrics: Metrics, state: AuditState): void {
  metrics.gauge('llmproxy_audit_signing', '1 while the log is signed.', () =>
    state.isSigning() ? 1 : 0,
  );
  metrics.gauge(
    'llmproxy_audit_signed_records',
    'Records that a checkpoint has signed.',
    state.signedRecords,
  );
  metrics.gauge(
    'llmproxy_audit_anchor_age_seconds',
    'Since an anchor took a checkpoint; -1: not since the start.',
    (): [Labels, number][] => state.anchorAges().map(([anchor, seconds]) => [{ anchor }, seconds]),
  );
  metrics.gauge('llmproxy_audit_disk_bytes', 'What the log takes on the disk.', state.bytes);
}
