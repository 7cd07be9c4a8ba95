/**
 * Another machine that remembers the last checkpoint it saw and signs the next one only where that one
 * goes on from it (C2SP tlog-witness). Its signature, with the time, is kept beside the log: a
 * checkpoint that an `--anchor` can be.
 */
import type { Anchor, Anchored } from '#audit/anchors/anchor.ts';
import { toBase64 } from '#audit/merkle/digest.ts';
import { type NoteKey, parseNote, signersOf } from '#audit/merkle/signed-note.ts';
import { Fault } from '#domain/fault.ts';

import { AnchorHttp } from './anchor-http.ts';

export interface WitnessOptions {
  readonly name: string;
  readonly url: URL;
  readonly key: NoteKey;
  readonly allowPrivateAddress: boolean;
  /** Keeps the checkpoint with the witness's signature. */
  readonly keepCopy: (note: string) => Promise<void>;
}

export class WitnessAnchor implements Anchor {
  readonly name: string;
  readonly type = 'witness';
  readonly isOutside = true;
  readonly everyMs = 0;
  readonly #options: WitnessOptions;
  readonly #http: AnchorHttp;
  /** The size that it has signed last, as far as we know. */
  #oldSize = 0;

  constructor(options: WitnessOptions) {
    const { name, url, allowPrivateAddress } = options;
    this.name = name;
    this.#options = options;
    this.#http = new AnchorHttp(url, { allowPrivateAddress, contentType: 'text/plain' });
  }

  async keep(checkpoint: Anchored): Promise<void> {
    const lines = (await this.#add(checkpoint)) ?? (await this.#add(checkpoint));
    if (lines === null) throw new Fault('audit-failed', 'the witness has seen another size again');
    const note = checkpoint.note + lines;
    const parsed = parseNote(note);
    const signed = parsed && signersOf(parsed, [this.#options.key]);
    if (signed?.[0] === undefined)
      throw new Fault('audit-failed', 'the witness did not sign with its key');
    await this.#options.keepCopy(note);
    this.#oldSize = checkpoint.size;
  }

  /** Its lines; null: it has seen another size, and `#oldSize` is what it said. */
  async #add({ note, size, consistency }: Anchored): Promise<string | null> {
    const proof = consistency(this.#oldSize).map((digest) => `${toBase64(digest)}\n`);
    const body = `old ${this.#oldSize}\n${proof.join('')}\n${note}`;
    const { status, body: answer } = await this.#http.post('/add-checkpoint', body);
    const text = answer.toString('utf8');
    if (status === 200) return text;
    if (status !== 409) throw new Fault('audit-failed', `the witness said ${status}`);
    const seen = Number(text.trim());
    if (!Number.isSafeInteger(seen) || seen < 0 || seen > size)
      throw new Fault(
        'audit-failed',
        `the witness has seen a log that is longer: ${size} is not it`,
      );
    if (seen === this.#oldSize)
      throw new Fault('audit-failed', 'the witness has seen another log of this size: a fork');
    this.#oldSize = seen;
    return null;
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
