/** `llmproxy audit verify`: the proof of a log from its files, offline. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import { type Command } from 'commander';

import type { AnchorNote } from '#audit/sightings.ts';
import { type Verdict, verifyLog } from '#audit/verify.ts';
import { parseDuration } from '#config/duration.ts';

import { auditFolder, type FolderFlags } from './audit-folder.ts';
import { CliExit, type CliContext, EXIT, several, write, writeJson } from './context.ts';

export interface VerifyFlags extends FolderFlags {
  readonly json?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly anchor?: readonly string[];
  readonly pubkey?: readonly string[];
  readonly anchorMaxAge?: string;
}

const HELP = `
Exit codes: 0 intact, 2 altered, 3 gap, 4 intact with an unanchored or torn tail, 5 stale anchor, 6 fork; 1: no log could be read.

--anchor takes a file of checkpoints that were kept elsewhere; --pubkey the key that \`llmproxy audit key\` prints, or a file with
it. Without --pubkey the log's own word is taken for its key: keep the key where nobody who can write the log can write it.`;

export function addVerify(
  command: Command,
  context: CliContext,
  time: (text: string) => number,
): void {
  command
    .option('--from <time>', 'leave out segments that end before (ISO 8601)', time)
    .option('--to <time>', 'leave out segments that begin later', time)
    .option('--anchor <file>', 'checkpoints that were kept elsewhere; again for more', several)
    .option('--pubkey <key>', 'the key that signed, or a file with it; again for more', several)
    .option('--anchor-max-age <time>', 'how far the log may be ahead of its anchors', '10m')
    .addHelpText('after', HELP)
    .action((dir: string | undefined, flags: VerifyFlags) => verify(dir, flags, context));
}

async function verify(
  dir: string | undefined,
  flags: VerifyFlags,
  context: CliContext,
): Promise<void> {
  const folder = await auditFolder(dir, flags, context);
  const { from, to, anchor = [], pubkey = [], anchorMaxAge = '10m' } = flags;
  const anchorMaxAgeMs = parseDuration(anchorMaxAge);
  if (anchorMaxAgeMs === null)
    throw new CliExit(EXIT.usage, 'write --anchor-max-age as 10m, 1h or 1d');
  const verdict = verifyLog(folder, {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    anchorNotes: anchor.map((path) => anchorNote(path, context)),
    keys: pubkey.map((text) => keyText(text, context)),
    anchorMaxAgeMs,
  });
  if (flags.json === true) await writeJson(context.stdout, verdict);
  else await write(context.stdout, verdictText(verdict, folder));
  if (verdict.exit !== 0) throw new CliExit(verdict.exit);
}

function anchorNote(path: string, context: CliContext): AnchorNote {
  const file = resolve(context.cwd, path);
  return { name: basename(file), text: readText(file, 'the anchor') };
}

/** A key, or a file that holds one. */
export function keyText(text: string, context: CliContext): string {
  const file = resolve(context.cwd, text);
  return text !== '' && existsSync(file) ? readText(file, 'the key').trim() : text;
}

const TEXT_BYTES_MAX = 256 * 1_024 * 1_024;

export function readText(file: string, what: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > TEXT_BYTES_MAX) throw new CliExit(EXIT.problem, `${what} is too large`);
    return bytes.toString('utf8');
  } catch (thrown) {
    if (thrown instanceof CliExit) throw thrown;
    // The path is the operator's own; the system's words add nothing.
    throw new CliExit(EXIT.problem, `${what} cannot be read: ${file}`);
  }
}

export const VERDICTS = {
  0: 'intact',
  2: 'ALTERED',
  3: 'GAP',
  4: 'intact, with a tail that is torn or not anchored',
  5: 'intact, and the anchor is STALE',
  6: 'FORKED',
} as const;

function verdictText(verdict: Verdict, folder: string): string {
  const { exit, records, writers, firstBad, tree, erased } = verdict;
  const lines = [`${VERDICTS[exit]}: ${records} records in ${folder}`];
  for (const { writer, lastSeq, head, isClosed } of writers) {
    const end = isClosed ? 'closed' : 'open: its writer runs, or was killed';
    lines.push(`  ${writer}: up to ${lastSeq}, head ${head} (${end})`);
  }
  lines.push(...treeLines(tree));
  if (erased.records > 0)
    lines.push(
      `  erased: the personal values of ${erased.records} records; erasures in the log account for ${erased.accounted}`,
    );
  if (firstBad !== undefined) {
    const { segment, offset, seq, problem } = firstBad;
    lines.push(`  first bad: ${segment} at byte ${offset}, record ${seq}: ${problem}`);
  }
  return `${lines.join('\n')}\n`;
}

function treeLines(tree: Verdict['tree']): string[] {
  if (tree === null) return ['  not signed: no checkpoint was made yet'];
  const { origin, size, key, isKeyGiven, anchoredSize } = tree;
  const whose = isKeyGiven ? 'a key that you gave' : "the log's own key; give --pubkey to be sure";
  const anchored =
    anchoredSize === null ? 'no anchor was given' : `anchored up to ${anchoredSize} records`;
  return [`  signed: ${size} records of ${origin} by ${key} (${whose}); ${anchored}`];
}
