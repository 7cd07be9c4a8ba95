/**
 * The parts of docs/reference that are derived from the code, and the writing of them.
 *
 *   node scripts/docs.ts            writes every derived block, says which pages changed
 *
 * A derived block stands between `<!-- derived: NAME -->` and `<!-- end -->`; what is around it is
 * written by hand. tests/docs-drift.test.ts fails when a block is not what is derived here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Command, Option } from 'commander';
import { z } from 'zod';

import { processContext, programOf } from '#cli/program.ts';
import { configJsonSchema } from '#config/json-schema.ts';
import { denialReplies } from '#domain/denial.ts';
import { faultReplies } from '#domain/fault.ts';
import { denialAdvice } from '#gateway/decisions.ts';
import { FIELDS } from '#policy/access/facts.ts';
import { defaultEntities, ENTITIES, entityNames, PROFILES } from '#policy/guards/pii/entities.ts';
import { guardTypes } from '#policy/guards/registry.ts';
import { NAMED_KINDS } from '#policy/guards/secret-assignments.ts';
import { INFIX_KINDS } from '#policy/guards/secret-infixes.ts';
import { SECRET_KINDS } from '#policy/guards/secret-kinds.ts';
import { DEMO_BEHAVIOUR, DEMO_DIRECTIVES } from '#providers/demo/directives.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { operationsSource } from './admin-operations.ts';
import {
  harmCategoriesBlock,
  harmFamiliesBlock,
  harmLinesBlock,
  harmSourcesBlock,
  injectionLinesBlock,
  injectionScoresBlock,
  injectionSourcesBlock,
  trainedFamiliesBlock,
  trainedLanguagesBlock,
} from './docs-models.ts';
import { code, table } from './docs-table.ts';

export const OPERATIONS = join(import.meta.dirname, '..', 'web', 'src', 'admin-operations.ts');

const REFERENCE = join(import.meta.dirname, '..', 'docs', 'reference');

/** Each page, and what stands in its blocks. */
export const derivedPages: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'configuration.md': { configuration: configurationBlock },
  'conditions.md': { 'condition-fields': conditionFieldsBlock },
  'denials.md': { denials: denialsBlock, faults: faultsBlock },
  'guards.md': {
    'guard-types': guardTypesBlock,
    'secret-kinds': secretKindsBlock,
    'secret-names': secretNamesBlock,
    'pii-entities': piiEntitiesBlock,
    'pii-profiles': piiProfilesBlock,
    'harm-categories': harmCategoriesBlock,
    'trained-families': trainedFamiliesBlock,
    'trained-languages': trainedLanguagesBlock,
  },
  'demo-provider.md': { behaviour: behaviourBlock, directives: directivesBlock },
  'cli.md': { commands: commandsBlock },
  'prompt-injection-model.md': {
    'injection-lines': injectionLinesBlock,
    'injection-scores': injectionScoresBlock,
    'injection-sources': injectionSourcesBlock,
  },
  'harm-model.md': {
    'harm-lines': harmLinesBlock,
    'harm-families': harmFamiliesBlock,
    'harm-sources': harmSourcesBlock,
  },
};

export const derivedBlock = (name: string): RegExp =>
  new RegExp(`(<!-- derived: ${name} -->\n)([\\s\\S]*?)(<!-- end -->)`, 'u');

export const referencePage = (page: string): string => join(REFERENCE, page);

function conditionFieldsBlock(): string {
  const objects: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> =
    FIELDS;
  const rows = Object.entries(objects).flatMap(([object, fields]) =>
    Object.entries(fields).map(([field, [type, about]]) => [
      code(`${object}.${field}`),
      code(type === 'google.protobuf.Timestamp' ? 'timestamp' : type),
      about,
    ]),
  );
  return table(['field', 'type', 'what it is'], rows);
}

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
// The configuration.

type Entry = readonly [key: string, type: string, fallback: string, description: string];

