/**
 * A body as it was sent, under the names that we write: attributes in any case, `"False"` for false as
 * Entra ID sends it, null for absent. What only we may set is passed over, as the standard says; what
 * the standard has and we do not keep is dropped; anything else is refused by its name.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type Attribute, attributeNamed, isNotKept, type ResourceType } from './attributes.ts';
import { type ScimProblem, scimProblem, shownName } from './scim-problem.ts';

export function canonicalResource(
  sent: JsonObject,
  type: ResourceType,
): Result<JsonObject, ScimProblem> {
  return canonicalObject(sent, { attributes: type.attributes, type, path: '' });
}

interface Place {
  readonly attributes: readonly Attribute[];
  readonly type: ResourceType;
  /** `name.`, or nothing at the top. */
  readonly path: string;
}

function canonicalObject(
  sent: JsonObject,
  { attributes, type, path }: Place,
): Result<JsonObject, ScimProblem> {
  const made: JsonObject = {};
  for (const [name, value] of Object.entries(sent)) {
    const attribute = attributeNamed(attributes, name);
    if (attribute === undefined) {
      if (isNotKept(path + name, type)) continue;
      return err(scimProblem('invalidSyntax', `There is no attribute ${shownName(path + name)}.`));
    }
    if (attribute.mutability === 'readOnly' || value === undefined || value === null) continue;
    if (Object.hasOwn(made, attribute.name)) {
      return err(scimProblem('invalidSyntax', `${attribute.name} is there twice.`));
    }
    const canonical = canonicalValue(value, attribute, type);
    if (!canonical.ok) return canonical;
    made[attribute.name] = canonical.value;
  }
  return ok(made);
}

const BOOLEAN: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  false: false,
  False: false,
};

/** One value, or the list of a multi-valued attribute. */
export function canonicalValue(
  value: JsonValue,
  attribute: Attribute,
  type: ResourceType,
): Result<JsonValue, ScimProblem> {
  if (!attribute.isMulti) return canonicalOne(value, attribute, type);
  const made: JsonValue[] = [];
  for (const one of Array.isArray(value) ? value : [value]) {
    const canonical = canonicalOne(one, attribute, type);
    if (!canonical.ok) return canonical;
    made.push(canonical.value);
  }
  return ok(made);
}

export function canonicalOne(
  value: JsonValue,
  attribute: Attribute,
  type: ResourceType,
): Result<JsonValue, ScimProblem> {
  const { name, sub } = attribute;
  if (attribute.type === 'complex') {
    if (!isJsonObject(value)) return err(wrongType(name));
    return canonicalObject(value, { attributes: sub, type, path: `${name}.` });
  }
  if (attribute.type === 'boolean' && typeof value === 'string' && Object.hasOwn(BOOLEAN, value)) {
    return ok(BOOLEAN[value] ?? false);
  }
  const wanted = attribute.type === 'boolean' ? 'boolean' : 'string';
  return typeof value === wanted ? ok(value) : err(wrongType(name));
}

const wrongType = (name: string): ScimProblem =>
  scimProblem('invalidValue', `${name} is of another type.`);
