/**
 * Proofs in a Merkle tree, checked: that an entry is in a tree (RFC 9162, 2.1.3.2), and that a tree
 * is the beginning of a larger one (2.1.4.2). Pure, and right for whoever made the proof.
 */
import { type Digest, nodeDigest } from './digest.ts';

/** Sizes are exact integers; a tree of 2^53 records is a few million years away. */
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Digest;
  /** From the leaf's neighbour up to the root's child. */
  readonly path: readonly Digest[];
  readonly root: Digest;
}

export function provesInclusion({ index, size, leaf, path, root }: Inclusion): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  let at = index;
  let last = size - 1;
  let digest = leaf;
  for (const neighbour of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      digest = nodeDigest(neighbour, digest);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else digest = nodeDigest(digest, neighbour);
    at = half(at);
    last = half(last);
  }
  return last === 0 && digest === root;
}

export interface Consistency {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Digest;
  readonly newRoot: Digest;
  readonly path: readonly Digest[];
}

/** A tree without entries is the beginning of every tree: its proof is empty. */
export function provesConsistency(claim: Consistency): boolean {
  const { oldSize, newSize, oldRoot, newRoot, path } = claim;
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (oldSize === newSize) return path.length === 0 && oldRoot === newRoot;
  if (oldSize === 0) return path.length === 0;
  let at = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(at)) {
    at = half(at);
    last = half(last);
  }
  const rest = [...path];
  // Where the old tree is perfect its root is the first digest, and is left out of the proof.
  const first = at === 0 ? oldRoot : rest.shift();
  if (first === undefined) return false;
  return climb({ at, last, first, rest }, oldRoot, newRoot);
}

function climb(
  from: { at: number; last: number; first: Digest; rest: readonly Digest[] },
  oldRoot: Digest,
  newRoot: Digest,
): boolean {
  let { at, last } = from;
  let older = from.first;
  let newer = from.first;
  for (const neighbour of from.rest) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      older = nodeDigest(neighbour, older);
      newer = nodeDigest(neighbour, newer);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else newer = nodeDigest(newer, neighbour);
    at = half(at);
    last = half(last);
  }
  return last === 0 && older === oldRoot && newer === newRoot;
}
