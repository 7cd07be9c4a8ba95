/**
 * PATCH of RFC 7644 section 3.5.2 as a function from a resource to a resource: every operation holds,
 * or none does. What comes out is checked as a whole body is, so no order of operations leads past a
 * check. Besides the standard it takes what identity providers send: an operation in any case, an
 * object of paths without a path, and `remove` of the values that it lists.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type Attribute, isNotKept, type ResourceType, withoutUrn } from './attributes.ts';
import { canonicalOne, canonicalValue } from './canonical.ts';
import type { Filter } from './filter.ts';
import { matchesFilter } from './filter-match.ts';
import { joinedOperations } from './joined-operations.ts';
import { type Operation, parsePatchPath } from './patch-path.ts';
import { type ScimProblem, scimProblem, shownName } from './scim-problem.ts';

type Patched = Result<JsonObject, ScimProblem>;

export function applyPatch(
  resource: JsonObject,
  operations: readonly Operation[],
  type: ResourceType,
): Patched {
  let patched: Patched = ok(resource);
  for (const operation of joinedOperations(operations, type)) {
    if (!patched.ok) return patched;
    patched = applyOne(patched.value, operation, type);
  }
  return patched;
}

function applyOne(resource: JsonObject, operation: Operation, type: ResourceType): Patched {
  const { op, path, value } = operation;
  if (path !== undefined) return applyAt(resource, { op, path, value, isNamed: true }, type);
  if (op === 'remove') return err(scimProblem('noTarget', 'A remove needs a path.'));
  if (!isJsonObject(value)) {
    return err(scimProblem('invalidValue', 'Without a path, the value is an object.'));
  }
  let patched: Patched = ok(resource);
  for (const [name, one] of Object.entries(value)) {
    if (!patched.ok) return patched;
    patched = applyAt(patched.value, { op, path: name, value: one, isNamed: false }, type);
  }
  return patched;
}

interface At extends Operation {
  readonly path: string;
  /** The path was written as one; a member of an object is there with what surrounds it. */
  readonly isNamed: boolean;
}

/** What an operation is about, when its path is read. */
interface Target {
  readonly op: Operation['op'];
  readonly attribute: Attribute;
  readonly filter: Filter | null;
  readonly sub: Attribute | null;
  readonly value: JsonValue | undefined;
  readonly type: ResourceType;
}

function applyAt(
  resource: JsonObject,
  { op, path, value, isNamed }: At,
  type: ResourceType,
): Patched {
  const bare = withoutUrn(path, type.urn);
  const parsed = parsePatchPath(bare, type);
  if (parsed === null) {
    if (isNotKept(bare, type)) return ok(resource);
    return err(scimProblem('invalidPath', `There is no attribute ${shownName(bare)}.`));
  }
  const { attribute, sub } = parsed;
  if ((sub ?? attribute).mutability === 'readOnly' || attribute.mutability === 'readOnly') {
    if (!isNamed) return ok(resource);
    return err(scimProblem('mutability', `${attribute.name} is set by this server.`));
  }
  const isCleared = op === 'remove' || value === null;
  if (!isCleared && value === undefined) {
    return err(scimProblem('invalidValue', `There is no value for ${attribute.name}.`));
  }
  const target: Target = { ...parsed, op: isCleared ? 'remove' : op, value, type };
  const next = attribute.isMulti ? multi(resource, target) : single(resource, target);
  if (!next.ok) return next;
  const { [attribute.name]: _old, ...rest } = resource;
  return ok(next.value === null ? rest : { ...rest, [attribute.name]: next.value });
}

/** Null: the attribute is not there afterwards. */
type Next = Result<JsonValue, ScimProblem>;

function single(resource: JsonObject, { op, attribute, sub, value, type }: Target): Next {
  const old = resource[attribute.name];
  const before = isJsonObject(old) ? old : {};
  if (op === 'remove') return ok(sub === null ? null : without(before, sub.name));
  if (sub !== null) return merged(before, { [sub.name]: value ?? null }, attribute, type);
  if (attribute.type !== 'complex') return canonicalOne(value ?? null, attribute, type);
  return isJsonObject(value)
    ? merged(before, value, attribute, type)
    : err(scimProblem('invalidValue', `${attribute.name} is of another type.`));
}

