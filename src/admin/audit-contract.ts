/** What the admin API tells of the log, of holds, erasures and content. */
export interface SigningView {
  readonly state: 'ok' | 'broken';
  readonly origin: string;
  /** Records that a checkpoint has signed. */
  readonly size: number;
  readonly key: string;
  readonly signedAt: string | null;
}

export interface AnchorView {
  readonly name: string;
  readonly type: string;
  /** False: it is the fleet's own log, which whoever has the gateways and their store can change. */
  readonly isOutside: boolean;
  readonly size: number;
  readonly keptAt: string | null;
  readonly problem: string | null;
}

/** How long it is kept. */
export interface RetentionView {
  /** Records: `400d`. */
  readonly metadata: string;
  /** What was said, where it is kept at all. */
  readonly content: string;
  /** Why nothing is taken away that is older; null: nothing that is older is there. */
  readonly waits: string | null;
}

export interface AuditLogView {
  readonly state: 'ok' | 'degraded';
  readonly lastSeq: number;
  readonly head: string;
  readonly signing: SigningView;
  readonly anchors: readonly AnchorView[];
  readonly retention: RetentionView;
}

export interface HoldView {
  readonly id: string;
  readonly tenant: string | null;
  readonly user: string | null;
  readonly reason: string;
  readonly actor: string;
  /** Somebody of the platform set it: nobody of the tenant ends it. */
  readonly isOfPlatform: boolean;
  readonly at: string;
}

/** The receipt of an erasure. `commitment` is HMAC-SHA-256 under `salt` of JSON [tenant, user, endUser]. */
export interface ErasureView {
  readonly id: string;
  readonly at: string;
  readonly tenant: string;
  readonly records: number;
  readonly texts: number;
  readonly subjects: number;
  readonly commitment: string;
  readonly salt: string;
}

export interface LeaveView {
  readonly id: string;
  readonly tenant: string;
  readonly asker: string;
  readonly reason: string;
  readonly minutes: number;
  readonly askedAt: string;
  readonly agreedBy: string | null;
  readonly endsAt: string;
}

/** What was said in a call, as it is shown to who may see it. */
export interface ContentView {
  readonly ref: string;
  readonly requestId: string;
  readonly at: string;
  readonly tenant: string;
  readonly user: string | null;
  readonly endUser: string | null;
  readonly request: string | null;
  readonly reply: string;
  readonly isCut: boolean;
}

export interface FindingView {
  readonly guard: string;
  readonly category: string | null;
  readonly action: string;
}

/** A line of a list of records. `user`, `endUser` and `ip`: for roles that may see them. */
export interface RecordRowView {
  readonly writer: string;
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly requestId: string | null;
  readonly tenant: string | null;
  readonly user?: string | null | undefined;
  readonly endUser?: string | null | undefined;
  readonly ip?: string | null | undefined;
  readonly key: string | null;
  readonly route: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly decision: string | null;
  readonly status: number | null;
  readonly action: string | null;
  readonly resource: string | null;
  readonly reason: string | null;
  readonly findings: FindingView[];
  readonly costNanoUsd: number | null;
}

export interface ReportTableView {
  readonly title: string;
  readonly columns: string[];
  readonly rows: (string | number | null)[][];
  /** There is more than is shown. */
  readonly isCut: boolean;
}

export interface VerificationView {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly verdict: {
    /** As `llmproxy audit verify` exits. */
    readonly exit: number;
    readonly records: number;
    readonly signed: number;
    /** Whether the key that signed is the one that this gateway signs with. */
    readonly isOwnKey: boolean;
    readonly problem: string | null;
  } | null;
}
