/**
 * Grows a tiled log. Leaves wait in memory, one tile a level, until they fill a tile or `save` writes
 * what is not full: a few files a checkpoint, 24 KB of memory a level. What was saved is the tree that
 * a checkpoint may sign.
 */
import { Fault } from '#domain/fault.ts';
import { assert } from '#stdx/assert.ts';

import { type Digest, DIGEST_BYTES, EMPTY_ROOT, leafDigest, RAW } from './digest.ts';
import { Frontier } from './frontier.ts';
import { fullTiles, partialWidth, type Tile, TILE_WIDTH } from './tile.ts';
import type { TileFiles } from './tile-files.ts';
import { digestAt } from './tree-reader.ts';

/** 256^7 entries: more than there will be. */
const LEVELS_MAX = 7;

interface Growing {
  readonly bytes: Buffer;
  width: number;
  /** The width that is on the disk. */
  saved: number;
}

interface Full {
  readonly tile: Tile;
  readonly bytes: Buffer;
}

export class TreeWriter {
  readonly #tiles: TileFiles;
  readonly #levels: Growing[] = [];
  #bundle: string[] = [];
  /** Tiles that filled up and are not written; at most those of the leaves between two saves. */
  #full: Full[] = [];
  #size = 0;

  private constructor(tiles: TileFiles) {
    this.#tiles = tiles;
  }

  /** Goes on where a tree of `size` ends. Throws `Fault('audit-failed')` where a tile is missing. */
  static at(tiles: TileFiles, size: number): TreeWriter {
    const writer = new TreeWriter(tiles);
    writer.#size = size;
    for (let level = 0; size >= TILE_WIDTH ** level && level < LEVELS_MAX; level += 1) {
      const width = partialWidth(level, size);
      const growing = writer.#level(level);
      if (width > 0) tiles.digests(level, fullTiles(level, size), width).copy(growing.bytes);
      growing.width = width;
      growing.saved = width;
    }
    const width = partialWidth(0, size);
    if (width > 0) writer.#bundle = [...tiles.entries(fullTiles(0, size), width)];
    return writer;
  }

  get size(): number {
    return this.#size;
  }

  append(entry: string): void {
    this.#bundle.push(entry);
    this.#size += 1;
    if (this.#bundle.length === TILE_WIDTH) {
      const index = fullTiles(0, this.#size) - 1;
      const tile: Tile = { level: 'entries', index, width: TILE_WIDTH };
      this.#full.push({ tile, bytes: bundleBytes(this.#bundle) });
      this.#bundle = [];
    }
    this.#add(0, leafDigest(entry));
  }

  root(): Digest {
    let root: Digest | undefined;
    for (const { bytes, width } of this.#levels) {
      const frontier = new Frontier();
      for (let at = 0; at < width; at += 1) frontier.push(digestAt(bytes, 0, at));
      root = frontier.rootWith(root);
    }
    return root ?? EMPTY_ROOT;
  }

  /** Makes the tree of this moment readable; durable when it resolves. Not while leaves are added. */
  async save(): Promise<void> {
    const size = this.#size;
    while (this.#full[0] !== undefined) {
      const { tile, bytes } = this.#full[0];
      await this.#tiles.write(tile, bytes);
      this.#tiles.dropPartials(tile.level, tile.index);
      this.#full.shift();
    }
    for (const [level, growing] of this.#levels.entries()) {
      const { bytes, width, saved } = growing;
      if (width === 0 || width === saved) continue;
      const index = fullTiles(level, size);
      await this.#tiles.write({ level, index, width }, bytes.subarray(0, width * DIGEST_BYTES));
      if (level === 0) {
        await this.#tiles.write({ level: 'entries', index, width }, bundleBytes(this.#bundle));
      }
      growing.saved = width;
    }
    if (size !== this.#size) throw new Fault('internal', 'a tree was changed while it was saved');
  }

  #add(level: number, digest: Digest): void {
    const growing = this.#level(level);
    growing.bytes.write(digest, growing.width * DIGEST_BYTES, RAW);
    growing.width += 1;
    if (growing.width < TILE_WIDTH) return;
    const index = fullTiles(level, this.#size) - 1;
    this.#full.push({
      tile: { level, index, width: TILE_WIDTH },
      bytes: Buffer.from(growing.bytes),
    });
    const frontier = new Frontier();
    for (let at = 0; at < TILE_WIDTH; at += 1) frontier.push(digestAt(growing.bytes, 0, at));
    growing.width = 0;
    growing.saved = 0;
    this.#add(level + 1, frontier.root());
  }

  #level(level: number): Growing {
    assert(level < LEVELS_MAX, 'a log is not longer than its levels');
    this.#levels[level] ??= {
      bytes: Buffer.alloc(TILE_WIDTH * DIGEST_BYTES),
      width: 0,
      saved: 0,
    };
    return this.#levels[level];
  }
}

function bundleBytes(entries: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    parts.push(length, Buffer.from(entry, RAW));
  }
  return Buffer.concat(parts);
}
