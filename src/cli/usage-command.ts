/** `llmproxy usage export|statement`: what was used and what it cost, from the ledger. */
import { Command, InvalidArgumentError, Option } from 'commander';

import {
  onQuarter,
  type UsageAsked,
  usageLines,
  type UsageStep,
  usageSteps,
} from '#admin/usage-read.ts';
import { StatementBuilder, statementText } from '#metering/statement.ts';
import { usageExports } from '#metering/provider-usage.ts';
import { type UsageFormat, usageFormats, usageHeader, usageText } from '#metering/usage-report.ts';
import { isTimeZone } from '#policy/access/local-time.ts';
import { Periods } from '#policy/limiters/period.ts';
import { systemClock } from '#stdx/clock.ts';

import { type CliContext, Progress, write, writeJson } from './context.ts';
import { type ReconcileFlags, reconcileUsage } from './usage-reconcile.ts';
import { configFor, subcommandsOf, withLedger } from './settings.ts';

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly timeZone: string;
}

interface ExportFlags extends Flags {
  readonly format: UsageFormat;
  readonly by: UsageStep;
  readonly tenant?: string;
}

interface StatementFlags extends Flags {
  readonly tenant: string;
}

export function usageCommand(context: CliContext): Command {
  const usage = new Command('usage').description('what was used, and what it cost');
  const common = subcommandsOf(usage);
  const subcommand = (name: string, description: string): Command =>
    common(name, description)
      .option('--from <time>', 'ISO 8601, inclusive (default: the beginning of this month)', time)
      .option('--to <time>', 'ISO 8601, exclusive (default: now)', time)
      .option('--time-zone <zone>', 'where days and months begin', zone, 'UTC');
  subcommand('export', 'usage by period, tenant, team, user, key and model, to stdout')
    .addOption(new Option('--format <format>', 'how').choices([...usageFormats]).default('jsonl'))
    .addOption(
      new Option('--by <period>', 'a line for each').choices([...usageSteps]).default('day'),
    )
    .option('--tenant <id>', 'of one tenant alone')
    .action((flags: ExportFlags) => exportUsage(flags, context));
  subcommand('statement', 'what a tenant is to pay: a line a model, provider and price')
    .requiredOption('--tenant <id>', 'whose')
    .action((flags: StatementFlags) => statement(flags, context));
  common('reconcile', 'the ledger beside what a provider says was used; 1 where they are apart')
    .option('--provider <name>', 'the provider, as the configuration names it')
    .option(
      '--key <id=name>',
      "instead, for each key: the provider's id of it, and the provider here that has it",
      keyOf,
    )
    .addOption(
      new Option('--format <format>', 'whose export it is')
        .choices([...usageExports])
        .makeOptionMandatory(),
    )
    .requiredOption('--in <file>', 'the export: one page of the usage API, or a list of pages')
    .option('--tolerance <percent>', 'how far a day of a model may be off', percent, 1)
    .action((flags: ReconcileFlags) => reconcileUsage(flags, context));
  return usage;
}

function keyOf(text: string, before?: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, id, name] = /^([^=]{1,256})=(.+)$/u.exec(text) ?? [];
  if (id !== undefined && name !== undefined) return new Map([...(before ?? []), [id, name]]);
  throw new InvalidArgumentError('Write the id of a key and a provider, such as key_abc=openai.');
}

function percent(text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 100) return value;
  throw new InvalidArgumentError('Write a number from 0 to 100.');
}

function time(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return onQuarter(ms);
  throw new InvalidArgumentError('Write a time such as 2026-11-01T00:00:00Z.');
}

function zone(text: string): string {
  if (isTimeZone(text)) return text;
  throw new InvalidArgumentError('Write a time zone such as UTC or Europe/Zurich.');
}

function askedOf({ from, to, timeZone }: Flags): Pick<UsageAsked, 'fromMs' | 'toMs' | 'timeZone'> {
  const nowMs = systemClock.nowMs();
  const month = new Periods('month', timeZone).at(nowMs);
  return { fromMs: from ?? month.fromMs, toMs: to ?? onQuarter(nowMs) + 900_000, timeZone };
}

async function exportUsage(flags: ExportFlags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const { format, by, tenant = null } = flags;
  const progress = new Progress(context, 'lines');
  await withLedger(config, async (ledger) => {
    await write(context.stdout, usageHeader(format));
    for await (const line of usageLines(ledger, { ...askedOf(flags), by, tenant })) {
      await write(context.stdout, usageText(line, format));
      progress.step();
    }
  });
}

async function statement(flags: StatementFlags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const { tenant } = flags;
  const asked = askedOf(flags);
  await withLedger(config, async (ledger) => {
    const builder = new StatementBuilder();
    for await (const line of usageLines(ledger, { ...asked, by: 'total', tenant })) {
      builder.add(line);
    }
    const ended = builder.end(tenant, asked.fromMs, asked.toMs);
    await (flags.json === true
      ? writeJson(context.stdout, ended)
      : write(context.stdout, statementText(ended)));
  });
}
