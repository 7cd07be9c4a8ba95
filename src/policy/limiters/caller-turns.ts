/**
 * A line in which callers take turns: each has its own first come, first served, and whoever has
 * waited longest since its last turn is next. One that sends a hundred at once delays itself.
 */
export class CallerTurns<T> {
  readonly #waiting = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(caller: string, item: T): void {
    const own = this.#waiting.get(caller);
    if (own === undefined) this.#waiting.set(caller, [item]);
    else own.push(item);
    this.#size += 1;
  }

  /** Whoever is next, and out of the line. */
  shift(): T | undefined {
    for (const [caller, own] of this.#waiting) {
      const item = own.shift();
      this.#waiting.delete(caller);
      if (own.length > 0) this.#waiting.set(caller, own);
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Who has left keeps nobody waiting. False: it was not in the line any more. */
  remove(caller: string, item: T): boolean {
    const own = this.#waiting.get(caller);
    const index = own?.indexOf(item) ?? -1;
    if (own === undefined || index === -1) return false;
    own.splice(index, 1);
    if (own.length === 0) this.#waiting.delete(caller);
    this.#size -= 1;
    return true;
  }
}
