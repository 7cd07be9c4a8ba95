/**
 * A proof that one record is in a signed log (C2SP tlog-proof), to be given to somebody who has the
 * public key and nothing else. The record's chained bytes travel in the `extra` line: personal values
 * are commitments there, so a proof tells nothing that the record does not.
 */
import { hash } from 'node:crypto';

import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { openCheckpoint } from './checkpoint-files.ts';
import { type Digest, fromBase64, leafDigest, toBase64 } from './digest.ts';
import { entryText } from './entry.ts';
import { provesInclusion } from './proofs.ts';
import type { NoteKey } from './signed-note.ts';

const HEAD = 'c2sp.org/tlog-proof@v1';
/** A path in a tree of 2^53 leaves has this many digests. */
const PATH_MAX = 53;

export interface RecordProof {
  readonly index: number;
  readonly path: readonly Digest[];
  /** The signed checkpoint. */
  readonly note: string;
  /** The canonical JSON of the record, as it is chained. */
  readonly chained: string;
}

export function proofText({ index, path, note, chained }: RecordProof): string {
  const extra = Buffer.from(chained, 'utf8').toString('base64');
  const lines = path.map((digest) => `${toBase64(digest)}\n`);
  return `${HEAD}\nextra ${extra}\nindex ${index}\n${lines.join('')}\n${note}`;
}

export interface ProvenInclusion {
  /** With commitments in the place of personal values. */
  readonly record: JsonObject;
  readonly index: number;
  readonly size: number;
  readonly origin: string;
  readonly key: NoteKey;
}

/** What the proof proves to who trusts `keys`, or why it proves nothing. */
export function openProof(
  text: string,
  keys: readonly NoteKey[],
): ProvenInclusion | { readonly problem: string } {
  const proof = parseProof(text);
  if (proof === undefined) return { problem: 'it is not a proof (c2sp.org/tlog-proof@v1)' };
  const checkpoint = openCheckpoint(proof.note, keys);
  if ('problem' in checkpoint) return { problem: `its checkpoint: ${checkpoint.problem}` };
  const record = parseJson(proof.chained);
  if (!isJsonObject(record)) return { problem: 'its record is not one' };
  const { writer, seq } = record;
  if (typeof writer !== 'string' || typeof seq !== 'number')
    return { problem: 'its record is not one' };
  const leaf = leafDigest(entryText({ writer, seq, hash: hash('sha256', proof.chained, 'hex') }));
  const { size, root, origin, signed } = checkpoint;
  const { index, path } = proof;
  if (!provesInclusion({ index, size, leaf, path, root }))
    return { problem: 'the record is not in the tree that was signed' };
  const key = signed[0]?.key;
  return key === undefined
    ? { problem: 'no key of this log signed it' }
    : { record, index, size, origin, key };
}

function parseProof(text: string): RecordProof | undefined {
  const split = text.indexOf('\n\n');
  const [head, extra = '', indexLine = '', ...digests] = text.slice(0, split).split('\n');
  const index = Number(indexLine.slice('index '.length));
  if (split === -1 || head !== HEAD || !extra.startsWith('extra ')) return undefined;
  if (indexLine !== `index ${index}` || digests.length > PATH_MAX) return undefined;
  const path: Digest[] = [];
  for (const digest of digests.map(fromBase64)) {
    if (digest === undefined) return undefined;
    path.push(digest);
  }
  const chained = Buffer.from(extra.slice('extra '.length), 'base64').toString('utf8');
  return { index, path, note: text.slice(split + 2), chained };
}
