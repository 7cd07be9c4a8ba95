/**
 * `llmproxy init`: writes `llmproxy.yaml` (0600) and its schema, after a few questions on a terminal
 * or with defaults. It asks for the name of the variable that holds a secret, never for the secret.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { Command, Option } from 'commander';

import { formatIssues } from '#config/issue.ts';
import { configJsonSchema } from '#config/json-schema.ts';
import { checkConfig } from '#config/load.ts';
import {
  STARTER_KEY_VARIABLES,
  type StarterAnswers,
  starterConfig,
} from '#config/starter-config.ts';

import { CliExit, type CliContext, EXIT, write, writeJson } from './context.ts';
import { ask } from './init-questions.ts';
import { DEFAULT_FILE } from './settings.ts';

interface Flags {
  readonly config?: string;
  readonly dir: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly provider?: StarterAnswers['provider'];
}

export function initCommand(context: CliContext): Command {
  return new Command('init')
    .description('write a configuration to start from')
    .option('--config <file>', `the file to write (default: DIR/${DEFAULT_FILE})`)
    .option('--dir <dir>', 'the folder to write to', '.')
    .option('-y, --yes', 'ask nothing, take the defaults')
    .option('--force', 'write over a file that is there')
    .option('--json', 'JSON on stdout')
    .addOption(
      new Option('--provider <type>', 'the first provider').choices([
        'openai',
        'anthropic',
        'demo',
      ]),
    )
    .action((flags: Flags) => init(flags, context));
}

async function init(flags: Flags, context: CliContext): Promise<void> {
  const asks = context.isTerminal && flags.yes !== true && flags.json !== true;
  const usual = defaults(flags, context);
  const answers = asks ? await ask(usual, context) : usual;
  const file = resolve(context.cwd, flags.config ?? join(flags.dir, DEFAULT_FILE));
  const config = starterConfig(answers);
  const checked = await checkConfig(config, file, context.env, { needsProviderKeys: false });
  if (!checked.ok) throw new CliExit(EXIT.problem, formatIssues(checked.problems).trimEnd());

  const schema = join(file, '..', 'llmproxy.schema.json');
  mkdirSync(join(file, '..'), { recursive: true });
  writeNew(file, config, flags.force === true);
  // The schema is the program's, not the operator's: a new version replaces it.
  writeFileSync(schema, `${JSON.stringify(configJsonSchema(), null, 2)}\n`, { mode: 0o644 });
  if (flags.json === true) return await writeJson(context.stdout, { file, schema });
  await write(context.stdout, nextSteps(file, answers, context));
}

/** `wx`: never over a file that is there, not even one that comes while we look. */
function writeNew(file: string, content: string, isForced: boolean): void {
  try {
    writeFileSync(file, content, { mode: 0o600, flag: isForced ? 'w' : 'wx' });
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    if (code === 'EEXIST')
      throw new CliExit(EXIT.problem, `${file} is there already: use --force to write over it`);
    throw new CliExit(EXIT.problem, `${file} cannot be written (${code})`);
  }
}

function nextSteps(
  file: string,
  { tenant, keyVariable }: StarterAnswers,
  { cwd, env }: CliContext,
): string {
  const name = relative(cwd, file);
  const flag = name === DEFAULT_FILE ? '' : ` --config ${name}`;
  const isMissing = keyVariable !== '' && env[keyVariable] === undefined;
  return [
    `Wrote ${name} and llmproxy.schema.json beside it.`,
    '',
    'Next:',
    ...(isMissing ? [`  export ${keyVariable}=…    # the provider's key`] : []),
    `  llmproxy config validate${flag}`,
    `  llmproxy keys create${flag} --tenant ${tenant} --user you`,
    `  llmproxy serve${flag}`,
    '',
  ].join('\n');
}

function defaults({ provider }: Flags, { env }: CliContext): StarterAnswers {
  const has = (name: string): boolean => env[name] !== undefined && env[name] !== '';
  const found = has('OPENAI_API_KEY') ? 'openai' : has('ANTHROPIC_API_KEY') ? 'anthropic' : 'demo';
  const chosen = provider ?? found;
  return {
    provider: chosen,
    keyVariable: STARTER_KEY_VARIABLES[chosen],
    tenant: 'main',
    listen: '127.0.0.1:8080',
    guards: 'redact',
  };
}
