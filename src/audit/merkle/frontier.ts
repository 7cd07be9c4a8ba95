/**
 * The right edge of a growing Merkle tree: the roots of its perfect subtrees, the largest first. It
 * knows the root at every size while leaves stream by, in at most 53 digests of memory.
 */
import { type Digest, EMPTY_ROOT, nodeDigest } from './digest.ts';

export class Frontier {
  readonly #roots: Digest[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(leaf: Digest): void {
    let root = leaf;
    // Each one bit at the end of the old size is a subtree that the new leaf completes.
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      root = nodeDigest(this.#roots.pop() ?? '', root);
    }
    this.#roots.push(root);
    this.#size += 1;
  }

  root(): Digest {
    return foldRight(this.#roots, undefined) ?? EMPTY_ROOT;
  }

  /** The root of the tree whose perfect subtrees these are, with what lies to their right. */
  rootWith(right: Digest | undefined): Digest | undefined {
    return foldRight(this.#roots, right);
  }
}

function foldRight(roots: readonly Digest[], right: Digest | undefined): Digest | undefined {
  let folded = right;
  for (let at = roots.length - 1; at >= 0; at -= 1) {
    const root = roots[at];
    if (root !== undefined) folded = folded === undefined ? root : nodeDigest(root, folded);
  }
  return folded;
}
