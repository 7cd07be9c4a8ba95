/** Lists of RFC 7644 section 3.4.2: pages by index, a filter, and which attributes are shown. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { attributeNamed, type ResourceType, withoutUrn } from './attributes.ts';
import { type Filter, parseFilter } from './filter.ts';
import { type ScimProblem, scimProblem } from './scim-problem.ts';

export const COUNT_MAX = 200;
const COUNT_DEFAULT = 100;
const NAMES_MAX = 50;
const LIST_URN = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

export interface ListQuery {
  readonly filter: Filter | null;
  /** From 1. */
  readonly startIndex: number;
  readonly count: number;
}

/** Less than the least is the least, as the standard says; what is no number is refused. */
export function readListQuery(
  query: ReadonlyMap<string, string>,
  { attributes, urn }: ResourceType,
): Result<ListQuery, ScimProblem> {
  const startIndex = integerOf(query.get('startindex'), 1);
  const count = integerOf(query.get('count'), COUNT_DEFAULT);
  if (startIndex === null || count === null) {
    return err(scimProblem('invalidValue', 'startIndex and count are whole numbers.'));
  }
  const text = query.get('filter');
  const filter = text === undefined ? null : parseFilter(text, attributes, { urn });
  if (text !== undefined && filter === null) {
    const detail = 'The filter is too long, not well formed, or asks for what is not kept here.';
    return err(scimProblem('invalidFilter', detail));
  }
  return ok({
    filter,
    startIndex: Math.max(1, startIndex),
    count: Math.min(Math.max(0, count), COUNT_MAX),
  });
}

function integerOf(text: string | undefined, otherwise: number): number | null {
  if (text === undefined) return otherwise;
  return /^-?\d{1,9}$/u.test(text) ? Number(text) : null;
}

export const listBody = (
  resources: readonly JsonObject[],
  totalResults: number,
  startIndex: number,
): JsonObject => ({
  schemas: [LIST_URN],
  totalResults,
  startIndex,
  itemsPerPage: resources.length,
  Resources: [...resources],
});

/** What a caller wants to see of a resource; `id` and `schemas` always. */
export function selected(
  resource: JsonObject,
  query: ReadonlyMap<string, string>,
  type: ResourceType,
): JsonObject {
  const wanted = namesOf(query.get('attributes'), type);
  if (wanted !== null) return picked(resource, new Map([...wanted, ...ALWAYS]));
  const unwanted = namesOf(query.get('excludedattributes'), type);
  return unwanted === null ? resource : dropped(resource, unwanted);
}

const ALWAYS: ReadonlyMap<string, null> = new Map([
  ['id', null],
  ['schemas', null],
]);

/** Attributes by name, each with the sub-attributes that were named; null: whole. */
type Names = ReadonlyMap<string, ReadonlySet<string> | null>;

function namesOf(text: string | undefined, { attributes, urn }: ResourceType): Names | null {
  if (text === undefined || text === '') return null;
  const names = new Map<string, Set<string> | null>();
  for (const path of text.split(',').slice(0, NAMES_MAX)) {
    const [head = '', tail] = withoutUrn(path.trim(), urn).split('.');
    const attribute = attributeNamed(attributes, head);
    // A name that is not known asks for nothing that there is.
    if (attribute === undefined) continue;
    const sub = tail === undefined ? null : attributeNamed(attribute.sub, tail)?.name;
    if (sub === null) names.set(attribute.name, null);
    else if (sub !== undefined && names.get(attribute.name) !== null) {
      names.set(attribute.name, (names.get(attribute.name) ?? new Set()).add(sub));
    }
  }
  return names;
}

function picked(resource: JsonObject, names: Names): JsonObject {
  const made: JsonObject = {};
  for (const [name, value] of Object.entries(resource)) {
    const subs = names.get(name);
    if (subs === undefined || value === undefined) continue;
    made[name] = subs === null ? value : ofEach(value, (sub) => subs.has(sub));
  }
  return made;
}

function dropped(resource: JsonObject, names: Names): JsonObject {
  const made: JsonObject = {};
  for (const [name, value] of Object.entries(resource)) {
    const subs = names.get(name);
    if (value === undefined || (subs === null && !ALWAYS.has(name))) continue;
    made[name] = subs ? ofEach(value, (sub) => !subs.has(sub)) : value;
  }
  return made;
}

function ofEach(value: JsonValue, isShown: (sub: string) => boolean): JsonValue {
  if (Array.isArray(value)) return value.map((one) => ofEach(one, isShown));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => isShown(name)));
}
