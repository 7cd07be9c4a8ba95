/**
 * The canonical JSON (RFC 8785) of a record, at the speed of the hot path.
 *
 * Objects are built with their keys in canonical order, so that the native `JSON.stringify` writes
 * the canonical text: 3 µs where `canonicalJson` of #stdx/json.ts, the oracle in the test, takes 16.
 * Only `diff` and `reasons` have keys that we do not know; records with one take the slow way.
 */
import { canonicalJson, parseJson } from '#stdx/json.ts';

import type { Sealed } from './commitment.ts';
import type {
  AttemptEntry,
  AuditDraft,
  AuditRecord,
  GuardEntry,
  LimitEntry,
  LostEntry,
  ReservationEntry,
  Stamp,
  TimingsEntry,
  UsageEntry,
} from './record.ts';

/** Commitments in the places of the personal values. */
export interface Seals {
  readonly user: Sealed | undefined;
  readonly endUser: Sealed | undefined;
  readonly ip: Sealed | undefined;
  readonly digests: readonly (Sealed | undefined)[] | undefined;
}

/** Every field, required: a field that is left out here would be lost, and does not compile. */
type Complete<T> = { readonly [Name in keyof Required<T>]: unknown };

export function recordText(draft: AuditDraft, stamp: Stamp, seals: Seals): string {
  const record = orderedRecord(draft, stamp, seals);
  const text = JSON.stringify(record);
  if (draft.diff === undefined && draft.reasons === undefined) return text;
  return canonicalJson(parseJson(text));
}

function orderedRecord(draft: AuditDraft, stamp: Stamp, seals: Seals): Complete<AuditRecord> {
  return {
    action: draft.action,
    at: stamp.at,
    attempts: draft.attempts?.map(orderedAttempt),
    auth: draft.auth,
    contentRef: draft.contentRef,
    count: draft.count,
    decision: draft.decision,
    deployment: draft.deployment,
    dialect: draft.dialect,
    diff: draft.diff,
    endUser: seals.endUser?.commitment,
    epoch: stamp.epoch,
    first: draft.first,
    guards: draft.guards?.map((guard, index) => orderedGuard(guard, seals.digests?.[index])),
    ip: seals.ip?.commitment,
    key: draft.key,
    kind: draft.kind,
    last: draft.last,
    limits: draft.limits?.map(orderedLimit),
    model: draft.model,
    onBehalfOf: draft.onBehalfOf,
    policyVersion: draft.policyVersion,
    prev: stamp.prev,
    provider: draft.provider,
    reason: draft.reason,
    reasons: draft.reasons,
    requestId: draft.requestId,
    reservation: draft.reservation && orderedReservation(draft.reservation),
    resource: draft.resource,
    role: draft.role,
    route: draft.route,
    rule: draft.rule,
    run: draft.run,
    seq: stamp.seq,
    serviceAccount: draft.serviceAccount,
    status: draft.status,
    team: draft.team,
    tenant: draft.tenant,
    timings: draft.timings && orderedTimings(draft.timings),
    usage: draft.usage && orderedUsage(draft.usage),
    user: seals.user?.commitment,
    v: stamp.v,
    writer: stamp.writer,
  };
}

const orderedAttempt = (attempt: AttemptEntry): Complete<AttemptEntry> => ({
  deployment: attempt.deployment,
  fault: attempt.fault,
  ms: attempt.ms,
  provider: attempt.provider,
  status: attempt.status,
  usage: attempt.usage === undefined ? undefined : orderedLost(attempt.usage),
});

const orderedLost = (lost: LostEntry): Complete<LostEntry> => ({
  costNanoUsd: lost.costNanoUsd,
  inputTokens: lost.inputTokens,
  outputTokens: lost.outputTokens,
  priceVersion: lost.priceVersion,
});

const orderedGuard = (guard: GuardEntry, digest: Sealed | undefined): Complete<GuardEntry> => ({
  action: guard.action,
  category: guard.category,
  count: guard.count,
  mode: guard.mode,
  name: guard.name,
  notScanned: guard.notScanned,
  position: guard.position,
  scannedChars: guard.scannedChars,
  textDigest: digest?.commitment,
  us: guard.us,
});

const orderedLimit = ({ name, remaining }: LimitEntry): Complete<LimitEntry> => ({
  name,
  remaining,
});

const orderedReservation = (reservation: ReservationEntry): Complete<ReservationEntry> => ({
  atMs: reservation.atMs,
  estimateNanoUsd: reservation.estimateNanoUsd,
  estimateTokens: reservation.estimateTokens,
  id: reservation.id,
  key: reservation.key,
});

const orderedTimings = (timings: TimingsEntry): Complete<TimingsEntry> => ({
  gatewayUs: timings.gatewayUs,
  totalMs: timings.totalMs,
  ttftMs: timings.ttftMs,
  upstreamMs: timings.upstreamMs,
});

const orderedUsage = (usage: UsageEntry): Complete<UsageEntry> => ({
  cacheReadTokens: usage.cacheReadTokens,
  cacheWriteLongTokens: usage.cacheWriteLongTokens,
  cacheWriteTokens: usage.cacheWriteTokens,
  costNanoUsd: usage.costNanoUsd,
  hostedToolCalls: usage.hostedToolCalls,
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
  priceVersion: usage.priceVersion,
  reasoningTokens: usage.reasoningTokens,
  source: usage.source,
});

type Pair = readonly [salt: string, value: string];

/** Salts and values, outside the chain; empty when there is nothing personal. */
export function personalText({ user, endUser, ip, digests }: Seals): string {
  const hasDigests = digests?.some((digest) => digest !== undefined) === true;
  if (user === undefined && endUser === undefined && ip === undefined && !hasDigests) return '';
  return JSON.stringify({
    endUser: pair(endUser),
    guards: hasDigests ? digests.map((digest) => pair(digest) ?? null) : undefined,
    ip: pair(ip),
    user: pair(user),
  });
}

const pair = (sealed: Sealed | undefined): Pair | undefined =>
  sealed && [sealed.salt, sealed.value];
