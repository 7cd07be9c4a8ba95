/**
 * Names of the files of a Merkle log as tiles (C2SP tlog-tiles: "Tiled merkle tree logs"): 256 hashes
 * a tile, `tile/<level>/<number>`, a partial one with `.p/<width>`, entries in `tile/entries/<number>`.
 */
const WIDTH = 256;
/** A level is 8 more bits of the size; numbers of records are safe integers, so 7 levels hold any. */
const LEVELS_MAX = 7;

/** A number in groups of three digits, all but the last with an x before it: `x001/x234/067`. */
export function tileNumber(index: number): string {
  const groups: string[] = [];
  let left = index;
  do {
    groups.unshift(String(left % 1_000).padStart(3, '0'));
    left = Math.floor(left / 1_000);
  } while (left > 0);
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
}

/** Files that a tree of `to` entries has and one of `from` did not; in the order of their levels. */
export function* tilePaths(from: number, to: number): Iterable<string> {
  let [before, size] = [from, to];
  for (let level = 0; level < LEVELS_MAX && size > 0; level += 1) {
    const kinds = level === 0 ? ['entries', '0'] : [String(level)];
    for (const kind of kinds) yield* filesOf(kind, before, size);
    before = Math.floor(before / WIDTH);
    size = Math.floor(size / WIDTH);
  }
}

function* filesOf(kind: string, before: number, size: number): Iterable<string> {
  const full = Math.floor(size / WIDTH);
  for (let index = Math.floor(before / WIDTH); index < full; index += 1) {
    yield `tile/${kind}/${tileNumber(index)}`;
  }
  if (size % WIDTH > 0 && size !== before) {
    yield `tile/${kind}/${tileNumber(full)}.p/${size % WIDTH}`;
  }
}

/** The size that a checkpoint is of (C2SP tlog-checkpoint: its second line); null: it is none. */
export function treeSizeOf(checkpoint: string): number | null {
  const [, line = ''] = checkpoint.split('\n');
  const size = /^(?:0|[1-9][0-9]{0,15})$/u.test(line) ? Number(line) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}