function configurationBlock(): string {
  const schema = configJsonSchema();
  const sections = propertiesOf(schema);
  const required = requiredOf(schema);
  const parts = Object.entries(sections).map(([name, section]) => {
    const entries = entriesOf(name, section, required.has(name));
    return `## ${name}\n\n${table(['key', 'type', 'default', 'what'], entries)}`;
  });
  return `\n${parts.join('\n')}\n`;
}

/** A key, and below it the keys of what it holds. */
function entriesOf(key: string, schema: JsonObject, isRequired: boolean): Entry[] {
  const own: Entry = [
    code(key),
    typeOf(schema),
    fallbackOf(schema, isRequired),
    text(schema['description']),
  ];
  return [own, ...below(key, schema)];
}

function below(key: string, schema: JsonObject): Entry[] {
  const members = membersOf(schema);
  if (members.length > 1) return unionEntries(key, members);
  const [only = schema] = members;
  const { items, additionalProperties: named } = only;
  if (isJsonObject(items)) return below(`${key}[]`, items);
  if (isJsonObject(named)) return below(`${key}.<name>`, named);
  return memberEntries(key, only);
}

function memberEntries(key: string, schema: JsonObject): Entry[] {
  const required = requiredOf(schema);
  return Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
    entriesOf(`${key}.${name}`, property, required.has(name)),
  );
}

/** A key that several members share is said once, with the types that have it. */
function unionEntries(key: string, members: readonly JsonObject[]): Entry[] {
  const types = members.map((member) => text(propertiesOf(member)['type']?.['const']));
  const all: Entry[] = [
    [
      code(`${key}.type`),
      types.map(code).join(', '),
      'required',
      'Which kind of member this entry is.',
    ],
  ];
  for (const [index, member] of members.entries()) {
    for (const [name, property] of Object.entries(propertiesOf(member))) {
      const having = members.map((other) => isSame(propertiesOf(other)[name], property));
      // `type` has its row, and what an earlier member has in the same form was said there.
      if (name === 'type' || having.indexOf(true) < index) continue;
      const of = types.filter((_type, at) => having[at]);
      const where = of.length === types.length ? key : `${key} (${of.join(', ')})`;
      all.push(...entriesOf(`${where}.${name}`, property, requiredOf(member).has(name)));
    }
  }
  return all;
}

const isSame = (a: JsonObject | undefined, b: JsonObject | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

function membersOf({ oneOf, anyOf }: JsonObject): JsonObject[] {
  const members = [oneOf ?? anyOf ?? []].flat().filter(isJsonObject);
  return members.filter((member) => member['properties'] !== undefined);
}

function propertiesOf({ properties }: JsonObject): Record<string, JsonObject> {
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      isJsonObject(property) ? property : {},
    ]),
  );
}

const requiredOf = ({ required }: JsonObject): ReadonlySet<JsonValue> =>
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

// Denials and faults.

function denialsBlock(): string {
  const rows = Object.entries(denialReplies).map(([reason, reply]) => [
    code(reason),
    String(reply.status),
    reply.openaiCode === null ? '–' : code(reply.openaiCode),
    code(reply.anthropicType),
    reply.isRetryable ? 'yes' : 'no',
    reply.message,
    adviceOf(reason),
  ]);
  return table(
    ['reason', 'status', 'OpenAI code', 'Anthropic type', 'retry', 'message', 'advice'],
    rows,
  );
}

const adviceOf = (reason: string): string =>
  Object.entries(denialAdvice).find(([name]) => name === reason)?.[1] ?? '';

function faultsBlock(): string {
  return table(
    ['code', 'status', 'message'],
    Object.entries(faultReplies).map(([name, { status, message }]) => [
      code(name),
      String(status),
      message,
    ]),
  );
}

// Guards and the demo provider.

