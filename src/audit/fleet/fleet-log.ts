/**
 * One Merkle log for all gateways of a store. Its entries are the checkpoints that each of them has signed of
 * its own log, so it commits to every record of the fleet and holds none. The store keeps the one list; every
 * gateway keeps a copy of its own (`audit/fleet/`, C2SP tlog-tiles), adds only to a list that goes on from that
 * copy, and says so where it does not: whoever rewrites the store, or one gateway, has the others against him.
 *
 * Two gateways that add at once: one is told that the list has another size, reads on, and tries again.
 */
import type { FleetHead, FleetStore } from '#domain/fleet-log.ts';
import { Fault } from '#domain/fault.ts';

import type { AuditFiles } from '../file-port.ts';
import { CheckpointFiles, openCheckpoint } from '../merkle/checkpoint-files.ts';
import { type Checkpoint, checkpointText } from '../merkle/checkpoint.ts';
import { RAW } from '../merkle/digest.ts';
import { signedNote } from '../merkle/signed-note.ts';
import { ENTRY_BYTES_MAX, TileFiles } from '../merkle/tile-files.ts';
import { TILE_WIDTH } from '../merkle/tile.ts';
import { TreeReader } from '../merkle/tree-reader.ts';
import { TreeWriter } from '../merkle/tree-writer.ts';
import type { FleetSigners } from './fleet-keys.ts';

export const FLEET_FOLDER = 'fleet';
/** Entries of one question to the store: half a megabyte. */
const PAGE = 1_000;
/** Entries between two saves: the memory of tiles that wait is bounded by it. */
const ENTRIES_PER_SAVE = 16_384;
/** Far more than a server loses that takes over: an older list was put back, and somebody has to look. */
const GIVEN_BACK_MAX = 10_000;
/** As many gateways may have come first, one after another; then the next checkpoint tries. */
const ATTEMPTS_MAX = 8;

export interface FleetLogParts {
  readonly files: AuditFiles;
  /** The folder of the segments; the copy is in `fleet/` below it. */
  readonly dir: string;
  readonly store: FleetStore;
  /** Asked until it has answered once. */
  readonly keys: () => Promise<FleetSigners>;
}

/** Entries are bytes: UTF-8, as the notes are. */
export const entryOf = (note: string): string => Buffer.from(note).toString(RAW);
export const noteOfEntry = (entry: string): string => Buffer.from(entry, RAW).toString('utf8');

