/**
 * Where a tiled log keeps what (C2SP tlog-tiles): 256 digests a tile, `tile/<level>/<index>`, the
 * entries beside them, `tile/entries/<index>`; a tile that is not full yet has its width in its name.
 */
export const TILE_WIDTH = 256;

/** `level`: height of the digests in the tile, in steps of eight; `entries`: the entries themselves. */
export interface Tile {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
}

/** Below the folder of the log. */
export function tilePath({ level, index, width }: Tile): string {
  const full = `tile/${level}/${indexPath(index)}`;
  return width === TILE_WIDTH ? full : `${full}.p/${width}`;
}

/** The folder of the partial forms of a tile; it goes when the tile is full. */
export const partialsPath = (level: Tile['level'], index: number): string =>
  `tile/${level}/${indexPath(index)}.p`;

/** 1234067 is `x001/x234/067`: no folder ever holds more than a thousand names. */
function indexPath(index: number): string {
  const parts = [String(index % 1_000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    parts.unshift(`x${String(rest % 1_000).padStart(3, '0')}`);
  }
  return parts.join('/');
}

/** How many digests the last tile of a level holds in a tree of this size; 0: it has none. */
export const partialWidth = (level: number, size: number): number =>
  Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;

/** How many full tiles a level has in a tree of this size. */
export const fullTiles = (level: number, size: number): number =>
  Math.floor(size / TILE_WIDTH ** (level + 1));
