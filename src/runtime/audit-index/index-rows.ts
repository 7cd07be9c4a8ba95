/** What of a record goes into the index. */
import type { AuditRecord } from '#audit/record.ts';
import type { StoredRecord } from '#audit/read.ts';
import { parseSegmentName } from '#audit/segment.ts';
import type { IndexedFinding, IndexRow, RecordShape } from '#storage/audit-index.ts';

/** `writer`: how the index names who wrote it. */
export function indexRow({ record, segment, offset }: StoredRecord, writer: string): IndexRow {
  const { epoch = record.epoch, n = 0 } = parseSegmentName(segment) ?? {};
  return {
    writer,
    seq: record.seq,
    atMs: Date.parse(record.at),
    shape: recordShape(record),
    requestId: record.requestId ?? null,
    user: record.user ?? null,
    endUser: record.endUser ?? null,
    ip: record.ip ?? null,
    key: record.key ?? null,
    resource: record.resource ?? null,
    costNanoUsd: record.usage?.costNanoUsd ?? null,
    count: record.count ?? 1,
    epoch,
    n,
    offset,
  };
}

function recordShape(record: AuditRecord): RecordShape {
  return {
    kind: record.kind,
    tenant: record.tenant ?? null,
    route: record.route ?? null,
    model: record.model ?? null,
    provider: record.provider ?? null,
    decision: record.decision ?? null,
    status: record.status ?? null,
    action: record.action ?? null,
    reason: record.reason ?? reasonsOf(record),
    findings: findingsOf(record),
  };
}

/** Of counted refusals: why, without how often, which would make each its own shape. */
const reasonsOf = ({ reasons }: AuditRecord): string | null =>
  reasons === undefined ? null : Object.keys(reasons).toSorted().join(', ');

/** Lines of guards that found something. Most found nothing, and would be in every row. */
function findingsOf({ guards = [] }: AuditRecord): readonly IndexedFinding[] {
  const found = new Map<string, IndexedFinding>();
  for (const { name: guard, category = null, action } of guards) {
    if (action === 'pass' && category === null) continue;
    found.set(JSON.stringify([guard, category, action]), { guard, category, action });
  }
  return [...found.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, finding]) => finding);
}
