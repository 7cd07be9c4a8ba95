/** Memory that is held, as against memory that nobody has collected yet. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
// It comes from another context, so that nobody can check what it is: Node's own `gc`.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const collect = runInNewContext('gc') as () => void;

/** RSS after a full collection: what lives, its buffers outside the heap included. */
export function heldBytes(): number {
  // The second finds what finalisers of the first let go.
  collect();
  collect();
  return process.memoryUsage.rss();
}
