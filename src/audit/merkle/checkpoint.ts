/**
 * A checkpoint (C2SP tlog-checkpoint): the origin, size and root of a log at one moment, signed. Lines
 * behind these three are extensions; ours is `next-key <key>`, which hands the signing over.
 */
import { type Digest, fromBase64, toBase64 } from './digest.ts';
import { isNoteName, type NoteKey, parseNoteKey } from './signed-note.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Digest;
  /** The key that signs from here on; this checkpoint has signatures of both. */
  readonly nextKey?: NoteKey | undefined;
}

const NEXT_KEY = 'next-key ';

/** The text that is signed. */
export function checkpointText({ origin, size, root, nextKey }: Checkpoint): string {
  const more = nextKey === undefined ? '' : `${NEXT_KEY}${nextKey.text}\n`;
  return `${origin}\n${size}\n${toBase64(root)}\n${more}`;
}

/** Undefined: not a checkpoint. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '') return undefined;
  const [origin = '', sizeText = '', rootText = '', ...more] = lines;
  const size = Number(sizeText);
  const root = fromBase64(rootText);
  if (!isNoteName(origin) || root === undefined) return undefined;
  if (!Number.isSafeInteger(size) || String(size) !== sizeText || size < 0) return undefined;
  const handedTo = more.find((line) => line.startsWith(NEXT_KEY));
  if (handedTo === undefined) return { origin, size, root };
  const nextKey = parseNoteKey(handedTo.slice(NEXT_KEY.length));
  return nextKey && { origin, size, root, nextKey };
}
