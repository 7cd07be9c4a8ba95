/** `llmproxy audit`: reads the log from its files; no gateway is needed. */
import { Command, InvalidArgumentError } from 'commander';

import { readRecords, type StoredRecord, tailRecords } from '#audit/read.ts';

import { addExport, exported } from './audit-export.ts';
import { addFleetCommands } from './audit-fleet.ts';
import { auditFolder } from './audit-folder.ts';
import { addHoldCommands } from './audit-holds.ts';
import { addKeyCommands } from './audit-keys.ts';
import { addPersonCommands } from './audit-person.ts';
import { addProofCommands } from './audit-prove.ts';
import { addReport } from './audit-report.ts';
import { addSearchCommands } from './audit-search.ts';
import { addVerify } from './audit-verify.ts';
import { showSinks } from './audit-sinks.ts';
import { addWitness } from './audit-witness.ts';
import { type CliContext, printable, write, writeJson } from './context.ts';
import { subcommandsOf } from './settings.ts';

const TAIL_LINES = 20;
const TAIL_LINES_MAX = 10_000;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface TailFlags extends Flags {
  readonly follow?: boolean;
  readonly lines: number;
}

export function auditCommand(context: CliContext): Command {
  const audit = new Command('audit').description('prove, follow and export the log');
  const common = subcommandsOf(audit);
  const subcommand = (name: string, description: string): Command =>
    common(name, description).argument('[dir]', 'the folder of the log, or a data folder');
  addVerify(subcommand('verify', 'prove that nothing is missing, changed or added'), context, time);
  addProofCommands(common, context);
  addKeyCommands(common, context);
  addFleetCommands(common, context);
  addPersonCommands(common, context);
  addHoldCommands(common, context);
  addSearchCommands(common, context, time);
  addReport(audit, context, time);
  addWitness(audit, context);
  subcommand('tail', 'show the last records')
    .option('--follow', 'and those to come, until it is stopped')
    .option('-n, --lines <count>', 'how many', count, TAIL_LINES)
    .action((dir: string | undefined, flags: TailFlags) => tail(dir, flags, context));
  addExport(
    subcommand('export', 'write records, oldest first, to stdout or to a file'),
    context,
    time,
  );
  subcommand('sinks', 'show how far each sink is').action(
    async (dir: string | undefined, flags: Flags) =>
      showSinks(await auditFolder(dir, flags, context), flags.json === true, context),
  );
  return audit;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= TAIL_LINES_MAX) return value;
  throw new InvalidArgumentError(`Write a whole number up to ${TAIL_LINES_MAX}.`);
}

function time(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('Write a time such as 2026-11-23T00:00:00Z.');
}

async function tail(dir: string | undefined, flags: TailFlags, context: CliContext): Promise<void> {
  const folder = await auditFolder(dir, flags, context);
  const stopped = context.signal ?? new AbortController().signal;
  const following = tailRecords(folder, stopped);
  // Begun first and read last: a record that comes in between is in both, and none is in neither.
  const ahead = flags.follow === true ? following.next() : null;
  const last: StoredRecord[] = [];
  for await (const stored of readRecords(folder)) {
    last.push(stored);
    if (last.length > flags.lines) last.shift();
  }
  for (const stored of last) await show(stored, flags, context);
  if (ahead === null) return;
  const seen = new Map<string, number>();
  for (const { record } of last)
    seen.set(record.writer, Math.max(record.seq, seen.get(record.writer) ?? 0));
  for (let next = await ahead; next.done !== true; next = await following.next()) {
    const { writer, seq } = next.value.record;
    if (seq > (seen.get(writer) ?? 0)) await show(next.value, flags, context);
  }
}

async function show(stored: StoredRecord, { json }: Flags, { stdout }: CliContext): Promise<void> {
  if (json === true) await writeJson(stdout, exported(stored));
  else await write(stdout, lineOf(stored));
}

function lineOf({ record }: StoredRecord): string {
  const { at, kind, status, tenant, key, user, model, reason, action, resource, requestId } =
    record;
  const cells = [
    at,
    kind.padEnd(8),
    status ?? '',
    action ?? '',
    reason ?? '',
    tenant ?? '',
    user ?? key ?? '',
    model ?? resource ?? '',
    requestId ?? '',
  ];
  return `${printable(cells.filter((cell) => cell !== '').join('  '))}\n`;
}
