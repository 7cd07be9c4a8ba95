/**
 * The types of the dashboard's client, out of the OpenAPI document of the admin API: what each
 * operation takes and answers. A page that asks for what is not there, or leaves out what is needed,
 * does not compile.
 */
import { openApiDocument } from '#admin/openapi.ts';
import { adminRoutes } from '#admin/routes.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

const PREFIX = '/admin/v1';

export function operationsSource(): string {
  const document = openApiDocument();
  const paths = objectIn(document, 'paths');
  const entries = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(isJsonObject(operations) ? operations : {}).map(([method, operation]) =>
      isJsonObject(operation) ? entryOf(method, path, operation) : '',
    ),
  );
  return `/** Derived by scripts/docs.ts from the routes of the admin API; tests/docs-drift.test.ts keeps it so. */
export interface Operations {
${entries.join('')}}

/** What each takes to be allowed: a permission, and whether it is closed to who is of one tenant. */
export const needs: Partial<
  Record<keyof Operations, { readonly permission: string; readonly isPlatform: boolean }>
> = {
${adminRoutes.map(needOf).join('')}};
`;
}

const needOf = ({ method, path, permission, scope }: (typeof adminRoutes)[number]): string =>
  `  '${method} ${path.replace(PREFIX, '')}': { permission: '${permission}', isPlatform: ${scope === 'platform'} },\n`;

const objectIn = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isJsonObject(value) ? value : {};
};

function entryOf(method: string, path: string, operation: JsonObject): string {
  const parameters = Array.isArray(operation['parameters']) ? operation['parameters'] : [];
  const of = (place: string): JsonObject[] =>
    parameters.filter(isJsonObject).filter((parameter) => parameter['in'] === place);
  const body = contentOf(objectIn(operation, 'requestBody'));
  const answers = Object.entries(objectIn(operation, 'responses'));
  const answer = answers.find(([status]) => status.startsWith('2'))?.[1];
  const members = {
    params: membersType(of('path')),
    query: membersType(of('query')),
    isVersioned: of('header').length > 0 ? 'true' : 'false',
    body: body === null ? 'null' : typeOf(body),
    answer: answerType(isJsonObject(answer) ? answer : {}),
  };
  const types = Object.entries(members).map(([name, type]) => `readonly ${name}: ${type};`);
  return `  readonly '${method.toUpperCase()} ${path.replace(PREFIX, '')}': { ${types.join(' ')} };\n`;
}

function contentOf(holder: JsonObject): JsonObject | null {
  const content = objectIn(objectIn(holder, 'content'), 'application/json');
  const { schema } = content;
  return isJsonObject(schema) ? schema : null;
}

function answerType(answer: JsonObject): string {
  const schema = contentOf(answer);
  return schema === null ? 'null' : typeOf(schema);
}

function membersType(parameters: readonly JsonObject[]): string {
  if (parameters.length === 0) return 'null';
  const members = parameters.map(({ name, required, schema }) => {
    const type = isJsonObject(schema) ? typeOf(schema) : 'string';
    return `readonly ${memberName(String(name))}${required === true ? '' : '?'}: ${type};`;
  });
  return `{ ${members.join(' ')} }`;
}

/** Of texts and one certain text, the first has said it all. */
function unionOf(types: readonly string[]): string {
  const distinct = new Set(types);
  const isText = distinct.has('string');
  return [...distinct].filter((type) => !(isText && type.startsWith('"'))).join(' | ');
}

const memberName = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/u.test(name) ? name : JSON.stringify(name);

function typeOf(schema: JsonValue | undefined): string {
  if (!isJsonObject(schema)) return 'unknown';
  const { enum: values, const: only, anyOf, oneOf, type } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  const options = Array.isArray(anyOf) ? anyOf : oneOf;
  if (Array.isArray(options)) return unionOf(options.map(typeOf));
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(' | ');
  if (type === 'object') return objectType(schema);
  if (type === 'array') return `readonly (${typeOf(schema['items'])})[]`;
  return PLAIN.get(type ?? null) ?? 'unknown';
}

const PLAIN: ReadonlyMap<JsonValue, string> = new Map([
  ['integer', 'number'],
  ['number', 'number'],
  ['string', 'string'],
  ['boolean', 'boolean'],
  ['null', 'null'],
]);

function objectType(schema: JsonObject): string {
  const properties = Object.entries(objectIn(schema, 'properties'));
  if (properties.length === 0) {
    const { additionalProperties: values } = schema;
    return isJsonObject(values) ? `Readonly<Record<string, ${typeOf(values)}>>` : 'object';
  }
  const required: readonly JsonValue[] = Array.isArray(schema['required'])
    ? schema['required']
    : [];
  const members = properties.map(([name, property]) => {
    const mark = required.includes(name) ? '' : '?';
    return `readonly ${memberName(name)}${mark}: ${typeOf(property)};`;
  });
  return `{ ${members.join(' ')} }`;
}
