/** `llmproxy audit verify|tail|export|sinks`: reads the log from its files; no gateway is needed. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Command, InvalidArgumentError, Option } from 'commander';

import { readRecords, type StoredRecord, tailRecords } from '#audit/read.ts';
import { type Verdict, verifyLog } from '#audit/verify.ts';

import { showSinks } from './audit-sinks.ts';
import {
  CliExit,
  type CliContext,
  EXIT,
  printable,
  Progress,
  write,
  writeJson,
} from './context.ts';
import { configFor, subcommandsOf } from './settings.ts';

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

interface ExportFlags extends Flags {
  readonly from?: number;
  readonly to?: number;
}

export function auditCommand(context: CliContext): Command {
  const audit = new Command('audit').description('prove, follow and export the log');
  const common = subcommandsOf(audit);
  const subcommand = (name: string, description: string): Command =>
    common(name, description).argument('[dir]', 'the folder of the log, or a data folder');
  subcommand('verify', 'prove that nothing is missing, changed or added')
    .addHelpText(
      'after',
      '\nExit codes: 0 intact, 2 altered, 3 gap, 4 intact with an unanchored or torn tail, 5 stale anchor, 6 fork; 1: no log could be read.',
    )
    .action((dir: string | undefined, flags: Flags) => verify(dir, flags, context));
  subcommand('tail', 'show the last records')
    .option('--follow', 'and those to come, until it is stopped')
    .option('-n, --lines <count>', 'how many', count, TAIL_LINES)
    .action((dir: string | undefined, flags: TailFlags) => tail(dir, flags, context));
  subcommand('export', 'write records to stdout, oldest first')
    .addOption(new Option('--format <format>', 'how').choices(['jsonl']).default('jsonl'))
    .option('--from <time>', 'ISO 8601, inclusive', time)
    .option('--to <time>', 'ISO 8601, exclusive', time)
    .action((dir: string | undefined, flags: ExportFlags) => exportAll(dir, flags, context));
  subcommand('sinks', 'show how far each sink is').action(
    async (dir: string | undefined, flags: Flags) =>
      showSinks(await folderOf(dir, flags, context), flags.json === true, context),
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

/** A folder that is not there is a problem, not an empty log: nothing was proved. */
async function folderOf(
  dir: string | undefined,
  flags: Flags,
  context: CliContext,
): Promise<string> {
  const root =
    dir === undefined
      ? (await configFor(flags.config, context)).config.dataDir
      : resolve(context.cwd, dir);
  const inside = join(root, 'audit');
  const folder = existsSync(inside) ? inside : root;
  if (existsSync(folder) && (dir !== undefined || folder === inside)) return folder;
  throw new CliExit(EXIT.problem, `there is no audit log in ${root}`);
}

async function verify(dir: string | undefined, flags: Flags, context: CliContext): Promise<void> {
  const folder = await folderOf(dir, flags, context);
  const verdict = verifyLog(folder);
  if (flags.json === true) await writeJson(context.stdout, verdict);
  else await write(context.stdout, verdictText(verdict, folder));
  if (verdict.exit !== 0) throw new CliExit(verdict.exit);
}

const VERDICTS = { 0: 'intact', 2: 'ALTERED', 3: 'GAP', 4: 'intact, with a torn tail' } as const;

function verdictText({ exit, records, writers, firstBad }: Verdict, folder: string): string {
  const lines = [`${VERDICTS[exit]}: ${records} records in ${folder}`];
  for (const { writer, lastSeq, head, isClosed } of writers) {
    const end = isClosed ? 'closed' : 'open: its writer runs, or was killed';
    lines.push(`  ${writer}: up to ${lastSeq}, head ${head} (${end})`);
  }
  if (firstBad !== undefined) {
    const { segment, offset, seq, problem } = firstBad;
    lines.push(`  first bad: ${segment} at byte ${offset}, record ${seq}: ${problem}`);
  }
  return `${lines.join('\n')}\n`;
}

async function tail(dir: string | undefined, flags: TailFlags, context: CliContext): Promise<void> {
  const folder = await folderOf(dir, flags, context);
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

const exported = ({ record, erased }: StoredRecord) =>
  erased.length === 0 ? record : { ...record, erased };

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

async function exportAll(
  dir: string | undefined,
  flags: ExportFlags,
  context: CliContext,
): Promise<void> {
  const folder = await folderOf(dir, flags, context);
  const { from, to } = flags;
  const progress = new Progress(context, 'records');
  for await (const stored of readRecords(folder, {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  })) {
    await writeJson(context.stdout, exported(stored));
    progress.step();
  }
  progress.end();
}
