/**
 * The kind `Anchor`: a place outside this log that keeps its checkpoints, so that nobody who can write
 * the log can write all of it anew. What an anchor is handed is signed and holds nothing of any record.
 */
import type { Digest } from '../merkle/digest.ts';

export interface Anchored {
  readonly origin: string;
  readonly size: number;
  /** The signed checkpoint. */
  readonly note: string;
  /** That a tree of `oldSize`, which is not larger, is the beginning of this one (RFC 6962, 2.1.2). */
  readonly consistency: (oldSize: number) => readonly Digest[];
}

export interface Anchor {
  readonly name: string;
  readonly type: string;
  /** False: whoever has this gateway and its store can change what is kept there. */
  readonly isOutside: boolean;
  /** At least this long between two checkpoints that it keeps; 0: each of them. */
  readonly everyMs: number;
  /** Resolves when it is kept there; rejects with a `Fault` where it is not known to be. */
  keep(checkpoint: Anchored): Promise<void>;
  close(): Promise<void>;
}
