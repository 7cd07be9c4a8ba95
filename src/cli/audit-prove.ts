/** `llmproxy audit prove|check|consistency`: proofs that travel without the log. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type Command } from 'commander';

import { diskFiles } from '#audit/file-port.ts';
import {
  CheckpointFiles,
  keysFrom,
  LOG_FOLDER,
  openCheckpoint,
} from '#audit/merkle/checkpoint-files.ts';
import { provesConsistency } from '#audit/merkle/proofs.ts';
import { openProof, proofText } from '#audit/merkle/record-proof.ts';
import { type NoteKey, parseNoteKey } from '#audit/merkle/signed-note.ts';
import { TileFiles } from '#audit/merkle/tile-files.ts';
import { TreeReader } from '#audit/merkle/tree-reader.ts';
import { findRecords, proveRecord } from '#audit/prove.ts';
import { notesOf } from '#audit/sightings.ts';
import { Fault } from '#domain/fault.ts';

import { auditFolder, type FolderFlags } from './audit-folder.ts';
import { keyText, readText } from './audit-verify.ts';
import { CliExit, type CliContext, EXIT, several, write, writeJson } from './context.ts';

interface ProveFlags extends FolderFlags {
  readonly out?: string;
}

interface CheckFlags {
  readonly pubkey: readonly string[];
  readonly json?: boolean;
}

interface ConsistencyFlags extends FolderFlags {
  readonly pubkey?: readonly string[];
  readonly json?: boolean;
}

export function addProofCommands(
  common: (name: string, description: string) => Command,
  context: CliContext,
): void {
  common('prove', 'write proofs that records are in the signed log')
    .argument('<record>', 'a request id, or <writer>:<seq>')
    .argument('[dir]', 'the folder of the log, or a data folder')
    .option('--out <file>', 'where to; with several records, numbers are added', undefined)
    .action((record: string, dir: string | undefined, flags: ProveFlags) =>
      prove(record, dir, flags, context),
    );
  common('check', 'check a proof with the public key alone')
    .argument('<proof>', 'the file that `audit prove` wrote')
    .requiredOption('--pubkey <key>', 'the key that signed, or a file with it', several)
    .action((proof: string, flags: CheckFlags) => check(proof, flags, context));
  common('consistency', 'prove that the log goes on from checkpoints that were kept')
    .argument('<checkpoints>', 'a file of one or more checkpoints')
    .argument('[dir]', 'the folder of the log, or a data folder')
    .option('--pubkey <key>', 'the key that signed, or a file with it', several)
    .action((path: string, dir: string | undefined, flags: ConsistencyFlags) =>
      consistency(path, dir, flags, context),
    );
}

async function prove(
  name: string,
  dir: string | undefined,
  flags: ProveFlags,
  context: CliContext,
): Promise<void> {
  const folder = await auditFolder(dir, flags, context);
  const found = await findRecords(folder, name);
  if (found.length === 0) throw new CliExit(EXIT.problem, `there is no record ${name}`);
  for (const [at, stored] of found.entries()) {
    const text = proofText(proven(folder, stored));
    if (flags.out === undefined) await write(context.stdout, at === 0 ? text : `\n${text}`);
    else {
      const path = at === 0 ? flags.out : flags.out.replace(/(?=\.[^./]*$|$)/u, `-${at + 1}`);
      writeFileSync(resolve(context.cwd, path), text);
      await write(context.stderr, `${path}: ${stored.record.kind}, record ${stored.record.seq}\n`);
    }
  }
}

function proven(folder: string, stored: Parameters<typeof proveRecord>[1]) {
  try {
    return proveRecord(folder, stored);
  } catch (thrown) {
    if (thrown instanceof Fault) throw new CliExit(EXIT.problem, thrown.message);
    throw thrown;
  }
}

async function check(path: string, flags: CheckFlags, context: CliContext): Promise<void> {
  const keys = flags.pubkey.map((text) => keyOf(text, context));
  const opened = openProof(readText(resolve(context.cwd, path), 'the proof'), keys);
  if ('problem' in opened) throw new CliExit(2, `it proves nothing: ${opened.problem}`);
  const { record, index, size, origin, key } = opened;
  if (flags.json === true)
    await writeJson(context.stdout, { origin, index, size, key: key.text, record });
  else {
    await write(
      context.stdout,
      `in the log ${origin}: entry ${index} of ${size}, signed by ${key.text}\n`,
    );
    await writeJson(context.stdout, record);
  }
}

function keyOf(text: string, context: CliContext): NoteKey {
  const key = parseNoteKey(keyText(text, context));
  if (key !== undefined) return key;
  throw new CliExit(
    EXIT.usage,
    'the key is not one: write <name>+<id>+<base64>, or a file with it',
  );
}

async function consistency(
  path: string,
  dir: string | undefined,
  flags: ConsistencyFlags,
  context: CliContext,
): Promise<void> {
  const folder = await auditFolder(dir, flags, context);
  const tiles = new TileFiles(diskFiles, join(folder, LOG_FOLDER));
  const files = new CheckpointFiles(tiles);
  const given = (flags.pubkey ?? []).map((text) => keyOf(text, context));
  const first = given.length === 0 ? files.firstKey() : undefined;
  const trusted = [...given, ...(first === undefined ? [] : [first])];
  const keys = trusted.flatMap((key) => keysFrom(key, files.handovers()));
  const now = openCheckpoint(files.note() ?? '', keys);
  if ('problem' in now) throw new CliExit(2, `the log's checkpoint: ${now.problem}`);
  const notes = notesOf(readText(resolve(context.cwd, path), 'the checkpoints'));
  if (notes.length === 0) throw new CliExit(EXIT.problem, 'there is no checkpoint in the file');
  for (const note of notes) {
    const old = openCheckpoint(note, keys);
    if ('problem' in old) throw new CliExit(2, `a checkpoint that was kept: ${old.problem}`);
    if (old.size > now.size)
      throw new CliExit(3, `the log ends before record ${old.size}, which was signed`);
    const proof = new TreeReader(tiles, now.size).consistency(old.size);
    const claim = { oldSize: old.size, newSize: now.size, oldRoot: old.root, newRoot: now.root };
    if (!provesConsistency({ ...claim, path: proof }))
      throw new CliExit(6, `the log forked: it does not go on from its ${old.size} records`);
    if (flags.json === true)
      await writeJson(context.stdout, { oldSize: old.size, newSize: now.size, isConsistent: true });
    else await write(context.stdout, `${old.size} records are the beginning of ${now.size}\n`);
  }
}
