/** What the admin API says of rules on metrics and of silences. Types only. */

/** One thing that a rule is about: a tenant, deployment, sink, anchor or listener. */
export interface AdminAlertState {
  /** Empty: the gateway. */
  readonly subject: string;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly since: string;
  readonly value: number | null;
  readonly isSilenced: boolean;
}

export interface AdminAlertRule {
  readonly name: string;
  readonly type: string;
  readonly severity: 'low' | 'medium' | 'high';
  /** A part of one, seconds, dollars or a count, as the type says. */
  readonly threshold: number;
  readonly windowSeconds: number;
  readonly forSeconds: number;
  readonly receivers: readonly string[];
  /** Empty: all is well. */
  readonly states: readonly AdminAlertState[];
}

export interface AdminAlertSilence {
  readonly id: string;
  /** Null: every rule. */
  readonly rule: string | null;
  /** Null: everything that the rule is about. */
  readonly subject: string | null;
  readonly reason: string;
  readonly endsAt: string;
  readonly createdAt: string;
  readonly createdBy: string;
}
