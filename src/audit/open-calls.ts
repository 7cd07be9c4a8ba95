/**
 * Calls that were admitted and have not ended: request id → the segment that holds the `admit`. The
 * oldest of them says where recovery has to begin to read. Bounded: beyond `CALLS_MAX` the oldest is
 * forgotten, and would get no `crash_unknown` record after a crash.
 */
import type { AuditDraft } from './record.ts';

export const CALLS_MAX = 100_000;

export class OpenCalls {
  readonly #segments = new Map<string, string>();

  note({ kind, requestId }: AuditDraft, segmentFileName: string): void {
    if (requestId === undefined) return;
    if (kind === 'admit') this.#admit(requestId, segmentFileName);
    else if (kind === 'complete' || kind === 'deny') this.#segments.delete(requestId);
  }

  /** The oldest segment that recovery needs. A map iterates in the order of insertion. */
  oldestSegment(otherwise: string): string {
    for (const segment of this.#segments.values()) return segment;
    return otherwise;
  }

  #admit(requestId: string, segmentFileName: string): void {
    this.#segments.set(requestId, segmentFileName);
    if (this.#segments.size <= CALLS_MAX) return;
    for (const oldest of this.#segments.keys()) {
      this.#segments.delete(oldest);
      return;
    }
  }
}
