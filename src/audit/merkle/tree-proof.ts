/**
 * The Merkle log, proven: entries hash to the tiles, tiles to their parents, all to the checkpoint that
 * the key signed and to every anchor that was kept elsewhere. Streams through the entries with one tile
 * a level in memory.
 */
import { assert } from '#stdx/assert.ts';

import { type Digest, DIGEST_BYTES, leafDigest, RAW } from './digest.ts';
import { Frontier } from './frontier.ts';
import type { LogEntry } from './entry.ts';
import { parseEntry } from './entry.ts';
import { fullTiles, partialWidth, TILE_WIDTH, tilePath } from './tile.ts';
import type { TileFiles } from './tile-files.ts';

export interface TreeProblem {
  readonly exit: 2 | 3 | 6;
  readonly file: string;
  readonly problem: string;
}

/** A size at which somebody saw a root. */
export interface Sighting {
  readonly size: number;
  readonly root: Digest;
  /** Where it was seen, in words: `the checkpoint`, `anchor vault.txt`. */
  readonly where: string;
}

export class TreeProof {
  readonly #tiles: TileFiles;
  readonly #sightings: readonly Sighting[];
  readonly #frontier = new Frontier();
  readonly #levels: Digest[][] = [];
  #nextSighting = 0;
  #problem: TreeProblem | undefined;

  constructor(tiles: TileFiles, sightings: readonly Sighting[]) {
    this.#tiles = tiles;
    this.#sightings = [...sightings].sort((a, b) => a.size - b.size);
  }

  get size(): number {
    return this.#frontier.size;
  }

  get problem(): TreeProblem | undefined {
    return this.#problem;
  }

  /** Sightings of trees that are larger than what was added. */
  get unmet(): readonly Sighting[] {
    return this.#sightings.slice(this.#nextSighting);
  }

  /** Every entry of a tree of `size`, each compared with its tile. Ends at the first problem. */
  *entries(size: number): Generator<LogEntry> {
    const bundles = fullTiles(0, size);
    this.#meet();
    for (let index = 0; index <= bundles; index += 1) {
      const width = index === bundles ? partialWidth(0, size) : TILE_WIDTH;
      if (width === 0) return;
      const bundle = this.#bundle(index, width);
      if (bundle === undefined) return;
      for (const text of bundle) {
        const entry = parseEntry(text);
        if (entry === undefined) {
          this.#say(2, bundlePath(index, width), 'an entry is not one of ours');
          return;
        }
        this.#grow(0, this.add(text));
        yield entry;
        if (this.#problem !== undefined) return;
      }
      if (!this.#tileHolds(0, index, width)) return;
    }
  }

  /** One entry more, which is in no tile yet: its hash. */
  add(text: string): Digest {
    const leaf = leafDigest(text);
    this.#frontier.push(leaf);
    this.#meet();
    return leaf;
  }

  /** The tiles at the right edge, which are not full. Undefined: all is well. */
  edge(size: number): TreeProblem | undefined {
    for (let level = 1; size >= TILE_WIDTH ** level && this.#problem === undefined; level += 1) {
      const width = partialWidth(level, size);
      if (width > 0) this.#tileHolds(level, fullTiles(level, size), width);
    }
    return this.#problem;
  }

  #bundle(index: number, width: number): readonly string[] | undefined {
    try {
      return this.#tiles.entries(index, width);
    } catch {
      this.#say(3, bundlePath(index, width), 'it is missing, or not as long as the tree says');
      return undefined;
    }
  }

  /** Levels above the entries are compared as their tiles fill. */
  #grow(level: number, digest: Digest): void {
    const row = (this.#levels[level] ??= []);
    row.push(digest);
    if (row.length < TILE_WIDTH) return;
    if (level > 0) {
      const index = fullTiles(level, this.#frontier.size) - 1;
      if (!this.#tileHolds(level, index, TILE_WIDTH)) return;
    }
    const frontier = new Frontier();
    for (const one of row) frontier.push(one);
    // The lowest row is compared when its bundle has been read.
    if (level > 0) this.#levels[level] = [];
    this.#grow(level + 1, frontier.root());
  }

  #tileHolds(level: number, index: number, width: number): boolean {
    const row = this.#levels[level] ?? [];
    assert(row.length === width, 'a tile is compared when its row is whole');
    if (level === 0) this.#levels[0] = [];
    const path = tilePath({ level, index, width });
    let bytes: Buffer;
    try {
      bytes = this.#tiles.digests(level, index, width);
    } catch {
      return this.#say(3, path, 'it is missing, or too short');
    }
    const isSame =
      bytes.equals(Buffer.from(row.join(''), RAW)) && bytes.length === width * DIGEST_BYTES;
    return isSame || this.#say(2, path, 'it does not follow from the entries');
  }

  #meet(): void {
    for (
      let next = this.#sightings[this.#nextSighting];
      next?.size === this.#frontier.size;
      next = this.#sightings[this.#nextSighting]
    ) {
      this.#nextSighting += 1;
      if (this.#frontier.root() === next.root) continue;
      const { where, size } = next;
      const exit = where === CHECKPOINT_SEEN ? 2 : 6;
      this.#say(exit, 'checkpoint', `${where} saw another tree of ${size} records`);
    }
  }

  /** The first problem counts: what follows it proves nothing. */
  #say(exit: TreeProblem['exit'], file: string, problem: string): false {
    this.#problem ??= { exit, file: `log/${file}`, problem };
    return false;
  }
}

/** The checkpoint beside the log: where it differs the log was altered; where an anchor does, forked. */
export const CHECKPOINT_SEEN = 'the checkpoint';

const bundlePath = (index: number, width: number): string =>
  tilePath({ level: 'entries', index, width });
