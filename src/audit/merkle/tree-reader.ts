/**
 * Roots and proofs of a tiled log, from its tiles (RFC 6962, 2.1). Reads some dozen tiles a proof and
 * keeps none: throws `Fault('audit-failed')` where a tile is missing.
 */
import { type Digest, DIGEST_BYTES, EMPTY_ROOT, nodeDigest, RAW } from './digest.ts';
import { Frontier } from './frontier.ts';
import { partialWidth, TILE_WIDTH } from './tile.ts';
import type { TileFiles } from './tile-files.ts';

const HEIGHT = 8;

export class TreeReader {
  readonly #tiles: TileFiles;
  readonly #size: number;

  /** `size`: the tree that the tiles are read as; a partial tile holds what such a tree has. */
  constructor(tiles: TileFiles, size: number) {
    this.#tiles = tiles;
    this.#size = size;
  }

  root(): Digest {
    return this.rootAt(this.#size);
  }

  /** What the root was when the tree had `size` entries, which is not more than it has. */
  rootAt(size: number): Digest {
    return size === 0 ? EMPTY_ROOT : this.#rangeRoot(0, size);
  }

  /** From the leaf's neighbour to the root's child. */
  inclusion(index: number): Digest[] {
    return this.#path(index, 0, this.#size);
  }

  /** That a tree of `oldSize` is the beginning of this one. */
  consistency(oldSize: number): Digest[] {
    if (oldSize === 0 || oldSize === this.#size) return [];
    return this.#subproof(oldSize, 0, this.#size, true);
  }

  #path(index: number, from: number, to: number): Digest[] {
    if (to - from === 1) return [];
    const middle = from + splitOf(to - from);
    return index < middle
      ? [...this.#path(index, from, middle), this.#rangeRoot(middle, to)]
      : [...this.#path(index, middle, to), this.#rangeRoot(from, middle)];
  }

  #subproof(oldSize: number, from: number, to: number, isWhole: boolean): Digest[] {
    if (oldSize === to - from) return isWhole ? [] : [this.#rangeRoot(from, to)];
    const middle = from + splitOf(to - from);
    return oldSize <= middle - from
      ? [...this.#subproof(oldSize, from, middle, isWhole), this.#rangeRoot(middle, to)]
      : [
          ...this.#subproof(oldSize - (middle - from), middle, to, false),
          this.#rangeRoot(from, middle),
        ];
  }

  /** The root of the entries `from` to `to`; `from` is where the tree splits. */
  #rangeRoot(from: number, to: number): Digest {
    const split = splitOf(to - from);
    if (split * 2 === to - from || to - from === 1) return this.#perfect(from, to - from);
    return nodeDigest(this.#rangeRoot(from, from + split), this.#rangeRoot(from + split, to));
  }

  /** A perfect subtree: digests of one tile, hashed together. */
  #perfect(from: number, count: number): Digest {
    const height = Math.log2(count);
    const level = Math.floor(height / HEIGHT);
    const first = from / TILE_WIDTH ** level;
    const digests = 2 ** (height - level * HEIGHT);
    const index = Math.floor(first / TILE_WIDTH);
    const isLast = index === Math.floor(this.#size / TILE_WIDTH ** (level + 1));
    const width = isLast ? partialWidth(level, this.#size) : TILE_WIDTH;
    const bytes = this.#tiles.digests(level, index, width);
    const frontier = new Frontier();
    const start = (first % TILE_WIDTH) * DIGEST_BYTES;
    for (let at = 0; at < digests; at += 1) frontier.push(digestAt(bytes, start, at));
    return frontier.root();
  }
}

export const digestAt = (bytes: Buffer, start: number, at: number): Digest =>
  bytes.toString(RAW, start + at * DIGEST_BYTES, start + (at + 1) * DIGEST_BYTES);

/** The largest power of two below `count`; where a tree of that many entries splits. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}
