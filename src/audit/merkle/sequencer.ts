/**
 * Puts records into the Merkle log and signs its checkpoints. One sequencer a folder: the lock of the
 * data folder sees to it.
 *
 * In this order, so that a crash at any point leaves a log that goes on: tiles, positions, checkpoint.
 * A record is in the tree only when it is on the disk: a tree that knows a record which a power cut
 * took would be a fork of the log that is written after it.
 */
import { Fault } from '#domain/fault.ts';

import type { AuditFiles } from '../file-port.ts';
import { listSegments } from '../segment.ts';
import {
  CheckpointFiles,
  keysFrom,
  LOG_FOLDER,
  noKey,
  openCheckpoint,
} from './checkpoint-files.ts';
import { type Checkpoint, checkpointText } from './checkpoint.ts';
import type { Digest } from './digest.ts';
import { entryText } from './entry.ts';
import { LeafSource, type Position } from './leaf-source.ts';
import { type NoteSigner, signedNote } from './signed-note.ts';
import { TileFiles } from './tile-files.ts';
import { TreeReader } from './tree-reader.ts';
import { TreeWriter } from './tree-writer.ts';

/** Records between two turns of the event loop: about a millisecond. */
const ENTRIES_PER_TURN = 256;
/** Records between two saves: the memory of tiles that wait is bounded by it. */
const ENTRIES_PER_SAVE = 65_536;

/** Who signs: the newest key last. A new one is handed over to at the next checkpoint. */
export type Signers = readonly [NoteSigner, ...NoteSigner[]];

export interface SequencerParts {
  readonly files: AuditFiles;
  /** The folder of the segments; the Merkle log is in `log/` below it. */
  readonly dir: string;
  readonly origin: string;
  readonly signers: () => Signers;
  readonly syncedSeq: (writer: string) => number;
}

export interface Published {
  readonly size: number;
  readonly note: string;
  /** The key that signs from here on, where it is a new one. */
  readonly handedTo: string | null;
}

export class Sequencer {
  readonly #parts: SequencerParts;
  readonly #tiles: TileFiles;
  readonly #checkpoints: CheckpointFiles;
  readonly #tree: TreeWriter;
  readonly #positions: Map<string, Position>;
  readonly #source: LeafSource;
  #published: number;
  #signer: NoteSigner | null;

  /** Throws `Fault('audit-failed')` where the log that is there cannot be gone on with. */
  constructor(parts: SequencerParts) {
    this.#parts = parts;
    const { files, dir, syncedSeq } = parts;
    this.#tiles = new TileFiles(files, `${dir}/${LOG_FOLDER}`);
    this.#checkpoints = new CheckpointFiles(this.#tiles);
    const last = this.#last();
    this.#published = last?.size ?? 0;
    this.#signer = last?.signer ?? null;
    this.#tree = TreeWriter.at(this.#tiles, this.#published);
    this.#positions = this.#checkpoints.positions(this.#published);
    this.#source = new LeafSource({ files, dir, positions: this.#positions, syncedSeq });
  }

  /** Entries in the tree that a checkpoint has signed. */
  get size(): number {
    return this.#published;
  }

  get key(): string {
    return (this.#signer ?? this.#newest()).key.text;
  }

  /** Takes what is on the disk and signs it. Null: there was nothing new. One call at a time. */
  async publish(): Promise<Published | null> {
    await this.#ingest();
    const newest = this.#newest();
    const isSame = this.#signer === null || this.#signer.key.text === newest.key.text;
    if (this.#tree.size === this.#published && isSame) return null;
    await this.#tree.save();
    await this.#checkpoints.putPositions(this.#tree.size, this.#positions);
    if (this.#published === 0) await this.#checkpoints.putFirstKey((this.#signer ?? newest).key);
    const note = isSame ? this.#sign([newest]) : await this.#handOver(newest);
    await this.#checkpoints.put(note);
    this.#published = this.#tree.size;
    this.#signer = newest;
    return { size: this.#published, note, handedTo: isSame ? null : newest.key.text };
  }

  /** That the tree of `oldSize` is the beginning of the one of `size`. Both were published. */
  consistency(oldSize: number, size: number): readonly Digest[] {
    return new TreeReader(this.#tiles, size).consistency(oldSize);
  }

  close(): void {
    this.#source.close();
  }

  async #ingest(): Promise<void> {
    let taken = 0;
    for (const entry of this.#source.read()) {
      this.#tree.append(entryText(entry));
      this.#positions.set(entry.writer, { seq: entry.seq, hash: entry.hash });
      taken += 1;
      if (taken % ENTRIES_PER_SAVE === 0) await this.#tree.save();
      else if (taken % ENTRIES_PER_TURN === 0) await new Promise((next) => setImmediate(next));
    }
  }

  #sign(signers: readonly NoteSigner[], handedTo?: NoteSigner): string {
    const { origin } = this.#parts;
    const { size } = this.#tree;
    const text = checkpointText({ origin, size, root: this.#tree.root(), nextKey: handedTo?.key });
    return signedNote(text, signers);
  }

  /** Both keys sign: whoever trusts the old one can follow. */
  async #handOver(newest: NoteSigner): Promise<string> {
    const signers = this.#signer === null ? [newest] : [this.#signer, newest];
    const note = this.#sign(signers, newest);
    await this.#checkpoints.addHandover(note);
    return note;
  }

  #newest(): NoteSigner {
    const signers = this.#parts.signers();
    return signers.at(-1) ?? signers[0];
  }

  /** The last checkpoint, which one of our keys signed. */
  #last(): (Checkpoint & { readonly signer: NoteSigner }) | null {
    const note = this.#checkpoints.note();
    const { files, dir, origin } = this.#parts;
    if (note === undefined) {
      if (this.#checkpoints.firstKey() === undefined) return null;
      throw new Fault('audit-failed', 'audit/log/checkpoint is gone: restore it from an anchor');
    }
    const first = this.#checkpoints.firstKey();
    if (first === undefined) throw noKey();
    const signers = this.#parts.signers();
    const keys = keysFrom(first, this.#checkpoints.handovers());
    const opened = openCheckpoint(note, keys);
    if ('problem' in opened)
      throw new Fault('audit-failed', `audit/log/checkpoint: ${opened.problem}`);
    if (opened.origin !== origin) throw new Fault('audit-failed', originProblem(opened.origin));
    // The newest of ours that signed it: behind a handover both have.
    const texts = new Set(opened.signed.map(({ key }) => key.text));
    const signer = signers.findLast(({ key }) => texts.has(key.text));
    if (signer === undefined)
      throw new Fault('audit-failed', 'the key of audit/log/checkpoint is not in the key file');
    if (listSegments(files, dir).length === 0)
      throw new Fault('audit-failed', 'the Merkle log has records and the folder has none');
    return { ...opened, signer };
  }
}

const originProblem = (origin: string): string =>
  `audit/log belongs to \`${origin}\`: set audit.checkpoint.origin to it, or use another data folder`;
