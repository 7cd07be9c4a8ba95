/**
 * The hash chain of one writer: numbers records, links each to the one before, encodes frames.
 * `mark` and `rewind` undo numbers whose bytes did not reach the file: a number is used once.
 */
import { type FrameText, chainHash, frameText, writeFrame } from './frame.ts';
import type { AuditDraft } from './record.ts';

export interface ChainMark {
  readonly seq: number;
  readonly head: string;
}

export class Chain {
  readonly #writer: string;
  readonly #epoch: number;
  #seq: number;
  #head: string;
  #atMs = Number.NaN;
  #at = '';

  constructor(writer: string, epoch: number, { seq, head }: ChainMark) {
    this.#writer = writer;
    this.#epoch = epoch;
    this.#seq = seq;
    this.#head = head;
  }

  get seq(): number {
    return this.#seq;
  }

  get head(): string {
    return this.#head;
  }

  mark(): ChainMark {
    return { seq: this.#seq, head: this.#head };
  }

  rewind({ seq, head }: ChainMark): void {
    this.#seq = seq;
    this.#head = head;
  }

  /** Appends the frame of the next record at `offset`; returns where it ends. Throws on one too long. */
  encode(draft: AuditDraft, atMs: number, into: Buffer, offset: number): number {
    const text: FrameText = frameText(draft, {
      v: 1,
      seq: this.#seq + 1,
      writer: this.#writer,
      epoch: this.#epoch,
      prev: this.#head,
      at: this.#timeText(atMs),
    });
    const { chainedStart, personalStart, end } = writeFrame(into, offset, text);
    this.#head = chainHash(into.subarray(chainedStart, personalStart));
    this.#seq += 1;
    return end;
  }

  /** Many records share a millisecond, and the text costs more than the comparison. */
  #timeText(atMs: number): string {
    if (atMs !== this.#atMs) {
      this.#atMs = atMs;
      this.#at = new Date(atMs).toISOString();
    }
    return this.#at;
  }
}
