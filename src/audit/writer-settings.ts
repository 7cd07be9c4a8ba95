/** What a writer is given, its bounds, and what it tells of itself. */
import type { Clock } from '#stdx/clock.ts';

import type { AuditFiles } from './file-port.ts';
import type { Timers } from './timers.ts';

export interface AuditStatus {
  readonly state: 'ok' | 'degraded';
  readonly lastSeq: number;
  /** SHA-256 of the last record's chained bytes: what an anchor signs. */
  readonly head: string;
  readonly segment: string | null;
  readonly bytes: number;
  readonly syncedSeq: number;
}

export interface AuditLimits {
  readonly segmentBytesMax: number;
  readonly ballastBytes: number;
  readonly queueMax: number;
  readonly syncWaitMs: number;
  readonly syncRecordsMax: number;
  /** A write or a sync that takes longer counts as failed. */
  readonly hangMs: number;
  /** How long a replacement for a broken segment may take while drafts wait. */
  readonly replaceMs: number;
  readonly probeMs: number;
  readonly heartbeatMs: number;
}

export const DEFAULT_LIMITS: AuditLimits = {
  segmentBytesMax: 64 * 1_024 * 1_024,
  ballastBytes: 16 * 1_024 * 1_024,
  queueMax: 10_000,
  syncWaitMs: 10,
  syncRecordsMax: 256,
  hangMs: 2_000,
  replaceMs: 800,
  probeMs: 500,
  heartbeatMs: 10_000,
};

export interface WriterSettings {
  readonly dir: string;
  readonly writer: string;
  readonly epoch: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly files: AuditFiles;
  readonly limits: AuditLimits;
}
