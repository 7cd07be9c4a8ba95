/** The keys that the schema knows at a path, for "did you mean". Read from the JSON Schema of it. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { Path } from './issue.ts';
import { configJsonSchema } from './json-schema.ts';

/** `value`: the configuration as it was read, which says which member of a union is meant. */
export function keysAt(path: Path, value: JsonValue): readonly string[] {
  let schema: JsonValue | undefined = configJsonSchema();
  let at: JsonValue | undefined = value;
  schema = memberOf(schema, at);
  for (const part of path) {
    if (!isJsonObject(schema)) return [];
    at = below(at, part);
    schema = memberOf(schemaBelow(schema, part), at);
  }
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

export function below(value: JsonValue | undefined, part: string | number): JsonValue | undefined {
  if (Array.isArray(value)) return value[Number(part)];
  return isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}

function schemaBelow(schema: JsonObject, part: string | number): JsonValue | undefined {
  if (typeof part === 'number') return schema['items'];
  return below(schema['properties'], part) ?? schema['additionalProperties'];
}

/** Of a union, the member of the same `type`; else the first that has keys. */
function memberOf(
  schema: JsonValue | undefined,
  value: JsonValue | undefined,
): JsonValue | undefined {
  if (!isJsonObject(schema)) return schema;
  const options = schema['oneOf'] ?? schema['anyOf'];
  if (!Array.isArray(options)) return schema;
  const type = below(value, 'type');
  const ofType = options.find(
    (option) => below(below(below(option, 'properties'), 'type'), 'const') === type,
  );
  return ofType ?? options.find((option) => below(option, 'properties') !== undefined);
}
