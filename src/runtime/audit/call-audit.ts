/**
 * The log as calls use it, and what becomes of them while it takes no records: refused, unless the
 * operator wrote otherwise. Then what has no record is counted, and a record of the gap is the first one
 * when the log takes records again. Administration is never let through: its outbox waits.
 */
import type { AuditDraft } from '#audit/record.ts';
import type { AuditLog } from '#audit/writer.ts';
import type { AuditSection } from '#config/audit-section.ts';
import { Fault } from '#domain/fault.ts';
import type { AuditPort } from '#gateway/ports.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Log } from '#telemetry/log.ts';

interface Gap {
  readonly fromMs: number;
  admits: number;
  ends: number;
}

export interface CallAuditParts {
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
  /** A record that is in the log, in the order of the log. */
  readonly onWritten: (draft: AuditDraft, seq: number) => void;
  /** Bytes of the log on the disk, as last measured. */
  readonly bytes: () => number;
  /** More of the log waits for receivers that must have it than the operator allows. */
  readonly isSpoolFull: () => boolean;
}

/** Of the quota: from here on somebody is told. */
const QUOTA_TOLD = 0.7;

export class CallAudit implements AuditPort {
  readonly #parts: CallAuditParts;
  #section: AuditSection;
  #troubleMs: number | null = null;
  #gap: Gap | null = null;
  #isTold = false;

  constructor(section: AuditSection, parts: CallAuditParts) {
    this.#section = section;
    this.#parts = parts;
    parts.audit.onState((state) => {
      if (state === 'degraded') this.#troubleMs ??= parts.clock.monotonicMs();
      else this.#recovered();
    });
    this.#noteRelaxed();
  }

  use(section: AuditSection): void {
    const before = this.#section;
    this.#section = section;
    if (before.onFailure !== section.onFailure) this.#noteRelaxed();
  }

  get isTaking(): boolean {
    return (this.#isLogTaking && !this.isFull) || this.#mayGoOn;
  }

  /** Null: calls are recorded. */
  unready(): string | null {
    if (this.#isLogTaking && !this.isFull) return null;
    if (this.#parts.isSpoolFull()) return 'audit receivers too far behind';
    return this.isFull ? 'audit quota reached' : 'audit degraded';
  }

  get isFull(): boolean {
    const { quotaBytes } = this.#section;
    const { bytes, isSpoolFull } = this.#parts;
    return isSpoolFull() || (quotaBytes !== undefined && bytes() >= quotaBytes);
  }

  /** Told of each measure: once when the quota is nearly used, and again when it was far from it. */
  measured(): void {
    if (!this.isFull) this.#recovered();
    const { quotaBytes } = this.#section;
    if (quotaBytes === undefined) return;
    const share = this.#parts.bytes() / quotaBytes;
    if (share < QUOTA_TOLD) this.#isTold = false;
    if (share < QUOTA_TOLD || this.#isTold) return;
    this.#isTold = true;
    this.#parts.log.write('error', 'audit-quota-near', { count: Math.floor(share * 100) });
  }

  append(draft: AuditDraft): Promise<number> {
    const isAdmit = draft.kind === 'admit';
    if (isAdmit && (this.isFull || !this.#isLogTaking) && this.#mayGoOn) {
      this.#openGap().admits += 1;
      return Promise.resolve(0);
    }
    const appending = this.#parts.audit.append(draft);
    return appending.then(
      (seq) => {
        this.#parts.onWritten(draft, seq);
        return seq;
      },
      (thrown: unknown) => {
        if (!(thrown instanceof Fault) || !this.#mayGoOn) throw thrown;
        if (isAdmit) this.#openGap().admits += 1;
        else this.#openGap().ends += 1;
        return 0;
      },
    );
  }

  get #isLogTaking(): boolean {
    return this.#parts.audit.status().state === 'ok';
  }

  /** Whether the operator lets calls go on without records, and still does. */
  get #mayGoOn(): boolean {
    const { onFailure, denyAfter } = this.#section;
    if (onFailure === 'deny') return false;
    if (onFailure === 'allow-with-gap') return true;
    const sinceMs = this.#troubleMs ?? this.#gapSinceMs();
    return sinceMs === null || this.#parts.clock.monotonicMs() - sinceMs < denyAfter.ms;
  }

  /** A full quota is no trouble of the writer: its time begins with the first record that is left out. */
  #gapSinceMs(): number | null {
    return this.#gap === null ? null : this.#gap.fromMs;
  }

  #openGap(): Gap {
    if (this.#gap === null) {
      this.#gap = { fromMs: this.#parts.clock.monotonicMs(), admits: 0, ends: 0 };
      this.#parts.log.write('error', 'audit-gap', { state: this.#section.onFailure });
    }
    return this.#gap;
  }

  #recovered(): void {
    if (!this.#isLogTaking) return;
    this.#troubleMs = null;
    const gap = this.#gap;
    if (gap === null || this.isFull) return;
    this.#gap = null;
    const { clock, audit, log } = this.#parts;
    const lengthMs = Math.round(clock.monotonicMs() - gap.fromMs);
    const { admits, ends } = gap;
    const policy = this.#section.onFailure;
    const diff = { policy, lengthMs, admits, ends };
    log.write('error', 'audit-gap-closed', { ms: lengthMs, count: admits + ends });
    audit.append({ kind: 'system', action: 'audit_gap', diff }).catch(() => {
      // It degraded again at once: the gap goes on, with what was missed meanwhile.
      const { admits: since = 0, ends: endsSince = 0 } = this.#gap ?? {};
      this.#gap = { ...gap, admits: admits + since, ends: ends + endsSince };
    });
  }

  /** A relaxation is a record of its own: who reads the log sees under which rule it was written. */
  #noteRelaxed(): void {
    const { onFailure, denyAfter } = this.#section;
    if (onFailure === 'deny') return;
    const after = onFailure === 'deny-after' ? { denyAfterMs: denyAfter.ms } : {};
    const diff = { onFailure, ...after };
    this.#parts.log.write('warn', 'audit-relaxed', { state: onFailure });
    this.#parts.audit.append({ kind: 'system', action: 'audit_relaxed', diff }).catch(() => {});
  }
}
