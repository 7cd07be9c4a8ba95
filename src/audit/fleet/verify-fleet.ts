/**
 * Proves the logs of a fleet from the folders of its gateways alone: the fleet's Merkle log is the one that its
 * key signed, all copies of it have one history, every gateway that it has a checkpoint of is there, and the
 * log of each goes on from every checkpoint that the fleet has of it.
 */
import { join } from 'node:path';

import { type AuditFiles, diskFiles } from '../file-port.ts';
import {
  CheckpointFiles,
  LOG_FOLDER,
  openCheckpoint,
  type SignedCheckpoint,
} from '../merkle/checkpoint-files.ts';
import { parseCheckpoint } from '../merkle/checkpoint.ts';
import { type NoteKey, parseNote, parseNoteKey } from '../merkle/signed-note.ts';
import { TileFiles } from '../merkle/tile-files.ts';
import { CHECKPOINT_SEEN, TreeProof } from '../merkle/tree-proof.ts';
import { type Verdict, verifyLog } from '../verify.ts';
import { FLEET_FOLDER, noteOfEntry } from './fleet-log.ts';

export interface FleetOptions {
  readonly files?: AuditFiles;
  /** The fleet's key in its text form; none: the word of the copies is taken for it. */
  readonly key?: string;
  /** Gateways that there are no more, by the origin of their logs: nobody has their folders. */
  readonly retired?: readonly string[];
  readonly anchorMaxAgeMs?: number;
}

export interface FleetProblem {
  /** As of one log: 2 altered, 3 something is missing, 6 two histories. */
  readonly exit: 2 | 3 | 6;
  readonly where: string;
  readonly problem: string;
}

export interface FleetMember {
  readonly dir: string;
  /** Empty: its log was never signed. */
  readonly origin: string;
  /** Its checkpoints in the fleet's log. */
  readonly checkpoints: number;
  readonly verdict: Verdict;
}

export interface FleetVerdict {
  /** The worst of all, by the codes of one log. */
  readonly exit: Verdict['exit'];
  readonly origin: string;
  /** Entries of the longest copy. */
  readonly size: number;
  readonly key: string;
  readonly isKeyGiven: boolean;
  readonly members: readonly FleetMember[];
  readonly problems: readonly FleetProblem[];
}

interface Copy {
  readonly dir: string;
  readonly tiles: TileFiles;
  readonly checkpoint: SignedCheckpoint;
}

/** `dirs`: the folder of the segments of each gateway. */
export function verifyFleet(dirs: readonly string[], options: FleetOptions = {}): FleetVerdict {
  const { files = diskFiles, key, retired = [], anchorMaxAgeMs } = options;
  const problems: FleetProblem[] = [];
  const trusted = trustedKey(dirs, files, key);
  const copies = dirs.flatMap((dir) => copyIn(dir, { files, trusted, problems }));
  const longest = copies.toSorted((a, b) => b.checkpoint.size - a.checkpoint.size)[0];
  const byOrigin =
    longest === undefined ? new Map<string, string[]>() : notesIn(longest, copies, problems);
  const members = dirs.map((dir): FleetMember => {
    const origin = originOf(dir, files);
    const notes = byOrigin.get(origin) ?? [];
    const anchorNotes = notes.length === 0 ? [] : [{ name: 'fleet log', text: notes.join('\n') }];
    const age = anchorMaxAgeMs === undefined ? {} : { anchorMaxAgeMs };
    const verdict = verifyLog(dir, { files, anchorNotes, ...age });
    return { dir, origin, checkpoints: notes.length, verdict };
  });
  const here = new Set([...members.map(({ origin }) => origin), ...retired]);
  for (const origin of byOrigin.keys()) {
    if (here.has(origin)) continue;
    const problem = `the fleet has checkpoints of \`${origin}\`, whose folder was not given`;
    problems.push({ exit: 3, where: origin, problem });
  }
  const exits = [...problems, ...members.map(({ verdict }) => verdict)].map(({ exit }) => exit);
  return {
    exit: exits.toSorted((a, b) => rank(a) - rank(b))[0] ?? 0,
    origin: longest?.checkpoint.origin ?? '',
    size: longest?.checkpoint.size ?? 0,
    key: trusted?.text ?? '',
    isKeyGiven: key !== undefined,
    members,
    problems,
  };
}

const rank = (exit: Verdict['exit']): number => [2, 6, 3, 5, 4, 0].indexOf(exit);

function trustedKey(
  dirs: readonly string[],
  files: AuditFiles,
  given: string | undefined,
): NoteKey | undefined {
  if (given !== undefined) return parseNoteKey(given);
  const keys = dirs.map((dir) => new CheckpointFiles(tilesOf(dir, files)).firstKey());
  return keys.find((key) => key !== undefined);
}

const tilesOf = (dir: string, files: AuditFiles): TileFiles =>
  new TileFiles(files, join(dir, FLEET_FOLDER));

function copyIn(
  dir: string,
  {
    files,
    trusted,
    problems,
  }: { files: AuditFiles; trusted: NoteKey | undefined; problems: FleetProblem[] },
): Copy[] {
  const tiles = tilesOf(dir, files);
  const note = new CheckpointFiles(tiles).note();
  const where = `${dir}/${FLEET_FOLDER}`;
  if (note === undefined) {
    problems.push({ exit: 3, where, problem: 'there is no copy of the fleet log' });
    return [];
  }
  const checkpoint = openCheckpoint(note, trusted === undefined ? [] : [trusted]);
  if ('problem' in checkpoint) {
    problems.push({ exit: 2, where, problem: checkpoint.problem });
    return [];
  }
  return [{ dir, tiles, checkpoint }];
}

/** The checkpoints of each gateway, as the longest copy has them; every copy is compared with it on the way. */
function notesIn(
  longest: Copy,
  copies: readonly Copy[],
  problems: FleetProblem[],
): Map<string, string[]> {
  const sightings = copies.map(({ dir, checkpoint: { size, root } }) => ({
    size,
    root,
    where: dir === longest.dir ? CHECKPOINT_SEEN : `the copy in ${dir}`,
  }));
  const proof = new TreeProof(longest.tiles, sightings);
  const notes = new Map<string, string[]>();
  const where = `${longest.dir}/${FLEET_FOLDER}`;
  for (const entry of proof.entries(longest.checkpoint.size)) {
    const note = noteOfEntry(entry);
    const origin = parseCheckpoint(parseNote(note)?.text ?? '')?.origin;
    if (origin === undefined) {
      problems.push({ exit: 2, where, problem: `entry ${proof.size} is no checkpoint` });
      continue;
    }
    const known = notes.get(origin);
    if (known === undefined) notes.set(origin, [note]);
    else known.push(note);
  }
  const problem = proof.problem ?? proof.edge(longest.checkpoint.size);
  if (problem !== undefined) {
    const file = problem.file.replace('log/', '');
    problems.push({ exit: problem.exit, where: `${where}/${file}`, problem: problem.problem });
  }
  return notes;
}

/** Of the log in a folder; empty where it was never signed. */
function originOf(dir: string, files: AuditFiles): string {
  const note = new CheckpointFiles(new TileFiles(files, join(dir, LOG_FOLDER))).note();
  return parseCheckpoint(parseNote(note ?? '')?.text ?? '')?.origin ?? '';
}
