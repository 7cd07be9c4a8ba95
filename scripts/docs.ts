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
import { fieldsOf, propertiesOf, requiredOf } from '#config/schema-fields.ts';
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
import { rightsBlock } from './docs-rights.ts';
import { code, table } from './docs-table.ts';

export const OPERATIONS = join(import.meta.dirname, '..', 'web', 'src', 'admin-operations.ts');

const REFERENCE = join(import.meta.dirname, '..', 'docs', 'reference');

/** Each page, and what stands in its blocks. */
export const derivedPages: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'admin-rights.md': { 'admin-rights': rightsBlock },
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

// The configuration.

function configurationBlock(): string {
  const schema = configJsonSchema();
  const required = requiredOf(schema);
  const parts = Object.entries(propertiesOf(schema)).map(([name, section]) => {
    const rows = fieldsOf(name, section, required.has(name)).map(
      ({ key, type, fallback, about }) => [code(key), type, fallback, about],
    );
    return `## ${name}\n\n${table(['key', 'type', 'default', 'what'], rows)}`;
  });
  return `\n${parts.join('\n')}\n`;
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