export class FleetLog {
  readonly #parts: FleetLogParts;
  readonly #tiles: TileFiles;
  readonly #checkpoints: CheckpointFiles;
  #keys: FleetSigners | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(parts: FleetLogParts) {
    this.#parts = parts;
    this.#tiles = new TileFiles(parts.files, `${parts.dir}/${FLEET_FOLDER}`);
    this.#checkpoints = new CheckpointFiles(this.#tiles);
  }

  /**
   * Adds a gateway's checkpoint, behind those that are being added. Rejects with a `Fault` where the store does
   * not answer, or has a list that does not go on from the copy.
   */
  add(note: string): Promise<void> {
    const added = this.#working.then(() => this.#add(note));
    this.#working = added.catch(() => {});
    return added;
  }

  async #add(note: string): Promise<void> {
    const entry = entryOf(note);
    if (entry.length > ENTRY_BYTES_MAX)
      throw new Fault('audit-failed', 'the checkpoint is too long for the fleet log');
    const keys = (this.#keys ??= await this.#parts.keys());
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const tree = await this.#caughtUp(keys);
      if (this.#isLast(tree.size, entry)) return;
      const at = tree.size;
      tree.append(entry);
      const signed = sign(tree, keys);
      if (!(await this.#parts.store.append(at, [note], signed))) continue;
      await this.#keep(tree, signed, keys);
      return;
    }
    throw new Fault('audit-failed', 'other gateways were first each time');
  }

  /** The copy, with all that the store has. What was appended and not kept is forgotten with it. */
  async #caughtUp(keys: FleetSigners): Promise<TreeWriter> {
    const mine = this.#copy(keys);
    const head = await this.#parts.store.head();
    const tree = TreeWriter.at(this.#tiles, mine?.size ?? 0);
    if (head === null) {
      if (mine !== null) await this.#giveBack(0, mine.size);
      return tree;
    }
    const theirs = opened(head, keys);
    if (theirs.size < tree.size) {
      await this.#giveBack(theirs.size, tree.size, theirs);
      return tree;
    }
    if (theirs.size === tree.size && theirs.root === tree.root()) return tree;
    await this.#read(tree, theirs.size);
    if (tree.root() !== theirs.root) throw forked(this.#parts.dir);
    await this.#keep(tree, head.note, keys);
    return tree;
  }

  async #read(tree: TreeWriter, size: number): Promise<void> {
    let unsaved = 0;
    while (tree.size < size) {
      const entries = await this.#parts.store.entries(tree.size, Math.min(PAGE, size - tree.size));
      if (entries.length === 0) throw new Fault('audit-failed', 'the fleet log has lost entries');
      for (const note of entries) tree.append(entryOf(note));
      unsaved += entries.length;
      if (unsaved < ENTRIES_PER_SAVE) continue;
      await tree.save();
      unsaved = 0;
    }
  }

  /**
   * The store is behind the copy: a server that took over without its last commits, or somebody who put back
   * an old list. What it has lost is given back where it is the beginning of the copy.
   */
  async #giveBack(from: number, to: number, theirs?: Checkpoint): Promise<void> {
    if (theirs !== undefined && new TreeReader(this.#tiles, to).rootAt(from) !== theirs.root)
      throw forked(this.#parts.dir);
    if (to - from > GIVEN_BACK_MAX)
      throw new Fault('audit-failed', `the store has lost ${to - from} entries of the fleet log`);
    const note = this.#checkpoints.note();
    const entries = this.#entries(from, to).map(noteOfEntry);
    if (note === undefined || !(await this.#parts.store.append(from, entries, note)))
      throw new Fault('audit-failed', 'another gateway gives the fleet log back');
  }

  #entries(from: number, to: number): string[] {
    const entries: string[] = [];
    for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index += 1) {
      const start = index * TILE_WIDTH;
      const width = Math.min(TILE_WIDTH, to - start);
      entries.push(...this.#tiles.entries(index, width).slice(Math.max(0, from - start)));
    }
    return entries;
  }

  #isLast(size: number, entry: string): boolean {
    return size > 0 && this.#entries(size - 1, size)[0] === entry;
  }

  #copy(keys: FleetSigners): Checkpoint | null {
    const note = this.#checkpoints.note();
    return note === undefined ? null : opened({ note }, keys);
  }

  async #keep(tree: TreeWriter, note: string, { signers }: FleetSigners): Promise<void> {
    await tree.save();
    if (this.#checkpoints.firstKey() === undefined)
      await this.#checkpoints.putFirstKey(signers[0].key);
    await this.#checkpoints.put(note);
  }
}

function opened({ note }: Pick<FleetHead, 'note'>, { origin, signers }: FleetSigners): Checkpoint {
  const keys = signers.map(({ key }) => key);
  const found = openCheckpoint(note, keys);
  if ('problem' in found)
    throw new Fault('audit-failed', `the checkpoint of the fleet log: ${found.problem}`);
  if (found.origin !== origin)
    throw new Fault('audit-failed', `the fleet log is of \`${found.origin}\`: another fleet's`);
  return found;
}

const sign = (tree: TreeWriter, { origin, signers }: FleetSigners): string =>
  signedNote(checkpointText({ origin, size: tree.size, root: tree.root() }), signers);

const forked = (dir: string): Fault =>
  new Fault(
    'audit-failed',
    `the fleet log in the store is not the one of ${dir}/${FLEET_FOLDER}: run \`llmproxy audit fleet\` over the folders of all gateways`,
  );
