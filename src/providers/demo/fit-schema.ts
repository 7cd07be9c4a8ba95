/**
 * The smallest value that fits a JSON schema well enough to try a tool with: its required properties,
 * strings taken from a text. Bounded in depth and in properties, whatever the schema says.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

const DEPTH_MAX = 4;
const PROPERTIES_MAX = 32;

export function fitSchema(schema: JsonObject, text: string, depth = 0): JsonValue {
  if (schema['const'] !== undefined) return schema['const'];
  const choices = schema['enum'];
  if (Array.isArray(choices)) return choices[0] ?? null;
  const { type } = schema;
  const named = Array.isArray(type) ? type[0] : type;
  switch (typeof named === 'string' ? named : '') {
    case 'object':
      return fitObject(schema, text, depth);
    case 'array':
      return fitArray(schema, text, depth);
    case 'number':
      return Number(/-?[0-9]{1,9}(?:\.[0-9]{1,6})?/u.exec(text)?.[0] ?? 1);
    case 'integer':
      return Number(/-?[0-9]{1,9}/u.exec(text)?.[0] ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return isJsonObject(schema['properties']) ? fitObject(schema, text, depth) : text;
  }
}

function fitObject(schema: JsonObject, text: string, depth: number): JsonObject {
  const { properties, required } = schema;
  const fitted: JsonObject = {};
  if (!Array.isArray(required) || depth >= DEPTH_MAX) return fitted;
  for (const name of required.slice(0, PROPERTIES_MAX)) {
    if (typeof name !== 'string') continue;
    const property = isJsonObject(properties) ? properties[name] : undefined;
    fitted[name] = fitSchema(isJsonObject(property) ? property : {}, text, depth + 1);
  }
  return fitted;
}

function fitArray(schema: JsonObject, text: string, depth: number): JsonValue[] {
  const { items, minItems } = schema;
  const isFilled = typeof minItems === 'number' && minItems > 0 && depth < DEPTH_MAX;
  return isFilled && isJsonObject(items) ? [fitSchema(items, text, depth + 1)] : [];
}
