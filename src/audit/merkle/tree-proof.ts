/**
 * The Merkle log, proven: entries hash to the tiles, tiles to their parents, all to the checkpoint that
 * the key signed and to every anchor that was kept elsewhere. Streams through the entries with one tile
 * a level in memory.
 */
import { assert } from '#stdx/assert.ts';

import { type Digest, EMPTY_ROOT, leafDigest, RAW } from './digest.ts';
import { Frontier } from './frontier.ts';
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
  /** Digests that no tile above has taken yet, by level: at most 256 of each. */
  readonly #levels: Digest[][] = [[]];
  #size = 0;
  #nextSighting = 0;
  /** Entries that are only in segments are in no tile. */
  #isInTiles = true;
  #problem: TreeProblem | undefined;

  constructor(tiles: TileFiles, sightings: readonly Sighting[]) {
    this.#tiles = tiles;
    this.#sightings = [...sightings].sort((a, b) => a.size - b.size);
  }

  get size(): number {
    return this.#size;
  }

  get problem(): TreeProblem | undefined {
    return this.#problem;
  }

  /** Sightings of trees that are larger than what was added. */
  get unmet(): readonly Sighting[] {
    return this.#sightings.slice(this.#nextSighting);
  }

  /** The text of every entry of a tree of `size`, each compared with its tile. Ends at the first problem. */
  *entries(size: number): Generator<string> {
    const bundles = fullTiles(0, size);
    this.#meet();
    for (let index = 0; index <= bundles; index += 1) {
      const width = index === bundles ? partialWidth(0, size) : TILE_WIDTH;
      if (width === 0) return;
      const bundle = this.#bundle(index, width);
      if (bundle === undefined) return;
      for (const text of bundle) {
        this.add(text);
        yield text;
        if (this.#problem !== undefined) return;
      }
    }
  }

  /** One entry more. */
  add(text: string): void {
    this.#size += 1;
    this.#grow(0, leafDigest(text));
    this.#meet();
  }

  /** The tiles at the right edge, which are not full. Undefined: all is well. What is added next is in none. */
  edge(size: number): TreeProblem | undefined {
    for (let level = 0; size >= TILE_WIDTH ** level && this.#problem === undefined; level += 1) {
      const width = partialWidth(level, size);
      if (width > 0) this.#tileHolds(level, fullTiles(level, size), width);
    }
    this.#isInTiles = false;
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

  /** Tiles are compared as they fill. */
  #grow(level: number, digest: Digest): void {
    const row = (this.#levels[level] ??= []);
    row.push(digest);
    if (row.length < TILE_WIDTH) return;
    const index = fullTiles(level, this.#size) - 1;
    if (this.#isInTiles && !this.#tileHolds(level, index, TILE_WIDTH)) return;
    this.#levels[level] = [];
    this.#grow(level + 1, rootOf(row, undefined) ?? EMPTY_ROOT);
  }

  #tileHolds(level: number, index: number, width: number): boolean {
    const row = this.#levels[level] ?? [];
    assert(row.length === width, 'a tile is compared when its row is whole');
    const path = tilePath({ level, index, width });
    let bytes: Buffer;
    try {
      bytes = this.#tiles.digests(level, index, width);
    } catch {
      return this.#say(3, path, 'it is missing, or too short');
    }
    const isSame = bytes.equals(Buffer.from(row.join(''), RAW));
    return isSame || this.#say(2, path, 'it does not follow from the entries');
  }

  #root(): Digest {
    let root: Digest | undefined;
    for (const row of this.#levels) root = rootOf(row, root);
    return root ?? EMPTY_ROOT;
  }

  #meet(): void {
    for (
      let next = this.#sightings[this.#nextSighting];
      next?.size === this.#size;
      next = this.#sightings[this.#nextSighting]
    ) {
      this.#nextSighting += 1;
      if (this.#root() === next.root) continue;
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

/** Of digests side by side, with what lies to their right. Undefined: there is nothing. */
function rootOf(row: readonly Digest[], right: Digest | undefined): Digest | undefined {
  const frontier = new Frontier();
  for (const digest of row) frontier.push(digest);
  return frontier.rootWith(right);
}

/** The checkpoint beside the log: where it differs the log was altered; where an anchor does, forked. */
export const CHECKPOINT_SEEN = 'the checkpoint';

const bundlePath = (index: number, width: number): string =>
  tilePath({ level: 'entries', index, width });
