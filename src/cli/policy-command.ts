/**
 * `llmproxy policy test|explain`: what the roles of the configuration decide, without a call. Reads
 * files only; with --store the roles and bindings of the data folder too.
 */
import type { CaseResultView } from '#admin/contract.ts';
import { createReadStream, existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { Command, InvalidArgumentError } from 'commander';
import { parseDocument } from 'yaml';
import { z } from 'zod';

import {
  type Case,
  caseField,
  CASES_MAX,
  expectedCaseField,
  explainCase,
  testCase,
} from '#admin/policy-case.ts';
import type { Config } from '#config/config.ts';
import type { ExplainedPolicy, Explanation, RoleTrace } from '#policy/access/explain.ts';
import { openStorage } from '#runtime/open-storage.ts';
import { NOTHING_STORED, storedPolicies, tenantPolicies } from '#runtime/tenant-policies.ts';
import { systemClock } from '#stdx/clock.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { configFor, subcommandsOf } from './settings.ts';

const FILE_BYTES_MAX = 1_048_576;
const PROBLEMS_MAX = 20;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
  readonly store?: boolean;
}

interface ExplainFlags extends Flags {
  readonly tenant?: string;
  readonly user?: string;
  readonly team?: string;
  readonly role: readonly string[];
  readonly model?: string;
  readonly action?: string;
  readonly tool: readonly string[];
  readonly maxOutputTokens?: number;
  readonly endUser?: string;
  readonly ip?: string;
  readonly time?: string;
}

export function policyCommand(context: CliContext): Command {
  const policy = new Command('policy').description('ask what roles allow, and why');
  const common = subcommandsOf(policy);
  const subcommand = (name: string, description: string): Command =>
    common(name, description).option('--store', 'the roles and bindings of the data folder too');
  subcommand('test', 'compare decisions with what is expected; 1 when one differs')
    .argument('<file>', 'cases, as YAML or JSON')
    .action((file: string, flags: Flags) => test(file, flags, context));
  subcommand('explain', 'what is decided about one call, and what each rule says')
    .argument('[file]', 'one case, as YAML or JSON; else say it with options')
    .option('--tenant <id>', 'whose caller it is')
    .option('--user <id>', 'who calls')
    .option('--team <id>', 'for which team')
    .option('--role <name>', 'a role of the key or token; may be given again', addName, [])
    .option('--model <name>', 'which model')
    .option('--action <name>', 'what it does (default: chat)')
    .option('--tool <name>', 'a tool that the call offers; may be given again', addName, [])
    .option('--max-output-tokens <n>', 'the limit that the call sets', wholeNumber)
    .option('--end-user <id>', 'whom the call says it is for')
    .option('--ip <address>', 'from where')
    .option('--time <time>', 'when, as 2026-11-26T21:30:00Z (default: now)')
    .action((file: string | undefined, flags: ExplainFlags) => explain(file, flags, context));
  return policy;
}

const NAMES_MAX = 1_024;

function addName(text: string, before: readonly string[]): readonly string[] {
  if (before.length >= NAMES_MAX) throw new InvalidArgumentError(`At most ${NAMES_MAX}.`);
  return [...before, text];
}

