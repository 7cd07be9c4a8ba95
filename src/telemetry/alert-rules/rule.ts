/** Rules on what is measured: when it is too much, for how long, and who is told. */
export const ruleTypes = [
  'error-rate',
  'latency-p95',
  'spend',
  'blocks',
  'credential-failures',
  'provider-down',
  'audit-broken',
  'anchor-age',
  'sink-lag',
  'certificate-expiry',
  'key-expiry',
] as const;
export type RuleType = (typeof ruleTypes)[number];

export type RuleSeverity = 'low' | 'medium' | 'high';

export interface AlertRule {
  readonly name: string;
  readonly type: RuleType;
  readonly severity: RuleSeverity;
  /** What is counted is counted in the last so many milliseconds. */
  readonly windowMs: number;
  /** A part of one, seconds, dollars or a count, as the type says. */
  readonly threshold: number;
  /** It must be so for this long before anybody is told. */
  readonly forMs: number;
  /** Fewer requests than this say nothing of a rate. */
  readonly requestsMin: number;
  readonly receivers: readonly string[];
}

/** Told of one rule and one thing that it is about. */
export interface RuleNotice {
  readonly rule: string;
  readonly type: RuleType;
  readonly severity: RuleSeverity;
  readonly state: 'firing' | 'resolved';
  /** A tenant, deployment, sink, anchor or listener; empty: the gateway. */
  readonly subject: string;
  readonly value: number | null;
  readonly threshold: number;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}
