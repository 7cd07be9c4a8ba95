/**
 * `llmproxy drill`: a deployment of its own, thrown away afterwards, in which one dependency after
 * another fails. It reads no configuration and reaches nothing but what it has started. What it cannot
 * start here is named as not run, and that is no success unless `--allow-missing` says so.
 */
import { isSea } from 'node:sea';

import { Command, InvalidArgumentError } from 'commander';

import { durationField } from '#config/duration.ts';

import { type CliContext, CliExit, EXIT, printable, several, write, writeJson } from './context.ts';
import type { Outcome } from './drill/run-drill.ts';
import type { Scenario } from './drill/scenario.ts';

interface Flags {
  readonly only?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
  readonly allowMissing?: boolean;
  readonly outage: number;
}

export function drillCommand(context: CliContext): Command {
  return new Command('drill')
    .description('let each dependency of a throw-away deployment fail, and check what happens')
    .option('--only <scenario>', 'this one alone; may be given again', several)
    .option('--list', 'the scenarios, and what each needs of this machine')
    .option('--outage <duration>', 'how long each failure lasts at least, such as 60s', outageOf, 0)
    .option('--allow-missing', 'what cannot be started here does not count as a failure')
    .option('--json', 'JSON, a line a scenario')
    .action(async (flags: Flags) => {
      await runCommand(flags, context);
    });
}

async function runCommand(flags: Flags, context: CliContext): Promise<void> {
  // Whoever serves loads none of it: it can start processes.
  const { scenarios } = await import('./drill/registry.ts');
  const chosen = chosenOf(scenarios, flags);
  if (flags.list === true) {
    for (const scenario of chosen) await writeListed(scenario, flags, context);
    return;
  }
  const { runDrill } = await import('./drill/run-drill.ts');
  const way = { program: ownProgram(), outageMs: flags.outage };
  const outcomes = await runDrill(chosen, way, (outcome) => writeOutcome(outcome, flags, context));
  const broken = outcomes.filter(({ verdict }) => verdict === 'broken').length;
  const missing = outcomes.filter(({ verdict }) => verdict === 'not-run').length;
  const held = outcomes.length - broken - missing;
  context.stderr.write(`${held} hold, ${broken} broken, ${missing} not run\n`);
  const isRight = broken === 0 && (missing === 0 || flags.allowMissing === true);
  if (!isRight) throw new CliExit(EXIT.problem);
}

function chosenOf(scenarios: readonly Scenario[], { only }: Flags): readonly Scenario[] {
  if (only === undefined) return scenarios;
  const unknown = only.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown === undefined) return scenarios.filter(({ name }) => only.includes(name));
  throw new CliExit(EXIT.usage, `llmproxy: no scenario ${printable(unknown)}; see --list`);
}

function outageOf(text: string): number {
  const parsed = durationField({ min: '0s', max: '1h' }).safeParse(text);
  if (parsed.success) return parsed.data.ms;
  throw new InvalidArgumentError('write a duration such as 60s, up to 1h');
}

/** How this process was started, without the arguments of the command. */
function ownProgram(): readonly string[] {
  const [node = '', script = ''] = process.argv;
  return isSea() ? [process.execPath] : [process.execPath || node, ...process.execArgv, script];
}

async function writeListed(
  { name, dependency, failure, needs }: Scenario,
  { json }: Flags,
  { stdout }: CliContext,
): Promise<void> {
  if (json === true) await writeJson(stdout, { scenario: name, dependency, failure, needs });
  else {
    const wanted = needs.length === 0 ? '' : ` (needs ${needs.join(', ')})`;
    await write(stdout, `${name.padEnd(NAME_CHARS)} ${dependency} ${failure}${wanted}\n`);
  }
}

const NAME_CHARS = 26;
const MARKS = { holds: 'holds  ', broken: 'BROKEN ', 'not-run': 'NOT RUN' } as const;

async function writeOutcome(
  outcome: Outcome,
  { json }: Flags,
  { stdout }: CliContext,
): Promise<void> {
  if (json === true) {
    await writeJson(stdout, outcome);
    return;
  }
  const { scenario, dependency, failure, verdict, why, ms, checks } = outcome;
  const seconds = `${(ms / 1_000).toFixed(1)} s`;
  const head = `${MARKS[verdict]} ${scenario.padEnd(NAME_CHARS)} ${dependency} ${failure}`;
  const tail = why === null ? `${checks.length} checks, ${seconds}` : printable(why);
  await write(stdout, `${head}: ${tail}\n`);
  for (const { aspect, claim, holds, seen = '' } of checks) {
    if (!holds) await write(stdout, `        ${aspect}: not so: ${claim}. ${printable(seen)}\n`);
  }
}