const without = (object: JsonObject, name: string): JsonObject => {
  const { [name]: _gone, ...rest } = object;
  return rest;
};

function merged(
  before: JsonObject,
  value: JsonObject,
  attribute: Attribute,
  type: ResourceType,
): Next {
  const canonical = canonicalOne(value, attribute, type);
  if (!canonical.ok) return canonical;
  return ok(isJsonObject(canonical.value) ? { ...before, ...canonical.value } : before);
}

function multi(resource: JsonObject, target: Target): Next {
  const { op, attribute, filter, sub, value, type } = target;
  const old = resource[attribute.name];
  const before = (Array.isArray(old) ? old : []).filter((one) => isJsonObject(one));
  if (filter !== null) return filtered(before, target, filter);
  if (op === 'remove' && sub === null) {
    // Some providers list whom to remove; without their list, everyone would go.
    if (value === undefined || value === null) return ok(null);
    const listed = canonicalValue(value, attribute, type);
    if (!listed.ok) return listed;
    const gone = new Set(Array.isArray(listed.value) ? listed.value.map(keyOf) : []);
    return ok(before.filter((one) => !gone.has(keyOf(one))));
  }
  if (sub !== null) return eachWith(before, target);
  const added = canonicalValue(value ?? null, attribute, type);
  if (!added.ok) return added;
  const values = Array.isArray(added.value) ? added.value : [];
  return ok(distinct(op === 'replace' ? values : [...before, ...values]));
}

/** One value is the same as another by its `value`. The later one is kept, in the earlier's place. */
function distinct(values: readonly JsonValue[]): JsonValue[] {
  const byKey = new Map<string, JsonValue>();
  for (const one of values) byKey.set(keyOf(one), one);
  return [...byKey.values()];
}

const keyOf = (one: JsonValue): string =>
  isJsonObject(one) && typeof one['value'] === 'string' ? one['value'] : JSON.stringify(one);

function filtered(before: readonly JsonObject[], target: Target, filter: Filter): Next {
  const { op, attribute, sub, value, type } = target;
  const isMatch = (one: JsonObject): boolean => matchesFilter(one, filter);
  if (!before.some(isMatch)) {
    if (op === 'remove') return ok([...before]);
    const seed = op === 'add' ? seedOf(filter) : null;
    if (seed === null) {
      return err(
        scimProblem('noTarget', `No value of ${attribute.name} is what the path asks for.`),
      );
    }
    const made = eachWith([seed], target);
    return made.ok && Array.isArray(made.value) ? ok([...before, ...made.value]) : made;
  }
  if (op === 'remove' && sub === null) return ok(before.filter((one) => !isMatch(one)));
  if (sub !== null) {
    const changed = eachWith(before.filter(isMatch), target);
    if (!changed.ok || !Array.isArray(changed.value)) return changed;
    return ok([...before.filter((one) => !isMatch(one)), ...changed.value]);
  }
  const one = Array.isArray(value) ? value[0] : value;
  const made = canonicalOne(one ?? null, attribute, type);
  if (!made.ok || !isJsonObject(made.value)) return made;
  const { value: next } = made;
  return ok(distinct(before.map((old) => (isMatch(old) ? { ...old, ...next } : old))));
}

/** The sub-attribute set, or taken away, in each. */
function eachWith(
  values: readonly JsonObject[],
  { op, attribute, sub, value, type }: Target,
): Next {
  if (sub === null) {
    const made = canonicalOne(value ?? null, attribute, type);
    if (!made.ok || !isJsonObject(made.value)) return made;
    const { value: next } = made;
    return ok(values.map((one) => ({ ...one, ...next })));
  }
  if (op === 'remove') return ok(values.map((one) => without(one, sub.name)));
  const made = canonicalOne(value ?? null, sub, type);
  if (!made.ok) return made;
  return ok(values.map((one) => ({ ...one, [sub.name]: made.value })));
}

/** `emails[type eq "work"]`: what an added value is besides what is said of it. */
function seedOf(filter: Filter): JsonObject | null {
  if (filter.kind === 'and') {
    const [left, right] = [seedOf(filter.left), seedOf(filter.right)];
    return left === null || right === null ? null : { ...left, ...right };
  }
  const isEqual = filter.kind === 'compare' && filter.operator === 'eq' && filter.sub === null;
  return isEqual ? { [filter.attribute.name]: filter.value } : null;
}
