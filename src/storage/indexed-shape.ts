/** Reads a shape back from the text that it is kept as. */
import { Fault } from '#domain/fault.ts';
import { type JsonValue, parseJson } from '#stdx/json.ts';

import type { IndexedFinding, RecordShape } from './audit-index.ts';

const textOrNull = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' ? value : null;

export function shapeOf(text: string): RecordShape {
  const parsed = parseJson(text);
  if (!Array.isArray(parsed)) throw new Fault('storage-failed', 'a shape of the index is not one');
  const [kind, tenant, route, model, provider, decision, status, action, reason, findings] = parsed;
  return {
    kind: textOrNull(kind) ?? '',
    tenant: textOrNull(tenant),
    route: textOrNull(route),
    model: textOrNull(model),
    provider: textOrNull(provider),
    decision: textOrNull(decision),
    status: typeof status === 'number' ? status : null,
    action: textOrNull(action),
    reason: textOrNull(reason),
    findings: Array.isArray(findings) ? findings.map(findingOf) : [],
  };
}

function findingOf(value: JsonValue): IndexedFinding {
  const [guard, category, action] = Array.isArray(value) ? value : [];
  return {
    guard: textOrNull(guard) ?? '',
    category: textOrNull(category),
    action: textOrNull(action) ?? '',
  };
}
