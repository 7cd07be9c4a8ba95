/** What changed, in words: of the diff that a record carries, whatever made it. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

const CHARS_MAX = 4_000;
const VALUE_CHARS_MAX = 400;

export function diffWords(diff: JsonValue | undefined): string {
  const words = wordsOf(diff ?? null).join('; ');
  return words.length <= CHARS_MAX ? words : `${words.slice(0, CHARS_MAX)} …`;
}

function wordsOf(diff: JsonValue): readonly string[] {
  if (diff === null) return [];
  if (Array.isArray(diff))
    return diff.map((one) => (isJsonObject(one) ? entry(one) : value(one ?? null)));
  if (!isJsonObject(diff)) return [value(diff)];
  return Object.entries(diff).map(([field, change]) => fieldWords(field, change ?? null));
}

/** Of a configuration: a path, and what was there and is. */
function entry(one: JsonObject): string {
  const { path, kind, from, to } = one;
  if (typeof path !== 'string') return value(one);
  if (kind === 'added') return `${path} added: ${value(to ?? null)}`;
  if (kind === 'removed') return `${path} removed: ${value(from ?? null)}`;
  return `${path} from ${value(from ?? null)} to ${value(to ?? null)}`;
}

function fieldWords(field: string, change: JsonValue): string {
  if (change === 'changed') return `${field} changed`;
  if (isJsonObject(change) && 'before' in change && 'after' in change)
    return `${field} from ${value(change['before'] ?? null)} to ${value(change['after'] ?? null)}`;
  if (Array.isArray(change) && change.some((one) => isJsonObject(one) && 'path' in one))
    return wordsOf(change).join('; ');
  return `${field}: ${value(change)}`;
}

function value(of: JsonValue): string {
  if (of === null) return 'nothing';
  const text = typeof of === 'string' ? of : JSON.stringify(of);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)} …`;
}