function guardTypesBlock(): string {
  return table(
    ['type', 'finds'],
    guardTypes.map(({ type, description }) => [code(type), description]),
  );
}

function secretKindsBlock(): string {
  return table(
    ['category', 'begins with', 'what is redacted'],
    [
      ...SECRET_KINDS.map(({ category, prefixes, isGroup }) => [
        code(category),
        prefixes.map((prefix) => code(prefix.trim())).join(' '),
        isGroup === true ? 'the value alone' : 'the whole of it',
      ]),
      ...INFIX_KINDS.map(({ category, prefixes }) => [
        code(category),
        `… ${prefixes.map(code).join(' ')} … in the middle`,
        'the whole of it',
      ]),
    ],
  );
}

function piiEntitiesBlock(): string {
  return table(
    ['entity', 'what', 'is one when', 'by default'],
    entityNames.map((name) => [
      code(name),
      ENTITIES[name].what,
      ENTITIES[name].by,
      defaultEntities.includes(name) ? 'yes' : 'no',
    ]),
  );
}

function piiProfilesBlock(): string {
  return table(
    ['profile', 'entities'],
    Object.entries(PROFILES).map(([name, names]) => [code(name), names.map(code).join(' ')]),
  );
}

function secretNamesBlock(): string {
  return table(
    ['category', 'the name has', 'the value is'],
    NAMED_KINDS.map(({ category, name, value }) => [
      code(category),
      code(name.source),
      code(value.source),
    ]),
  );
}

const twoColumns = (head: string, entries: Readonly<Record<string, string>>): string =>
  table(
    [head, 'what'],
    Object.entries(entries).map(([name, what]) => [code(name), what]),
  );

function behaviourBlock(): string {
  return twoColumns('behaviour', DEMO_BEHAVIOUR);
}

function directivesBlock(): string {
  return table(
    ['directive', 'what'],
    Object.entries(DEMO_DIRECTIVES).map(([name, what]) => [code(`demo:${name}`), what]),
  );
}

// The command line.

function commandsBlock(): string {
  return `\n${leaves(programOf(processContext()), []).map(commandPart).join('\n')}\n`;
}

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

function leaves(command: Command, path: readonly string[]): Leaf[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

function commandPart({ path, command }: Leaf): string {
  const placed = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}…` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const title = ['llmproxy', ...path, ...placed].join(' ');
  const options = command.options.map((option) => [code(option.flags), optionText(option)]);
  return `### ${code(title)}\n\n${sentence(command.description())}\n\n${table(['option', 'what'], options)}`;
}

function optionText({ description, mandatory, argChoices, defaultValue }: Option): string {
  const fallback: unknown = defaultValue;
  const notes = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.map(code).join(', ')}`]),
    ...(typeof fallback === 'string' && fallback !== '' ? [`default ${code(fallback)}`] : []),
    ...(typeof fallback === 'number' ? [`default ${fallback}`] : []),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** The page with its blocks derived again. A block that is not on its page is an error. */
export function derivedPage(page: string, current: string): string {
  let next = current;
  for (const [name, derive] of Object.entries(derivedPages[page] ?? {})) {
    if (!derivedBlock(name).test(next)) throw new Error(`${page} has no block ${name}`);
    next = next.replace(
      derivedBlock(name),
      (_whole, head: string, _old: string, end: string) => head + derive() + end,
    );
  }
  return next;
}

if (import.meta.main) {
  z.config({ jitless: true });
  for (const page of Object.keys(derivedPages)) {
    const current = readFileSync(referencePage(page), 'utf8');
    const next = derivedPage(page, current);
    if (next === current) continue;
    writeFileSync(referencePage(page), next);
    process.stdout.write(`${page} is new\n`);
  }
  const operations = operationsSource();
  if (operations !== readFileSync(OPERATIONS, 'utf8')) {
    writeFileSync(OPERATIONS, operations);
    process.stdout.write('admin-operations.ts is new\n');
  }
}
