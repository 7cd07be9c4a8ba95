/** What the admin API says of what runs, as types. */
export interface AdminStatus {
  readonly version: string;
  readonly startedAt: string;
  readonly policyVersion: string;
  readonly addresses: { readonly data: string; readonly admin: string };
  readonly audit: {
    readonly state: 'ok' | 'degraded';
    readonly lastSeq: number;
    readonly head: string;
    readonly segment: string | null;
    /** Of the newest checkpoint; null: none since the start. */
    readonly signedAt: string | null;
    /** Whoever keeps checkpoints elsewhere, and since when the newest. */
    readonly anchors: readonly {
      readonly name: string;
      readonly keptAt: string | null;
      readonly problem: string | null;
    }[];
  };
  readonly deployments: readonly DeploymentStatus[];
  readonly inFlight: number;
  /** Processes that take calls; empty where there is one process for everything. */
  readonly workers: readonly WorkerView[];
  readonly configPath: string | null;
  readonly configHash: string;
  readonly lastReload: { readonly at: string; readonly isApplied: boolean } | null;
}

export interface WorkerView {
  /** From 1 on. */
  readonly worker: number;
  /** Null: it has ended, and another takes its place in a moment. */
  readonly pid: number | null;
  readonly state: 'ready' | 'starting' | 'ended';
  readonly inFlight: number;
  /** Of its own log. */
  readonly lastSeq: number;
  /** Since the gateway began. */
  readonly restarts: number;
}

export interface DeploymentStatus {
  readonly id: string;
  readonly provider: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
}
