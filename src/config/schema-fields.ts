/**
 * The keys of the configuration with what the schema says of each: for the reference page, and for whoever
 * writes an entry in the dashboard. Read from the JSON Schema, so that the two cannot say different things.
 */
import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { configJsonSchema } from './json-schema.ts';
import { type SettingSection, settingPlaces } from './settings.ts';

export interface SchemaField {
  /** `deployments[].weight`: below what it is a field of. */
  readonly key: string;
  /** In words; what is written as it stands is between backticks. */
  readonly type: string;
  /** What holds where it is left out, between backticks; `required`, or empty. */
  readonly fallback: string;
  readonly about: string;
}

/** A field of an entry. */
export interface EntryField extends SchemaField {
  /** The values of `type` that have it; empty: every entry has. */
  readonly of: readonly string[];
}

/** What an entry of a section may say, without its name: that stands outside. */
export function entryFields(section: SettingSection): readonly EntryField[] {
  const { path, names } = settingPlaces[section];
  const list = path.reduce((schema, key) => {
    const inner = propertiesOf(schema)[key];
    assert(inner !== undefined, 'the schema has every section');
    return inner;
  }, configJsonSchema());
  const entry = names === 'key' ? list['additionalProperties'] : list['items'];
  assert(isJsonObject(entry), 'a section holds entries');
  const fields = ownFields(entry);
  return names === 'member' ? fields.filter(({ key }) => key !== 'name') : fields;
}

function ownFields(entry: JsonObject): readonly EntryField[] {
  const members = membersOf(entry);
  if (members.length > 1) {
    const types = typesOf(members);
    const type = { ...kindField('type', types), of: [] };
    const others = sharedOf(members).flatMap(({ of, name, property, isRequired }) =>
      fieldsOf(name, property, isRequired).map((field) => ({
        ...field,
        of: of.length === types.length ? [] : of,
      })),
    );
    return [type, ...others];
  }
  const [only = entry] = members;
  return below('', only).map((field) => ({ ...field, key: field.key.slice(1), of: [] }));
}

/** A key, and below it the keys of what it holds. */
export function fieldsOf(key: string, schema: JsonObject, isRequired: boolean): SchemaField[] {
  const own = {
    key,
    type: typeOf(schema),
    fallback: fallbackOf(schema, isRequired),
    about: text(schema['description']),
  };
  return [own, ...below(key, schema)];
}

function below(key: string, schema: JsonObject): SchemaField[] {
  const members = membersOf(schema);
  if (members.length > 1) return unionFields(key, members);
  const [only = schema] = members;
  const { items, additionalProperties: named } = only;
  if (isJsonObject(items)) return below(`${key}[]`, items);
  if (isJsonObject(named)) return below(`${key}.<name>`, named);
  return memberFields(key, only);
}

function memberFields(key: string, schema: JsonObject): SchemaField[] {
  const required = requiredOf(schema);
  return Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
    fieldsOf(`${key}.${name}`, property, required.has(name)),
  );
}

function unionFields(key: string, members: readonly JsonObject[]): SchemaField[] {
  const types = typesOf(members);
  const others = sharedOf(members).flatMap(({ of, name, property, isRequired }) => {
    const where = of.length === types.length ? key : `${key} (${of.join(', ')})`;
    return fieldsOf(`${where}.${name}`, property, isRequired);
  });
  return [kindField(`${key}.type`, types), ...others];
}

const typesOf = (members: readonly JsonObject[]): string[] =>
  members.map((member) => text(propertiesOf(member)['type']?.['const']));

const kindField = (key: string, types: readonly string[]): SchemaField => ({
  key,
  type: types.map(code).join(', '),
  fallback: 'required',
  about: 'Which kind of member this entry is.',
});

interface Shared {
  readonly of: readonly string[];
  readonly name: string;
  readonly property: JsonObject;
  readonly isRequired: boolean;
}

/** A key that several members share is said once, with the types that have it. */
function sharedOf(members: readonly JsonObject[]): Shared[] {
  const types = typesOf(members);
  return members.flatMap((member, index) =>
    Object.entries(propertiesOf(member)).flatMap(([name, property]) => {
      const having = members.map((other) => isSame(propertiesOf(other)[name], property));
      // `type` has its row, and what an earlier member has in the same form was said there.
      if (name === 'type' || having.indexOf(true) < index) return [];
      const of = types.filter((_type, at) => having[at]);
      return [{ of, name, property, isRequired: requiredOf(member).has(name) }];
    }),
  );
}

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
const code = (value: string): string => `\`${value}\``;

const isSame = (a: JsonObject | undefined, b: JsonObject | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function membersOf({ oneOf, anyOf }: JsonObject): JsonObject[] {
  const members = [oneOf ?? anyOf ?? []].flat().filter(isJsonObject);
  return members.filter((member) => member['properties'] !== undefined);
}

export function propertiesOf({ properties }: JsonObject): Record<string, JsonObject> {
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      isJsonObject(property) ? property : {},
    ]),
  );
}

export const requiredOf = ({ required }: JsonObject): ReadonlySet<JsonValue> =>
  new Set(Array.isArray(required) ? required : []);

function fallbackOf(schema: JsonObject, isRequired: boolean): string {
  const fallback = schema['default'];
  if (fallback === undefined) return isRequired ? 'required' : '';
  const isEmptyObject = isJsonObject(fallback) && Object.keys(fallback).length === 0;
  return isEmptyObject ? '' : code(JSON.stringify(fallback));
}

function typeOf(schema: JsonObject): string {
  const { type, const: only, items, minimum, maximum } = schema;
  const choices = schema['enum'];
  if (only !== undefined) return code(JSON.stringify(only));
  if (Array.isArray(choices)) return choices.map((choice) => code(text(choice))).join(', ');
  const union = [schema['oneOf'] ?? schema['anyOf'] ?? []].flat().filter(isJsonObject);
  if (union.length > 0) return [...new Set(union.map(typeOf))].join(' or ');
  if (type === 'array') return `list of ${isJsonObject(items) ? typeOf(items) : 'values'}`;
  if (type === 'object')
    return isJsonObject(schema['additionalProperties']) ? 'map by name' : 'object';
  if (type === undefined) return 'absent';
  const pattern = text(schema['pattern']);
  if (pattern.startsWith('^(?<count>')) return 'duration';
  if (pattern.startsWith('^(?<amount>')) return 'quota';
  const isBounded = typeof minimum === 'number' && typeof maximum === 'number';
  return isBounded ? `${text(type)}, ${minimum} to ${maximum}` : text(type);
}
