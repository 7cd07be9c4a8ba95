/** Whether a resource, as it is shown, is what a filter asks for. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { Attribute } from './attributes.ts';
import { comparedOf, type Filter, type Operator } from './filter.ts';
import type { Literal } from './filter-tokens.ts';

export function matchesFilter(resource: JsonObject, filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return matchesFilter(resource, filter.left) && matchesFilter(resource, filter.right);
    case 'or':
      return matchesFilter(resource, filter.left) || matchesFilter(resource, filter.right);
    case 'not':
      return !matchesFilter(resource, filter.of);
    case 'some': {
      const values = resource[filter.attribute.name];
      return (
        Array.isArray(values) &&
        values.some((one) => isJsonObject(one) && matchesFilter(one, filter.of))
      );
    }
    case 'present':
      return valuesOf(resource, filter.attribute, filter.sub).some(isPresent);
    case 'compare': {
      const { attribute, sub, operator, value } = filter;
      const compared = comparedOf(attribute, sub) ?? attribute;
      const values = valuesOf(
        resource,
        attribute,
        sub ?? (compared === attribute ? null : compared),
      );
      // What is not equal is what `eq` is not for: the absent too.
      if (operator === 'ne') return !isSome(values, compared, 'eq', value);
      return isSome(values, compared, operator, value);
    }
  }
}

function valuesOf(
  resource: JsonObject,
  { name }: Attribute,
  sub: Attribute | null,
): readonly JsonValue[] {
  const value = resource[name];
  const all = Array.isArray(value) ? value : value === undefined ? [] : [value];
  if (sub === null) return all;
  return all.flatMap((one) => {
    const inner = isJsonObject(one) ? one[sub.name] : undefined;
    return inner === undefined ? [] : [inner];
  });
}

/** A thing of several parts is there where one of them is. */
function isPresent(value: JsonValue | undefined): boolean {
  if (isJsonObject(value)) return Object.values(value).some(isPresent);
  return value !== null && value !== undefined && value !== '';
}

function isSome(
  values: readonly JsonValue[],
  attribute: Attribute,
  operator: Operator,
  wanted: Literal,
): boolean {
  if (wanted === null) return !values.some(isPresent);
  return values.some((value) => isHeld(value, attribute, operator, wanted));
}

function isHeld(
  value: JsonValue,
  { type, isCaseExact }: Attribute,
  operator: Operator,
  wanted: Exclude<Literal, null>,
): boolean {
  if (typeof value === 'boolean') return operator === 'eq' && value === wanted;
  if (typeof value !== 'string' || typeof wanted !== 'string') return false;
  if (type === 'dateTime') return isOrdered(Date.parse(value) - Date.parse(wanted), operator);
  const [left, right] = isCaseExact ? [value, wanted] : [value.toLowerCase(), wanted.toLowerCase()];
  if (operator === 'co') return left.includes(right);
  if (operator === 'sw') return left.startsWith(right);
  if (operator === 'ew') return left.endsWith(right);
  return isOrdered(left === right ? 0 : left < right ? -1 : 1, operator);
}

function isOrdered(difference: number, operator: Operator): boolean {
  if (operator === 'eq') return difference === 0;
  if (operator === 'gt') return difference > 0;
  if (operator === 'ge') return difference >= 0;
  if (operator === 'lt') return difference < 0;
  return operator === 'le' && difference <= 0;
}
