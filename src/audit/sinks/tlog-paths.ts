/** Which files of a tiled Merkle log (C2SP tlog-tiles, see merkle/tile.ts) a larger tree has more. */
import { fullTiles, partialWidth, TILE_WIDTH, tilePath } from '../merkle/tile.ts';

/** A level is 8 more bits of the size; numbers of records are safe integers, so 7 levels hold any. */
const LEVELS_MAX = 7;

/** Files that a tree of `to` entries has and one of `from` did not; in the order of their levels. */
export function* tilePaths(from: number, to: number): Iterable<string> {
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const digests = (size: number): number => Math.floor(size / TILE_WIDTH ** level);
    if (digests(to) === digests(from)) return;
    const kinds = level === 0 ? (['entries', 0] as const) : [level];
    for (const kind of kinds) {
      for (let index = fullTiles(level, from); index < fullTiles(level, to); index += 1) {
        yield tilePath({ level: kind, index, width: TILE_WIDTH });
      }
      const width = partialWidth(level, to);
      if (width > 0) yield tilePath({ level: kind, index: fullTiles(level, to), width });
    }
  }
}

/** The full form of a partial tile, which goes when it is full; undefined for every other file. */
export const fullForm = (path: string): string | undefined =>
  /^(?<full>.+)\.p\/\d+$/u.exec(path)?.groups?.['full'];

/** The size that a checkpoint is of (C2SP tlog-checkpoint: its second line); null: it is none. */
export function treeSizeOf(checkpoint: string): number | null {
  const [, line = ''] = checkpoint.split('\n');
  const size = /^(?:0|[1-9][0-9]{0,15})$/u.test(line) ? Number(line) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}
