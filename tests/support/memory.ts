/** Memory that is held, as against memory that nobody has collected yet. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** RSS after a full collection: what lives, its buffers outside the heap included. */
export function heldBytes(): number {
  if (typeof collect !== 'function') throw new TypeError('this Node cannot collect on demand');
  // The second finds what finalisers of the first let go.
  collect();
  collect();
  return process.memoryUsage.rss();
}
