/** `llmproxy audit search|reindex`: the index of the log, whether or not a gateway runs. */
import { join } from 'node:path';

import { type Command, InvalidArgumentError, Option } from 'commander';

import { LogFollower } from '#audit/follow.ts';
import { auditKinds } from '#audit/record.ts';
import type { Config } from '#config/config.ts';
import { indexWhere } from '#runtime/audit-index/index-where.ts';
import { type IndexWhere, openIndex, writerIn } from '#runtime/audit-index/open-index.ts';
import { IndexFeed } from '#runtime/audit-index/index-feed.ts';
import {
  type AuditIndex,
  type IndexFilter,
  type IndexPlace,
  type IndexRow,
  PAGE_MAX,
} from '#storage/audit-index.ts';

import { systemClock } from '#stdx/clock.ts';

import { type CliContext, printable, Progress, write, writeJson } from './context.ts';
import { configFor } from './settings.ts';

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface SearchFlags extends Flags, Omit<IndexFilter, 'fromMs' | 'toMs' | 'requestId'> {
  readonly from?: number;
  readonly to?: number;
  readonly request?: string;
  readonly costMin?: number;
  readonly costMax?: number;
  readonly limit: number;
}

const ROWS = 50;
const ROWS_MAX = 1_000_000;

export function addSearchCommands(
  common: (name: string, description: string) => Command,
  context: CliContext,
  time: (text: string) => number,
): void {
  common('search', 'find records by what they say, the newest first')
    .option('--from <time>', 'ISO 8601, inclusive', time)
    .option('--to <time>', 'ISO 8601, exclusive', time)
    .option('--tenant <id>', 'whose')
    .option('--user <id>', 'who called')
    .option('--end-user <id>', 'whom an application called for')
    .option('--key <id>', 'with which key')
    .option('--request <id>', 'one call')
    .addOption(new Option('--kind <kind>', 'which kind').choices([...auditKinds]))
    .option('--route <route>', 'by which route')
    .option('--model <name>', 'of which model')
    .option('--provider <name>', 'at which provider')
    .option('--decision <decision>', 'allow, deny, fault')
    .option('--status <code>', 'what the caller saw', number)
    .option('--action <action>', 'of administration: key.create')
    .option('--guard <name>', 'a rule that found something')
    .option('--category <name>', 'what a rule found')
    .option('--cost-min <nanoUsd>', 'the least that it cost', number)
    .option('--cost-max <nanoUsd>', 'the most that it cost', number)
    .option('--text <words>', 'words of the reason, all of them')
    .option('--limit <count>', 'how many at most', number, ROWS)
    .action((flags: SearchFlags) => search(flags, context));
  common('reindex', 'make the index anew from the log').action((flags: Flags) =>
    reindex(flags, context),
  );
}

function number(text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('Write a whole number.');
}

export interface OpenedIndex {
  readonly index: AuditIndex;
  readonly config: Config;
  readonly where: IndexWhere;
  /** The folder of the log. */
  readonly dir: string;
  readonly nameOf: (writer: string) => string;
}

export async function withIndex(
  flags: Pick<Flags, 'config'>,
  context: CliContext,
  work: (opened: OpenedIndex) => Promise<void>,
): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const where = indexWhere(config);
  const index = await openIndex(where);
  try {
    const dir = join(config.dataDir, 'audit');
    await work({ index, config, where, dir, nameOf: (writer) => writerIn(where, writer) });
  } finally {
    await index.close();
  }
}

/** What the log has and the index has not: nothing where a gateway runs, all where none ever did. */
export async function catchUp(opened: OpenedIndex, context: CliContext): Promise<number> {
  const feed = new IndexFeed({ ...opened, nowMs: () => systemClock.nowMs() });
  const progress = new Progress(context, 'records indexed');
  let count = 0;
  for (let read = await feed.step(); read > 0; read = await feed.step()) {
    count += read;
    progress.step(read);
  }
  progress.end();
  return count;
}

async function search(flags: SearchFlags, context: CliContext): Promise<void> {
  const { from: fromMs, to: toMs, request: requestId, costMin, costMax, limit, ...rest } = flags;
  const { config: _config, json: _json, ...named } = rest;
  const costs = { costMinNanoUsd: costMin, costMaxNanoUsd: costMax };
  const filter: IndexFilter = { ...named, ...costs, fromMs, toMs, requestId };
  await withIndex(flags, context, async (opened) => {
    await catchUp(opened, context);
    let left = Math.min(limit, ROWS_MAX);
    let after: IndexPlace | null = null;
    do {
      const asked = { filter, limit: Math.min(left, PAGE_MAX), after };
      if (asked.limit === 0) return;
      const page = await opened.index.search(asked);
      for (const row of page.rows) await show(row, flags, context);
      left -= page.rows.length;
      after = page.next;
    } while (after !== null);
  });
}

async function show(row: IndexRow, { json }: Flags, { stdout }: CliContext): Promise<void> {
  const { shape, atMs, epoch: _epoch, n: _n, offset: _offset, ...rest } = row;
  const at = new Date(atMs).toISOString();
  if (json === true) {
    await writeJson(stdout, { at, ...rest, ...shape });
    return;
  }
  const found = shape.findings.map(({ guard, category }) => `${guard}/${category ?? ''}`);
  const cells = [
    at,
    `${row.writer}:${row.seq}`,
    shape.kind.padEnd(8),
    shape.status ?? '',
    shape.action ?? '',
    shape.reason ?? '',
    found.join(' '),
    shape.tenant ?? '',
    row.user ?? row.key ?? '',
    shape.model ?? row.resource ?? '',
    row.requestId ?? '',
  ];
  await write(stdout, `${printable(cells.filter((cell) => cell !== '').join('  '))}\n`);
}

async function reindex(flags: Flags, context: CliContext): Promise<void> {
  await withIndex(flags, context, async (opened) => {
    const { index, dir, nameOf } = opened;
    for (const writer of new LogFollower(dir).writers()) await index.clear(nameOf(writer));
    const records = await catchUp(opened, context);
    if (flags.json === true) await writeJson(context.stdout, { records });
    else await write(context.stdout, `${records} records indexed\n`);
  });
}
