/**
 * A witness (C2SP tlog-witness): remembers, of each log that it was told of, the last checkpoint that it
 * signed, and signs the next one only where that one goes on from it. Two histories of one log cannot
 * both have its signatures.
 */
import { type Digest, fromBase64 } from './merkle/digest.ts';
import { type Checkpoint, parseCheckpoint } from './merkle/checkpoint.ts';
import { provesConsistency } from './merkle/proofs.ts';
import {
  type Note,
  type NoteKey,
  type NoteSigner,
  NOTE_CHARS_MAX,
  parseNote,
  signatureLine,
  signersOf,
} from './merkle/signed-note.ts';

export const WITNESS_BODY_MAX = NOTE_CHARS_MAX + 8_192;
/** The most that a proof may have (tlog-witness). */
const PROOF_MAX = 63;

/** Where the last checkpoint of each origin is kept; durable when `put` resolves. */
export interface WitnessStore {
  get(origin: string): Promise<string | null>;
  put(origin: string, note: string): Promise<void>;
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
}

interface Submission {
  readonly oldSize: number;
  readonly path: readonly Digest[];
  readonly note: Note;
  readonly text: string;
  readonly checkpoint: Checkpoint;
}

export interface WitnessParts {
  readonly signer: NoteSigner;
  /** Keys of the logs that it serves, by their name: the origin. */
  readonly logs: readonly NoteKey[];
  readonly store: WitnessStore;
  readonly nowMs: () => number;
}

const answer = (status: WitnessAnswer['status'], body = ''): WitnessAnswer => ({ status, body });

export class Witness {
  readonly #parts: WitnessParts;
  #working: Promise<unknown> = Promise.resolve();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** One after another: between the look and the record nobody else may record (tlog-witness). */
  add(body: string): Promise<WitnessAnswer> {
    const next = this.#working.then(() => this.#add(body));
    this.#working = next.catch(() => {});
    return next;
  }

  async #add(body: string): Promise<WitnessAnswer> {
    const submission = parseSubmission(body);
    if (submission === null) return answer(400);
    const { checkpoint, note, oldSize, path, text } = submission;
    const { logs, store, signer, nowMs } = this.#parts;
    const keys = logs.filter(({ name }) => name === checkpoint.origin);
    if (keys.length === 0) return answer(404);
    if ((signersOf(note, keys)?.length ?? 0) === 0) return answer(403);
    if (oldSize > checkpoint.size) return answer(400);
    const kept = await store.get(checkpoint.origin);
    const before = kept === null ? null : parseCheckpoint(parseNote(kept)?.text ?? '');
    // A record that cannot be read is no reason to sign another history.
    if (before === undefined) return answer(403);
    const known = before?.size ?? 0;
    if (oldSize !== known) return answer(409, `${known}\n`);
    if (before !== null && known === checkpoint.size && before.root !== checkpoint.root)
      return answer(409, `${known}\n`);
    const goesOn =
      before === null
        ? path.length === 0
        : provesConsistency({
            oldSize,
            newSize: checkpoint.size,
            oldRoot: before.root,
            newRoot: checkpoint.root,
            path,
          });
    if (!goesOn) return answer(422);
    await store.put(checkpoint.origin, text);
    return answer(200, signatureLine(note.text, signer, Math.floor(nowMs() / 1_000)));
  }
}

/** Null: not `old <size>`, a proof, an empty line and a checkpoint. */
function parseSubmission(body: string): Submission | null {
  const split = body.indexOf('\n\n');
  const [first = '', ...proof] = body.slice(0, Math.max(0, split)).split('\n');
  const oldSize = Number(first.slice('old '.length));
  if (split === -1 || first !== `old ${oldSize}` || !Number.isSafeInteger(oldSize)) return null;
  if (oldSize < 0 || proof.length > PROOF_MAX) return null;
  const path: Digest[] = [];
  for (const digest of proof.map(fromBase64)) {
    if (digest === undefined) return null;
    path.push(digest);
  }
  const text = body.slice(split + 2);
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  return note === undefined || checkpoint === undefined
    ? null
    : { oldSize, path, note, text, checkpoint };
}
