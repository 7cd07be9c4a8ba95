/**
 * Calls at once: each holds a slot by its own name, never a place in a counter. A call that is
 * forgotten, by whatever bug, frees its slot when its lease is over; a counter would be one too high
 * for ever.
 */
export class Slots {
  /** By bucket, the calls in it. */
  readonly #held = new Map<string, Set<string>>();

  /** How many are held now. */
  count(bucket: string): number {
    return this.#held.get(bucket)?.size ?? 0;
  }

  take(bucket: string, id: string): void {
    const held = this.#held.get(bucket);
    if (held === undefined) this.#held.set(bucket, new Set([id]));
    else held.add(id);
  }

  free(bucket: string, id: string): void {
    const held = this.#held.get(bucket);
    held?.delete(id);
    if (held?.size === 0) this.#held.delete(bucket);
  }

  buckets(): Iterable<string> {
    return this.#held.keys();
  }

  /** Buckets with calls in them: bounded by the calls that run. */
  get bucketCount(): number {
    return this.#held.size;
  }
}
