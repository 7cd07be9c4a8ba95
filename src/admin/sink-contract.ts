/** What the admin API says of receivers of audit records. Types only. */

/** A receiver of audit records, and how far it is. */
export interface AdminSink {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly state: string;
  readonly lagRecords: number;
  readonly lagMs: number;
  readonly lagBytes: number;
  readonly delivered: number;
  readonly failures: number;
  /** The kind of the last failure; nothing that the receiver wrote. */
  readonly lastError: string | null;
}

export interface AdminSinkTest {
  readonly sink: string;
  readonly isDelivered: boolean;
  readonly problem: string | null;
  readonly ms: number;
}