function wholeNumber(text: string): number {
  if (/^[0-9]{1,15}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number.');
}

const casesField = z.strictObject({ cases: z.array(expectedCaseField).min(1).max(CASES_MAX) });

async function test(file: string, flags: Flags, context: CliContext): Promise<void> {
  const { cases } = await readFile(file, casesField, context);
  const policy = await policyFor(flags, context);
  const stray = strayTenant(cases, policy, flags);
  if (stray !== null) await write(context.stderr, `${stray}\n`);
  let wrong = 0;
  for (const [index, one] of cases.entries()) {
    const result = testCase(one, index, policy, systemClock.nowMs());
    if (!result.isAsExpected) wrong += 1;
    if (flags.json === true) await writeJson(context.stdout, result);
    else await write(context.stdout, resultLine(result));
  }
  const summary = `${cases.length - wrong} of ${cases.length} as expected\n`;
  await write(context.stderr, summary);
  if (wrong > 0) throw new CliExit(EXIT.problem);
}

function resultLine(result: CaseResultView): string {
  const { name, isAsExpected, expected, expectedRule, decision, reason, rule } = result;
  const because = [reason, rule].filter((part) => part !== null).join(' ');
  const wanted = isAsExpected
    ? ''
    : `  (expected ${expected}${expectedRule === null ? '' : ` ${expectedRule}`})`;
  const mark = isAsExpected ? 'ok  ' : 'FAIL';
  return `${mark}  ${printable(`${name}: ${decision} ${because}${wanted}`)}\n`;
}

async function explain(
  file: string | undefined,
  flags: ExplainFlags,
  context: CliContext,
): Promise<void> {
  const one = file === undefined ? fromFlags(flags) : await readFile(file, caseField, context);
  const policy = await policyFor(flags, context);
  const stray = strayTenant([one], policy, flags);
  if (stray !== null) throw new CliExit(EXIT.problem, stray);
  const explanation = explainCase(one, policy, systemClock.nowMs());
  if (flags.json === true) await writeJson(context.stdout, explanation);
  else await write(context.stdout, explanationText(explanation));
}

/** Nobody of a tenant that is not there may do anything: a typing error looks like a decision. */
function strayTenant(
  cases: readonly Pick<Case, 'principal'>[],
  policy: ExplainedPolicy,
  flags: Flags,
): string | null {
  const stray = cases.find(({ principal }) => policy.tenant(principal.tenant) === undefined);
  if (stray === undefined) return null;
  const more = flags.store === true ? '' : '; `--store` adds those of the data folder';
  return printable(`there is no tenant "${stray.principal.tenant}" in the file${more}`);
}

/** The same names as in a file, so that what is wrong is named the same. */
function fromFlags(flags: ExplainFlags): Case {
  const { tenant, team, user, role, model, action, tool, maxOutputTokens, endUser } = flags;
  const { ip, time } = flags;
  if (tenant === undefined || model === undefined) {
    throw new CliExit(EXIT.usage, 'name a file, or --tenant and --model');
  }
  const principal = { tenant, team, user, roles: role };
  const call = { model, action, tools: tool, maxOutputTokens, endUser };
  return checked({ principal, call, request: { ip, time } }, caseField, EXIT.usage);
}

const ORIGINS: Readonly<Record<RoleTrace['from'], string>> = {
  proof: 'of the key or token',
  binding: 'by a binding',
  scope: 'scope of a key, which must allow the call too',
  parent: 'of a key above, which must allow the call too',
};

function explanationText({ decision, reason, rule, deniedTools, ...rest }: Explanation): string {
  const head = [decision, reason, rule].filter((part) => part !== null).join('  ');
  const roles = rest.roles.map(
    ({ role, from, isKnown }) =>
      `  ${role}  ${ORIGINS[from]}${isKnown ? '' : '; there is no such role'}\n`,
  );
  const width = Math.max(0, ...rest.rules.map(({ rule: name }) => name.length));
  const rules = rest.rules.map(
    ({ rule: name, kind, outcome, when }) =>
      `  ${name.padEnd(width)}  ${kind.padEnd(5)}  ${outcome.padEnd(17)}  ${printable(when ?? '')}`.trimEnd() +
      '\n',
  );
  const denied =
    deniedTools.length === 0 ? '' : `denied tools: ${printable(deniedTools.join(', '))}\n`;
  return `${head}\n${denied}roles\n${roles.join('')}rules\n${rules.join('')}`;
}

async function policyFor(flags: Flags, context: CliContext): Promise<ExplainedPolicy> {
  const { config } = await configFor(flags.config, context);
  const stored = flags.store === true ? await readStore(config) : NOTHING_STORED;
  const policies = tenantPolicies({ ...stored, declared: config.tenants });
  return {
    tenant: (id) => policies.get(id),
    hasModel: (name) => Object.hasOwn(config.models, name),
  };
}

/** A question makes no data folder. */
async function readStore(config: Config) {
  const { dataDir, tenants } = config;
  const isInFolder = config.storage.type === 'sqlite';
  if (isInFolder && !existsSync(dataDir)) {
    throw new CliExit(EXIT.problem, 'there is no data folder yet');
  }
  const storage = await openStorage(config, systemClock, () => 'policy');
  try {
    return await storedPolicies(storage, tenants);
  } finally {
    await storage.close();
  }
}

async function readFile<T>(file: string, schema: z.ZodType<T>, context: CliContext): Promise<T> {
  const document = parseDocument(await textOf(resolve(context.cwd, file)), { version: '1.2' });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line, col } = problem.linePos?.[0] ?? { line: 1, col: 1 };
    throw new CliExit(EXIT.problem, `${file}:${line}:${col}: this is not YAML`);
  }
  return checked(valueOf(document), schema, EXIT.problem);
}

function valueOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    // An alias could stand for millions of values; that is all it throws for.
    throw new CliExit(EXIT.problem, 'write the values out: there are no aliases here');
  }
}

async function textOf(path: string): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > FILE_BYTES_MAX) break;
      parts.push(part);
    }
  } catch {
    // The path is the user's own; a foreign error adds only its own words.
    throw new CliExit(EXIT.problem, 'the file cannot be read: check that it exists');
  }
  if (bytes > FILE_BYTES_MAX) throw new CliExit(EXIT.problem, 'the file is larger than 1 MiB');
  return Buffer.concat(parts).toString('utf8');
}

function checked<T>(value: unknown, schema: z.ZodType<T>, exitCode: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.slice(0, PROBLEMS_MAX).map((issue) => {
    const path = issue.path.map(String).join('.');
    const keys = issue.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : '';
    const known = issue.code === 'invalid_value' ? `: ${issue.values.join(', ')}` : '';
    const wrong = `${WRONG[issue.code] ?? 'not valid'}${keys}${known}`;
    return printable(`${path === '' ? 'the file' : path}: ${wrong}`);
  });
  throw new CliExit(exitCode, lines.join('\n'));
}

/** The texts of zod may quote what stands there. */
const WRONG: Readonly<Record<string, string>> = {
  invalid_type: 'it is missing or of another type',
  unrecognized_keys: 'there is no such key',
  invalid_value: 'it is none of the known values',
  invalid_format: 'it does not have the form that is needed',
  too_small: 'it is too small or too short',
  too_big: 'it is too large or too long',
};
