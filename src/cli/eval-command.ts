/**
 * `llmproxy eval guards FILE…`: how often the guards flag labelled texts, by file and label, and what
 * it costs; then a line a category that was found. Rows are JSON lines `{"text","label","kind"?,
 * "category"?,"position"?}`; label 1 (or true, or a word other than "benign") is something to be found,
 * and a kind or else a category is a line of its own. `.gz` files are read as they are.
 */
import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { Command } from 'commander';

import { type Position, positions } from '#domain/passage.ts';
import { isJsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { CliExit, type CliContext, EXIT, Progress, write, writeJson } from './context.ts';
import {
  type Baseline,
  countCategories,
  countScore,
  familyOf,
  newTally,
  tableOf,
  type Tally,
  viewsOf,
} from './eval-table.ts';
import { builtInRules, GuardScanner, rulesOf } from './guard-scan.ts';
import { linesOf } from './lines.ts';
import { CONFIG_OPTION, configFor } from './settings.ts';

/** Labels counted apart; the rest of a file with too many is counted as `other`. */
const LABELS_MAX = 64;
const BASELINE_FAMILIES_MAX = 65_536;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
  readonly baseline?: string;
}

export function evalCommand(context: CliContext): Command {
  const command = new Command('eval').description('measure');
  command
    .command('guards')
    .description('recall and false positives of the guards on labelled JSON lines')
    .argument('<file...>')
    .option(CONFIG_OPTION, "that file's guards (default: every built-in guard but harm)")
    .option('--json', 'one JSON object a label')
    .option('--baseline <file>', 'an earlier output of --json: shows the change in points')
    .action((files: readonly string[], flags: Flags) => evaluate(files, flags, context));
  return command;
}

async function evaluate(
  files: readonly string[],
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const { config } = flags;
  const rules =
    config === undefined
      ? builtInRules()
      : rulesOf((await configFor(config, context)).config.guards);
  const scanner = new GuardScanner(rules);
  const baseline =
    flags.baseline === undefined ? null : await readBaseline(resolve(context.cwd, flags.baseline));
  const tallies: Tally[] = [];
  let unread = 0;
  const progress = new Progress(context, 'texts');
  for (const file of files) {
    const path = resolve(context.cwd, file);
    const evaluated = await evaluateFile(path, scanner, progress);
    tallies.push(...evaluated.tallies);
    unread += evaluated.unread;
  }
  progress.end();
  if (flags.json === true)
    for (const view of viewsOf(tallies)) await writeJson(context.stdout, { ...view });
  else await write(context.stdout, tableOf(tallies, baseline));
  if (unread === 0) return;
  // A rate over the lines that could be read may not be the one that was asked for.
  const words = `lines that are not {"text","label"}: ${unread}`;
  if (tallies.length === 0) throw new CliExit(EXIT.problem, words);
  context.stderr.write(`${words}\n`);
}

async function evaluateFile(
  path: string,
  scanner: GuardScanner,
  progress: Progress,
): Promise<{ readonly tallies: Iterable<Tally>; readonly unread: number }> {
  const tallies = new Map<string, Tally>();
  let unread = 0;
  try {
    for await (const line of linesOf(openFile(path))) {
      const row = line === null ? undefined : parseJson(line);
      const text = isJsonObject(row) ? row['text'] : undefined;
      if (!isJsonObject(row) || typeof text !== 'string') {
        unread += 1;
        continue;
      }
      const tally = tallyFor(tallies, path, row);
      const subject = { ...NOBODY, position: positionOf(row['position']) };
      const { result, us } = await scanner.scan(text, subject);
      tally.us += us;
      tally.n += 1;
      tally.chars += text.length;
      countScore(tally, result.score);
      countCategories(tally, result.findings);
      if (result.verdict !== 'pass') tally.flagged += 1;
      if (result.verdict === 'block') tally.blocked += 1;
      progress.step();
    }
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
  return { tallies: tallies.values(), unread };
}

const NOBODY = { tenant: '', model: '' };

function openFile(path: string): Readable {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const gunzip = createGunzip();
  // `pipe` does not pass errors on, and one that nobody hears ends the process.
  file.on('error', (error) => gunzip.destroy(error));
  return file.pipe(gunzip);
}

function tallyFor(
  tallies: Map<string, Tally>,
  path: string,
  row: { [key: string]: JsonValue | undefined },
): Tally {
  const { label, category } = row;
  const kind = row['kind'] ?? category;
  const isAttack = typeof label === 'string' ? label !== 'benign' && label !== '0' : Boolean(label);
  const name =
    typeof kind === 'string'
      ? kind
      : typeof label === 'string'
        ? label
        : isAttack
          ? 'attack'
          : 'benign';
  const wanted = `${isAttack ? '+' : '-'}${name}`;
  const id =
    tallies.has(wanted) || tallies.size < LABELS_MAX ? wanted : `${isAttack ? '+' : '-'}other`;
  const known = tallies.get(id);
  if (known !== undefined) return known;
  const tally = newTally(basename(path), id.slice(1), isAttack);
  tallies.set(id, tally);
  return tally;
}

const positionOf = (value: JsonValue | undefined): Position =>
  positions.find((position) => position === value) ?? 'user';

/** What `--json` has printed before. A line that is something else is no baseline. */
async function readBaseline(path: string): Promise<Baseline> {
  const shares = new Map<string, number>();
  try {
    for await (const line of linesOf(openFile(path))) {
      const row = line === null ? undefined : parseJson(line);
      const { file, label, recall, falsePositives } = isJsonObject(row) ? row : {};
      const share = recall ?? falsePositives;
      if (typeof file !== 'string' || typeof label !== 'string' || typeof share !== 'number')
        continue;
      if (shares.size < BASELINE_FAMILIES_MAX) shares.set(familyOf({ file, label }), share);
    }
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
  return shares;
}

/** Errors of the system say which they are; any other is ours, and goes on as it is. */
function unreadable(path: string, thrown: unknown): unknown {
  const isSystem = thrown instanceof Error && 'code' in thrown;
  if (!isSystem) return thrown;
  return new CliExit(EXIT.problem, `${path} cannot be read (${String(thrown.code)})`);
}
