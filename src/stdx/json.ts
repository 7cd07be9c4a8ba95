/** JSON as a type, and its canonical form. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses text that may be secret. The error of `JSON.parse` quotes its input, so it is dropped:
 * `undefined` says "not JSON" and nothing else.
 */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // See above: the cause must not travel, because errors are logged and prompts must not be.
    return undefined;
  }
}

/**
 * The same with numbers as the text that they were written in: `1.5e-07` is read as `1.5e-07`, so
 * that no double stands between a list of prices and ours.
 */
export function parseExactJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text, withSource) as JsonValue;
  } catch {
    // As above; a document that is nested too deep for the walk ends here as well.
    return undefined;
  }
}

/** Node hands the reviver the source of a primitive value (TC39: JSON.parse source text access). */
function withSource(_key: string, value: unknown, ...rest: readonly unknown[]): unknown {
  if (typeof value !== 'number') return value;
  const [context] = rest;
  const source: unknown =
    typeof context === 'object' && context !== null ? Reflect.get(context, 'source') : undefined;
  // Without its source a number would be a double again: text that is no number is refused.
  return typeof source === 'string' ? source : 'no source';
}

/**
 * RFC 8785: keys sorted by UTF-16 code units, no white space, ECMAScript numbers and strings.
 * Members that are `undefined` are left out, as `JSON.stringify` does.
 */
export function canonicalJson(value: JsonValue | undefined): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}
