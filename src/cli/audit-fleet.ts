/** `llmproxy audit fleet|fleet-key`: the log over the logs of all gateways of a store. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type Command } from 'commander';

import { type FleetVerdict, verifyFleet } from '#audit/fleet/verify-fleet.ts';
import { parseNoteKey } from '#audit/merkle/signed-note.ts';
import { parseDuration } from '#config/duration.ts';
import { fleetKeys } from '#runtime/audit/fleet.ts';

import { keyText, VERDICTS } from './audit-verify.ts';
import { CliExit, type CliContext, EXIT, printable, several, write, writeJson } from './context.ts';
import { configFor, withStore } from './settings.ts';

interface FleetFlags {
  readonly json?: boolean;
  readonly pubkey?: string;
  readonly retired?: readonly string[];
  readonly anchorMaxAge: string;
}

interface KeyFlags {
  readonly config?: string;
  readonly json?: boolean;
}

const HELP = `
Exit codes are those of \`audit verify\`, the worst of all logs: 3 also where the fleet has checkpoints of a gateway whose folder was not
given. Folders may be copies, of any time: a log may be longer than the fleet has seen, and never shorter.`;

export function addFleetCommands(
  common: (name: string, description: string) => Command,
  context: CliContext,
): void {
  common('fleet', 'prove the logs of all gateways of a store, and that none is missing')
    .argument('<dir...>', 'the folder of the log of each gateway, or its data folder')
    .option('--pubkey <key>', 'the key that `audit fleet-key` prints, or a file with it')
    .option('--retired <origin>', 'a gateway that there is no more; again for more', several)
    .option('--anchor-max-age <time>', 'how far a log may be ahead of the fleet', '10m')
    .addHelpText('after', HELP)
    .action((dirs: readonly string[], flags: FleetFlags) => verify(dirs, flags, context));
  common('fleet-key', 'print the public key of the log of all gateways of the store').action(
    async (flags: KeyFlags) => {
      const { config } = await configFor(flags.config, context);
      if (config.storage.type !== 'postgres')
        throw new CliExit(
          EXIT.problem,
          'this gateway shares its store with nobody: use `audit key`',
        );
      const { signers } = await withStore(config, fleetKeys);
      const key = signers[0].key.text;
      if (flags.json === true) await writeJson(context.stdout, { key });
      else await write(context.stdout, `${key}\n`);
    },
  );
}

async function verify(
  dirs: readonly string[],
  flags: FleetFlags,
  context: CliContext,
): Promise<void> {
  const anchorMaxAgeMs = parseDuration(flags.anchorMaxAge);
  if (anchorMaxAgeMs === null)
    throw new CliExit(EXIT.usage, 'write --anchor-max-age as 10m, 1h or 1d');
  const { pubkey, retired = [] } = flags;
  const key = pubkey === undefined ? undefined : keyText(pubkey, context);
  if (key !== undefined && parseNoteKey(key) === undefined)
    throw new CliExit(EXIT.usage, '--pubkey is not a key: write <name>+<id>+<base64>');
  const verdict = verifyFleet(
    dirs.map((dir) => folderOf(resolve(context.cwd, dir))),
    { ...(key !== undefined && { key }), retired, anchorMaxAgeMs },
  );
  if (flags.json === true) await writeJson(context.stdout, verdict);
  else await write(context.stdout, textOf(verdict));
  if (verdict.exit !== 0) throw new CliExit(verdict.exit);
}

function folderOf(root: string): string {
  const inside = join(root, 'audit');
  if (existsSync(inside)) return inside;
  if (existsSync(root)) return root;
  throw new CliExit(EXIT.problem, `there is no audit log in ${root}`);
}

function textOf({ exit, origin, size, key, isKeyGiven, members, problems }: FleetVerdict): string {
  const whose = isKeyGiven
    ? 'a key that you gave'
    : 'the word of the copies; give --pubkey to be sure';
  const lines = [
    `${VERDICTS[exit]}: ${members.length} gateways, ${size} checkpoints in ${origin || 'no fleet log'}`,
  ];
  if (key !== '') lines.push(`  signed by ${key} (${whose})`);
  for (const { dir, origin: of, checkpoints, verdict } of members) {
    const { records, tree, firstBad } = verdict;
    lines.push(
      `  ${of || 'never signed'}: ${VERDICTS[verdict.exit]}, ${records} records in ${dir}; the fleet has ${checkpoints} checkpoints, up to ${tree?.anchoredSize ?? 0} records`,
    );
    if (firstBad !== undefined)
      lines.push(`    first bad: ${firstBad.segment} record ${firstBad.seq}: ${firstBad.problem}`);
  }
  for (const { where, problem } of problems) lines.push(`  ${where}: ${problem}`);
  return printableLines(lines);
}

/** Names of logs were written by others. */
const printableLines = (lines: readonly string[]): string =>
  `${lines.map((line) => printable(line)).join('\n')}\n`;
