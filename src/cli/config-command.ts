/** `llmproxy config validate|schema|print|diff`: what a file says, before a gateway reads it. */
import { resolve } from 'node:path';

import { Command } from 'commander';

import { diffConfigs, formatDifferences } from '#config/diff.ts';
import { formatIssues } from '#config/issue.ts';
import { configJsonSchema } from '#config/json-schema.ts';
import { loadConfig } from '#config/load.ts';
import { plainTree, printConfig, redactedTree } from '#config/print.ts';

import { CliExit, type CliContext, EXIT, write, writeJson } from './context.ts';
import { CONFIG_HELP, CONFIG_OPTION, configFor, DEFAULT_FILE } from './settings.ts';

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
  readonly redacted?: boolean;
}

export function configCommand(context: CliContext): Command {
  const config = new Command('config').description('check, print and compare configurations');
  config
    .command('validate')
    .description('say every problem of the file, with its line and what to write')
    .argument('[file]', 'instead of --config')
    .option(CONFIG_OPTION, CONFIG_HELP)
    .option('--json', 'one JSON object on stdout')
    .action((file: string | undefined, flags: Flags) => validate(file, flags, context));
  config
    .command('schema')
    .description('print the JSON Schema of the file, for editors')
    .option(CONFIG_OPTION, CONFIG_HELP)
    .option('--json', 'on one line')
    .action(({ json }: Flags) =>
      write(context.stdout, `${JSON.stringify(configJsonSchema(), null, json === true ? 0 : 2)}\n`),
    );
  config
    .command('print')
    .description('print the configuration in force, every default written out')
    .option(CONFIG_OPTION, CONFIG_HELP)
    .option('--redacted', 'with [secret] for every secret')
    .option('--json', 'as one JSON object')
    .action((flags: Flags) => print(flags, context));
  config
    .command('diff')
    .description('say what differs in meaning between two files; secrets are not shown')
    .argument('<before>')
    .argument('<after>')
    .option(CONFIG_OPTION, CONFIG_HELP)
    .option('--json', 'one JSON object a difference')
    .action((before: string, after: string, flags: Flags) => diff([before, after], flags, context));
  return config;
}

async function validate(
  file: string | undefined,
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const { cwd, env, stdout } = context;
  const path = resolve(cwd, file ?? flags.config ?? DEFAULT_FILE);
  const loaded = await loadConfig(path, env);
  if (flags.json === true) {
    await writeJson(stdout, loaded.ok ? { ok: true, file: path, hash: loaded.hash } : loaded);
    if (!loaded.ok) throw new CliExit(EXIT.problem);
    return;
  }
  if (!loaded.ok) throw new CliExit(EXIT.problem, formatIssues(loaded.problems).trimEnd());
  await write(stdout, `${path} is valid\n`);
}

async function print(flags: Flags, context: CliContext): Promise<void> {
  const isRedacted = flags.redacted === true;
  const { config, secretsAt } = await configFor(flags.config, context, {
    needsProviderKeys: !isRedacted,
  });
  const { stdout } = context;
  if (flags.json !== true) await write(stdout, printConfig(config, secretsAt, isRedacted));
  else await writeJson(stdout, isRedacted ? redactedTree(config, secretsAt) : plainTree(config));
}

async function diff(
  [before, after]: readonly [string, string],
  { json }: Flags,
  context: CliContext,
): Promise<void> {
  const sides = [await configFor(before, context), await configFor(after, context)] as const;
  const differences = diffConfigs(...sides);
  if (json !== true) await write(context.stdout, formatDifferences(differences));
  else for (const difference of differences) await writeJson(context.stdout, difference);
}
