/** `llmproxy audit export`: records by what they say, oldest first, to stdout or to a file that can be gone on with. */
import { resolve } from 'node:path';

import { type Command, InvalidArgumentError, Option } from 'commander';

import { LogFollower } from '#audit/follow.ts';
import { proofText } from '#audit/merkle/record-proof.ts';
import { proveRecord } from '#audit/prove.ts';
import type { StoredRecord } from '#audit/read.ts';
import { auditKinds, type AuditRecord } from '#audit/record.ts';
import { Fault } from '#domain/fault.ts';

import { auditFolder } from './audit-folder.ts';
import { CliExit, type CliContext, EXIT, Progress, write } from './context.ts';
import { ExportFile, type Mark } from './export-file.ts';

/** Records that are read in one turn. */
const BATCH_MAX = 256;

interface RecordFilter {
  readonly from?: number;
  readonly to?: number;
  readonly tenant?: string;
  readonly user?: string;
  readonly key?: string;
  readonly model?: string;
  readonly kind?: string;
  readonly decision?: string;
  readonly status?: number;
}

interface Flags extends RecordFilter {
  readonly config?: string;
  readonly proofs?: boolean;
  readonly out?: string;
  readonly resume?: boolean;
}

const HELP = `
With --out, FILE.progress.json says how far the file is whole while it is written, and FILE.sha256 has its sum when it is done
(sha256sum -c reads it). A run that was cut off goes on with the same words and --resume. With --proofs each line has \`proof\`
(C2SP tlog-proof), or null where no checkpoint has signed the record yet.`;

export function addExport(
  command: Command,
  context: CliContext,
  time: (text: string) => number,
): void {
  command
    .addOption(new Option('--format <format>', 'how').choices(['jsonl']).default('jsonl'))
    .option('--from <time>', 'ISO 8601, inclusive', time)
    .option('--to <time>', 'ISO 8601, exclusive', time)
    .option('--tenant <id>', 'whose')
    .option('--user <id>', 'who called')
    .option('--key <id>', 'with which key')
    .option('--model <name>', 'of which model')
    .addOption(new Option('--kind <kind>', 'which kind').choices([...auditKinds]))
    .option('--decision <decision>', 'allow, deny, fault')
    .option('--status <code>', 'what the caller saw', status)
    .option('--proofs', 'with each record what proves it')
    .option('--out <file>', 'into a file, with its SHA-256 beside it')
    .option('--resume', 'go on where the file was cut off')
    .addHelpText('after', HELP)
    .action((dir: string | undefined, flags: Flags) => exportAll(dir, flags, context));
}

function status(text: string): number {
  if (/^[1-9]\d{2}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a status such as 403.');
}

export const exported = ({ record, erased }: StoredRecord) =>
  erased.length === 0 ? record : { ...record, erased };

const is = <T>(asked: T | undefined, actual: T | undefined): boolean =>
  asked === undefined || asked === actual;

function matches(record: AuditRecord, filter: RecordFilter): boolean {
  const { from = -Infinity, to = Infinity } = filter;
  const atMs = Date.parse(record.at);
  return (
    atMs >= from &&
    atMs < to &&
    is(filter.tenant, record.tenant) &&
    is(filter.user, record.user) &&
    is(filter.key, record.key) &&
    is(filter.model, record.model) &&
    is(filter.kind, record.kind) &&
    is(filter.decision, record.decision) &&
    is(filter.status, record.status)
  );
}

/** Where the lines go. */
interface Out {
  add(line: string, mark: Mark): void | Promise<void>;
}

async function exportAll(
  dir: string | undefined,
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const folder = await auditFolder(dir, flags, context);
  if (flags.out === undefined) {
    if (flags.resume === true)
      throw new CliExit(EXIT.usage, '--resume goes on with a file: add --out');
    await copy(
      folder,
      flags,
      { add: (line) => write(context.stdout, line) },
      { context, mark: null },
    );
    return;
  }
  const path = resolve(context.cwd, flags.out);
  const file = new ExportFile(path, askedOf(folder, flags), flags.resume === true);
  const mark = await copy(folder, flags, file, { context, mark: file.mark });
  await write(context.stderr, `${path}: SHA-256 ${file.end(mark)}\n`);
}

const askedOf = (folder: string, { config: _c, out: _o, resume: _r, ...asked }: Flags): string =>
  JSON.stringify([folder, Object.entries(asked).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

interface Copying {
  readonly context: CliContext;
  /** Where to go on; null: at the beginning. */
  readonly mark: Mark | null;
}

/** Writer by writer, each in the order of its chain. Resolves with where the log was read to. */
async function copy(
  folder: string,
  flags: Flags,
  out: Out,
  { context, mark }: Copying,
): Promise<Mark> {
  const follower = new LogFollower(folder);
  const progress = new Progress(context, 'records');
  let at: Mark = mark ?? {};
  for (const writer of follower.writers()) {
    if (typeof at['writer'] === 'string' && writer < at['writer']) continue;
    if (at['writer'] === writer) follower.seek(writer, Number(at['seq']));
    for (let read = next(follower, writer); read !== null; read = next(follower, writer)) {
      at = { writer, seq: read.through };
      for (const stored of read.records.filter(({ record }) => matches(record, flags))) {
        await out.add(lineOf(folder, stored, flags), { writer, seq: stored.record.seq });
        progress.step();
      }
      // An interrupt is heard between two turns.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  progress.end();
  return at;
}

const next = (follower: LogFollower, writer: string) => follower.next(writer, BATCH_MAX);

function lineOf(folder: string, stored: StoredRecord, { proofs }: Flags): string {
  const record = exported(stored);
  if (proofs !== true) return `${JSON.stringify(record)}\n`;
  return `${JSON.stringify({ ...record, proof: proofOf(folder, stored) })}\n`;
}

function proofOf(folder: string, stored: StoredRecord): string | null {
  try {
    return proofText(proveRecord(folder, stored));
  } catch (thrown) {
    // No checkpoint has signed it yet, or none at all: it is exported without.
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
}
