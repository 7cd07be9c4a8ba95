/** Drafts that wait for their write, in order. Its bound is the writer's: `queueMax`. */
import { Fault } from '#domain/fault.ts';

import type { Chain } from './chain.ts';
import { FRAME_BYTES_MAX } from './frame.ts';
import type { AuditDraft, AuditKind } from './record.ts';

const BATCH_BYTES = 1_024 * 1_024;
const BATCH_RECORDS_MAX = 256;

/** One more frame may begin below `BATCH_BYTES`. */
export const BATCH_BUFFER_BYTES = BATCH_BYTES + FRAME_BYTES_MAX;

export interface Pending {
  readonly draft: AuditDraft;
  readonly atMs: number;
  readonly resolve: (seq: number) => void;
  readonly reject: (fault: Fault) => void;
}

export class DraftQueue {
  #pending: Pending[] = [];

  get length(): number {
    return this.#pending.length;
  }

  add(pending: Pending): void {
    this.#pending.push(pending);
  }

  putBack(taken: readonly Pending[]): void {
    this.#pending.unshift(...taken);
  }

  /** Takes the next drafts and encodes them from the beginning of `into`. */
  encode(chain: Chain, into: Buffer): { taken: Pending[]; bytes: number } {
    const taken: Pending[] = [];
    let bytes = 0;
    let looked = 0;
    for (const pending of this.#pending) {
      if (looked === BATCH_RECORDS_MAX || bytes >= BATCH_BYTES) break;
      looked += 1;
      try {
        bytes = chain.encode(pending.draft, pending.atMs, into, bytes);
        taken.push(pending);
      } catch (thrown) {
        // One record that does not fit a frame fails its own caller, not those behind it.
        const where = 'a record was not encoded';
        pending.reject(thrown instanceof Fault ? thrown : new Fault('audit-failed', where));
      }
    }
    this.#pending.splice(0, looked);
    return { taken, bytes };
  }

  /** Tells the callers of every draft, or of those of one kind, that it was not written. */
  reject(where: string, kind?: AuditKind): void {
    const rejected = this.#pending.filter(({ draft }) => kind === undefined || draft.kind === kind);
    const gone = new Set(rejected);
    this.#pending = this.#pending.filter((pending) => !gone.has(pending));
    for (const { reject } of rejected) reject(new Fault('audit-failed', where));
  }
}
