/**
 * Calls at once: each holds a slot with its own name and an end, never a place in a counter. A call
 * that is forgotten, by whatever bug, frees its slot when the lease is over; a counter would be one too
 * high for ever.
 */

/** Longer than any call may run. */
export const SLOT_LEASE_MS = 25 * 3_600_000;

export class Slots {
  /** By bucket, then by call: when the lease ends. In the order of the leases. */
  readonly #held = new Map<string, Map<string, number>>();

  /** How many are held now. */
  count(bucket: string, nowMs: number): number {
    const held = this.#held.get(bucket);
    if (held === undefined) return 0;
    for (const [id, endsMs] of held) {
      if (endsMs > nowMs) break;
      held.delete(id);
    }
    if (held.size === 0) this.#held.delete(bucket);
    return held.size;
  }

  take(bucket: string, id: string, nowMs: number): void {
    const held = this.#held.get(bucket) ?? new Map<string, number>();
    held.set(id, nowMs + SLOT_LEASE_MS);
    this.#held.set(bucket, held);
  }

  free(bucket: string, id: string): void {
    const held = this.#held.get(bucket);
    held?.delete(id);
    if (held?.size === 0) this.#held.delete(bucket);
  }

  /** Buckets with calls in them: bounded by the calls that run. */
  get bucketCount(): number {
    return this.#held.size;
  }
}
