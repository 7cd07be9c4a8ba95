/**
 * Checks a proof that a record is in a signed log (C2SP tlog-proof), step by step, in this browser: the
 * gateway gives the proof, and is asked nothing else. Independent of the code that made it.
 */
import { isRecord } from '../is-record.ts';
import { type Bytes, bytesOf, fromBase64, sha256, textOf, toBase64, toHex } from './bytes.ts';
import { type Checkpoint, type Note, parseCheckpoint, parseNote } from './note.ts';

const HEAD = 'c2sp.org/tlog-proof@v1';
/** A path in a tree of 2^53 leaves has this many digests. */
const PATH_MAX = 53;
const ENTRY = /^[a-z0-9][a-z0-9-]{0,31} [1-9]\d{0,15} [0-9a-f]{64}$/u;

export interface OpenedProof {
  /** What the log has of the record: commitments stand where personal values are. */
  readonly record: Readonly<Record<string, unknown>>;
  /** SHA-256 of its bytes. */
  readonly recordHash: string;
  readonly entry: string;
  readonly leaf: string;
  readonly index: number;
  readonly steps: number;
  /** The root that leaf and path lead to, and the one that the checkpoint names. */
  readonly root: string;
  readonly signedRoot: string;
  readonly isIncluded: boolean;
  readonly checkpoint: Pick<Checkpoint, 'origin' | 'size'>;
  readonly note: Note;
}

/** Undefined: it is not a proof. What it is worth, `isIncluded` and the signature say. */
export async function openProof(text: string): Promise<OpenedProof | undefined> {
  const parsed = parseProof(text);
  const note = parsed && parseNote(parsed.note);
  const checkpoint = note && parseCheckpoint(note.text);
  if (parsed === undefined || note === undefined || checkpoint === undefined) return undefined;
  const record = recordIn(parsed.chained);
  if (record === undefined) return undefined;
  const recordHash = toHex(await sha256(parsed.chained));
  const entry = `${String(record['writer'])} ${String(record['seq'])} ${recordHash}`;
  if (!ENTRY.test(entry)) return undefined;
  const leaf = await sha256(Uint8Array.of(0), bytesOf(entry));
  const climbed = await rootFrom(leaf, parsed, checkpoint.size);
  return {
    record,
    recordHash,
    entry,
    leaf: toBase64(leaf),
    index: parsed.index,
    steps: parsed.path.length,
    root: climbed === undefined ? '' : toBase64(climbed),
    signedRoot: toBase64(checkpoint.root),
    isIncluded: climbed !== undefined && toBase64(climbed) === toBase64(checkpoint.root),
    checkpoint,
    note,
  };
}

interface Parsed {
  readonly index: number;
  readonly path: readonly Bytes[];
  readonly chained: Bytes;
  readonly note: string;
}

function parseProof(text: string): Parsed | undefined {
  const split = text.indexOf('\n\n');
  const [head, extra = '', indexLine = '', ...digests] = text.slice(0, split).split('\n');
  const index = Number(indexLine.slice('index '.length));
  if (split === -1 || head !== HEAD || !extra.startsWith('extra ')) return undefined;
  if (indexLine !== `index ${index}` || digests.length > PATH_MAX) return undefined;
  const path: Bytes[] = [];
  for (const digest of digests.map(fromBase64)) {
    if (digest?.length !== 32) return undefined;
    path.push(digest);
  }
  const chained = fromBase64(extra.slice('extra '.length));
  return chained && { index, path, chained, note: text.slice(split + 2) };
}

function recordIn(chained: Bytes): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(chained) ?? '');
    const isOne =
      isRecord(value) && typeof value['writer'] === 'string' && typeof value['seq'] === 'number';
    return isOne ? value : undefined;
  } catch {
    // Bytes that are no JSON are no record.
    return undefined;
  }
}

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;
const node = async (left: Bytes, right: Bytes): Promise<Bytes> =>
  await sha256(Uint8Array.of(1), left, right);

/** RFC 9162, 2.1.3.2. Undefined: no leaf of a tree of this size has such a path. */
async function rootFrom(
  leaf: Bytes,
  { index, path }: Pick<Parsed, 'index' | 'path'>,
  size: number,
): Promise<Bytes | undefined> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
  let at = index;
  let last = size - 1;
  let digest = leaf;
  for (const neighbour of path) {
    if (last === 0) return undefined;
    if (isOdd(at) || at === last) {
      digest = await node(neighbour, digest);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else digest = await node(digest, neighbour);
    at = half(at);
    last = half(last);
  }
  return last === 0 ? digest : undefined;
}

/** Personal values stand beside the log, not in it: what is proven of them is a commitment. */
const PERSONAL = new Set(['user', 'endUser', 'ip', 'textDigest']);

/** Whether the record that the page shows says what the proven one says, but for what is personal. */
export function saysTheSame(shown: unknown, proven: unknown): boolean {
  return plainText(shown) === plainText(proven);
}

function plainText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part)
      ? Object.fromEntries(
          Object.entries(part)
            .filter(([name]) => !PERSONAL.has(name))
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part,
  );
}
