/**
 * One entry of the audit log. The field names are fixed (docs: audit record); more may be added.
 *
 * Money is integer nano-USD and tokens are integers: there are no floats in a ledger. A member that
 * is `undefined` is left out. `user`, `endUser`, `ip` and `textDigest` are personal: the hash chain
 * holds salted commitments to them, so that they can be erased without breaking the proof.
 */
import type { JsonValue } from '#stdx/json.ts';

import type { SealedPersons } from './commitment.ts';

export const auditKinds = ['admit', 'complete', 'deny', 'admin', 'auth', 'system'] as const;
export type AuditKind = (typeof auditKinds)[number];

/** Of a `system` record: a call that runs holds more than its `admit` says; its `reservation` is all of it. */
export const HOLD_RAISED = 'hold_raised';

export interface AttemptEntry {
  readonly provider: string;
  readonly deployment: string;
  readonly status?: number | undefined;
  readonly fault?: string | undefined;
  readonly ms?: number | undefined;
  /** What it may have cost that came to nothing: a part of the call's. */
  readonly usage?: LostEntry | undefined;
}

export interface LostEntry {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  readonly priceVersion?: string | undefined;
}

export interface GuardEntry {
  readonly name: string;
  readonly mode: string;
  readonly action: string;
  readonly category?: string | undefined;
  readonly position?: string | undefined;
  readonly count?: number | undefined;
  readonly scannedChars?: number | undefined;
  /** Why text was not scanned (`sealed`); absent when all of it was. */
  readonly notScanned?: string | undefined;
  readonly textDigest?: string | undefined;
  readonly us?: number | undefined;
}

export interface LimitEntry {
  readonly name: string;
  readonly remaining: number;
}

export interface ReservationEntry {
  readonly id: string;
  /** When it was made, in Unix milliseconds: the periods of budgets that the call counts in. */
  readonly atMs?: number | undefined;
  /** The key that it counts for, where that is another: the one that the key was made from. */
  readonly key?: string | undefined;
  readonly estimateNanoUsd: number;
  readonly estimateTokens: number;
}

export interface UsageEntry {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Parts of the above that are billed apart; absent where there are none. */
  readonly cacheReadTokens?: number | undefined;
  readonly cacheWriteTokens?: number | undefined;
  readonly cacheWriteLongTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly hostedToolCalls?: number | undefined;
  readonly costNanoUsd: number;
  readonly source: string;
  readonly priceVersion?: string | undefined;
}

export interface TimingsEntry {
  readonly totalMs?: number | undefined;
  readonly ttftMs?: number | undefined;
  readonly upstreamMs?: number | undefined;
  readonly gatewayUs?: number | undefined;
}

/** What a caller of the log gives. It is read later in the same turn: do not change it afterwards. */
export interface AuditDraft {
  readonly kind: AuditKind;
  readonly requestId?: string | undefined;
  readonly tenant?: string | undefined;
  readonly team?: string | undefined;
  /** The name of the service account whose key it was. */
  readonly serviceAccount?: string | undefined;
  readonly user?: string | undefined;
  readonly endUser?: string | undefined;
  readonly key?: string | undefined;
  readonly run?: string | undefined;
  readonly auth?: string | undefined;
  readonly onBehalfOf?: string | undefined;
  /** An address, or for aggregated refusals a prefix (`192.0.2.1/32`). */
  readonly ip?: string | undefined;
  readonly route?: string | undefined;
  readonly dialect?: string | undefined;
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly deployment?: string | undefined;
  readonly attempts?: readonly AttemptEntry[] | undefined;
  readonly decision?: string | undefined;
  readonly reason?: string | undefined;
  readonly rule?: string | undefined;
  readonly role?: string | undefined;
  readonly guards?: readonly GuardEntry[] | undefined;
  readonly limits?: readonly LimitEntry[] | undefined;
  readonly reservation?: ReservationEntry | undefined;
  readonly usage?: UsageEntry | undefined;
  readonly timings?: TimingsEntry | undefined;
  readonly status?: number | undefined;
  readonly policyVersion?: string | undefined;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
  readonly diff?: JsonValue | undefined;
  readonly contentRef?: string | undefined;
  /** Aggregated refusals: how many, when the first and the last came, and why. */
  readonly count?: number | undefined;
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  readonly reasons?: Readonly<Record<string, number>> | undefined;
  /** Commitments that another record of the same call was given; made when they are absent. */
  readonly sealed?: SealedPersons | undefined;
}

/** What the writer adds. */
export interface Stamp {
  readonly v: 1;
  readonly seq: number;
  readonly writer: string;
  readonly epoch: number;
  /** SHA-256 (hex) of the chained bytes of the record before; zeros for a writer's first. */
  readonly prev: string;
  readonly at: string;
}

export interface AuditRecord extends Stamp, Omit<AuditDraft, 'sealed'> {}

/** `prev` of the first record of a writer. */
export const NO_PREVIOUS = '0'.repeat(64);
