/** What a record adds to the numbers of the past. A call is in them once: by the record that ends it. */
import type { AuditRecord, GuardEntry } from '#audit/record.ts';
import type { Sample } from '#storage/rollups/rollup.ts';

export function recordSamples(record: AuditRecord): readonly Sample[] {
  if (record.kind === 'auth') return record.decision === 'deny' ? refusals(record) : [];
  if (record.kind !== 'complete' && record.kind !== 'deny') return [];
  // Refusals of strangers are counted together, and are no calls.
  if (record.requestId === undefined) return refusals(record);
  return [
    callSample(record),
    ...attempts(record),
    ...findings(record),
    ...(record.decision === 'deny' ? refusals(record) : []),
  ];
}

type Base = Pick<Sample, 'seq' | 'atMs'>;
const baseOf = ({ seq, at }: AuditRecord): Base => ({ seq, atMs: Date.parse(at) });

function callSample(record: AuditRecord): Sample {
  const { tenant = null, model = null, deployment = null, route = null, usage, timings } = record;
  const { totalMs, gatewayUs, ttftMs, upstreamMs } = timings ?? {};
  return {
    ...baseOf(record),
    kind: 'calls',
    dims: [tenant, model, deployment, route],
    counts: {
      requests: 1,
      [outcomeOf(record)]: 1,
      redacted: (record.guards ?? []).some(isRedaction) ? 1 : 0,
      inputTokens: usage?.inputTokens ?? 0,
      outputTokens: usage?.outputTokens ?? 0,
      costNanoUsd: usage?.costNanoUsd ?? 0,
    },
    times: {
      ...(totalMs !== undefined && { total: totalMs * 1_000 }),
      ...(gatewayUs !== undefined && { gateway: gatewayUs }),
      ...(ttftMs !== undefined && { firstByte: ttftMs * 1_000 }),
      // A call that was not sent took no time there.
      ...(upstreamMs !== undefined && deployment !== null && { upstream: upstreamMs * 1_000 }),
    },
  };
}

const LIMITED = /^(?:limit-reached|limit-exceeded|budget-exhausted|price-unknown)\b/u;
const BLOCKED = /^(?:content-blocked|tool-forbidden)\b/u;

/** One of them a call, so that they add up. */
function outcomeOf({ decision, reason = '', status = 0 }: AuditRecord): string {
  if (decision === 'fault' || status >= 500) return 'failed';
  if (decision !== 'deny') return 'answered';
  if (BLOCKED.test(reason)) return 'blocked';
  return LIMITED.test(reason) ? 'limited' : 'refused';
}

const isRedaction = ({ mode, action }: GuardEntry): boolean =>
  mode === 'enforce' && (action === 'redact' || action === 'pseudonymise');

function attempts(record: AuditRecord): readonly Sample[] {
  const { tenant = null } = record;
  return (record.attempts ?? []).map(({ provider, deployment, status = 200, fault, ms }) => ({
    ...baseOf(record),
    kind: 'attempts',
    dims: [tenant, provider, deployment],
    counts: { requests: 1, failed: fault !== undefined || status >= 500 || status === 429 ? 1 : 0 },
    times: ms === undefined ? undefined : { total: Math.round(ms * 1_000) },
  }));
}

function findings(record: AuditRecord): readonly Sample[] {
  const { tenant = null, model = null, key = null, guards = [] } = record;
  return guards
    .filter(({ action, category }) => action !== 'pass' || category !== undefined)
    .map(({ name, mode, action, category = null, position = null, count = 1 }) => ({
      ...baseOf(record),
      kind: 'findings',
      dims: [tenant, name, mode, category, action, position, model, key],
      counts: { count, calls: 1 },
    }));
}

/** By the name of the reason: what is behind its colon names rules and fields, and there are many. */
function refusals(record: AuditRecord): readonly Sample[] {
  const { tenant = null, status, reason, reasons, kind } = record;
  const counted = reasons ?? { [reason ?? 'unknown']: record.count ?? 1 };
  return Object.entries(counted).map(([text, count]) => ({
    ...baseOf(record),
    kind: 'refusals',
    dims: [
      tenant,
      kind === 'auth' ? `admin: ${nameOf(text)}` : nameOf(text),
      status === undefined ? null : String(status),
    ],
    counts: { count },
  }));
}

const nameOf = (reason: string): string => reason.split(':', 1)[0] ?? reason;
