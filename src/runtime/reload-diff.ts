/**
 * What a configuration changed, for its record. Secrets are left out by the comparison. Below `tenants`
 * only the path is told: users and names stand there, and the chain of the log cannot forget. Bounded, so
 * that no configuration is too large to be recorded.
 */
import { diffConfigs, type Difference, type Side } from '#config/diff.ts';
import type { JsonObject, JsonValue } from '#stdx/json.ts';

const DIFFERENCES_MAX = 100;
const PATH_CHARS_MAX = 256;
const VALUE_CHARS_MAX = 400;

export function reloadDiff(before: Side, after: Side): JsonValue {
  const differences = diffConfigs(before, after);
  const told: JsonObject[] = differences.slice(0, DIFFERENCES_MAX).map(entryOf);
  const left = differences.length - told.length;
  return left > 0 ? [...told, { path: `${left} more`, kind: 'changed' }] : told;
}

function entryOf({ path, kind, from, to }: Difference): JsonObject {
  const entry: JsonObject = { path: path.slice(0, PATH_CHARS_MAX), kind };
  if (/^tenants\b/u.test(path)) return entry;
  if (from !== undefined) entry['from'] = bounded(from);
  if (to !== undefined) entry['to'] = bounded(to);
  return entry;
}

function bounded(value: JsonValue): JsonValue {
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARS_MAX ? value : `${text.slice(0, VALUE_CHARS_MAX)} …`;
}
