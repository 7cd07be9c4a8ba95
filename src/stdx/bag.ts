/**
 * What is open now, in no order: requests, waits. Adding and removing are two stores each.
 *
 * Not a `Set`: one that thousands pass through every second leaves a chain of old hash tables behind
 * it, each of which keeps what was open when it was left until the next full collection. Measured on
 * the gateway: a tenth of a megabyte survived a young collection with this, eight megabytes with a set.
 */
export interface Slotted {
  /** Its place in the bag; -1 while it is in none. The bag's to change. */
  slot: number;
}

export class Bag<T extends Slotted> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Adding what is in the bag already changes nothing. */
  add(item: T): void {
    if (item.slot !== -1) return;
    item.slot = this.#items.length;
    this.#items.push(item);
  }

  /** Removing what is not in the bag changes nothing. */
  remove(item: T): void {
    const { slot } = item;
    if (slot === -1) return;
    item.slot = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    last.slot = slot;
    this.#items[slot] = last;
  }

  /** A copy: whoever walks it may add and remove. */
  all(): readonly T[] {
    return [...this.#items];
  }
}
