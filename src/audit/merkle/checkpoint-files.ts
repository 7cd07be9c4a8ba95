/** The files of a Merkle log beside its tiles, below `audit/log/`. */
import { Fault } from '#domain/fault.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { parseEntry } from './entry.ts';
import type { Position } from './leaf-source.ts';
import {
  type Note,
  type NoteKey,
  parseNote,
  parseNoteKey,
  type Signed,
  signersOf,
} from './signed-note.ts';
import { fullTiles, partialWidth, TILE_WIDTH } from './tile.ts';
import type { TileFiles } from './tile-files.ts';

export const LOG_FOLDER = 'log';
const CHECKPOINT = 'checkpoint';
/** The key of the log's first checkpoint: what `verify` trusts where nobody gives it a key. */
const FIRST_KEY = 'key';
const STATE = 'sequencer.json';
/** A handover was signed by the old key and the new one: one file each, `0`, `1`, … */
const handoverPath = (n: number): string => `handover/${n}`;
/** More than anyone rotates; the bound of a loop. */
const HANDOVERS_MAX = 10_000;

export interface SignedCheckpoint extends Checkpoint {
  /** The whole note. */
  readonly note: string;
  readonly signed: readonly Signed[];
}

export class CheckpointFiles {
  readonly #tiles: TileFiles;

  constructor(tiles: TileFiles) {
    this.#tiles = tiles;
  }

  /** Undefined: there is none. Its signatures are not checked here. */
  note(): string | undefined {
    return this.#tiles.read(CHECKPOINT)?.toString('utf8');
  }

  async put(note: string): Promise<void> {
    await this.#tiles.put(CHECKPOINT, Buffer.from(note));
  }

  firstKey(): NoteKey | undefined {
    const text = this.#tiles.read(FIRST_KEY)?.toString('utf8');
    return text === undefined ? undefined : parseNoteKey(text);
  }

  async putFirstKey(key: NoteKey): Promise<void> {
    await this.#tiles.put(FIRST_KEY, Buffer.from(`${key.text}\n`));
  }

  /** Notes in which a key hands over to the next, the first one first. */
  *handovers(): Generator<string> {
    for (let n = 0; n < HANDOVERS_MAX; n += 1) {
      const note = this.#tiles.read(handoverPath(n))?.toString('utf8');
      if (note === undefined) return;
      yield note;
    }
  }

  async addHandover(note: string): Promise<void> {
    const count = [...this.handovers()].length;
    await this.#tiles.put(handoverPath(count), Buffer.from(note));
  }

  async putPositions(size: number, positions: ReadonlyMap<string, Position>): Promise<void> {
    const state = { size, writers: Object.fromEntries(positions) };
    await this.#tiles.put(STATE, Buffer.from(JSON.stringify(state)));
  }

  /** The last record of each writer in a tree of `size`: as noted, or else read from the entries. */
  positions(size: number): Map<string, Position> {
    const state = parseJson(this.#tiles.read(STATE)?.toString('utf8') ?? '');
    const writers = isJsonObject(state) && state['size'] === size ? state['writers'] : undefined;
    if (!isJsonObject(writers)) return this.#positionsFromEntries(size);
    const positions = new Map<string, Position>();
    for (const [writer, value] of Object.entries(writers)) {
      const { seq, hash } = isJsonObject(value) ? value : {};
      if (typeof seq !== 'number' || typeof hash !== 'string')
        return this.#positionsFromEntries(size);
      positions.set(writer, { seq, hash });
    }
    return positions;
  }

  #positionsFromEntries(size: number): Map<string, Position> {
    const positions = new Map<string, Position>();
    const bundles = fullTiles(0, size);
    for (let index = 0; index <= bundles; index += 1) {
      const width = index === bundles ? partialWidth(0, size) : TILE_WIDTH;
      for (const text of width === 0 ? [] : this.#tiles.entries(index, width)) {
        const entry = parseEntry(text);
        if (entry !== undefined) positions.set(entry.writer, entry);
      }
    }
    return positions;
  }
}

/** A checkpoint that one of `keys` signed, or why it is none. */
export function openCheckpoint(
  text: string,
  keys: readonly NoteKey[],
): SignedCheckpoint | { readonly problem: string } {
  const note: Note | undefined = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (note === undefined || checkpoint === undefined) return { problem: 'it is not a checkpoint' };
  const signed = signersOf(note, keys);
  if (signed === undefined) return { problem: 'a signature of a known key does not hold' };
  const isLogs = signed.some(({ key }) => key.type === 1);
  if (!isLogs) return { problem: 'no key of this log signed it' };
  return { ...checkpoint, note: text, signed };
}

/**
 * The keys that may sign: the one that is trusted, and those that it, or one that it named, handed
 * over to. A handover counts where both keys signed it. Throws nothing: what does not count is left out.
 */
export function keysFrom(trusted: NoteKey, handovers: Iterable<string>): NoteKey[] {
  const keys = [trusted];
  for (const text of handovers) {
    const note = parseNote(text);
    const next = note && parseCheckpoint(note.text)?.nextKey;
    if (note === undefined || next === undefined) continue;
    const signed = signersOf(note, [...keys, next]) ?? [];
    const hasNext = signed.some(({ key }) => key.text === next.text);
    const hasOld = signed.some(({ key }) => key.text !== next.text);
    if (hasNext && hasOld && next.type === 1) keys.push(next);
  }
  return keys;
}

export const noKey = (): Fault =>
  new Fault('audit-failed', 'audit/log/key is missing: restore it, or give --pubkey');
