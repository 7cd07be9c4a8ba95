/** A list in the order in which things came, out of which each may leave at once, wherever it stands. */
export interface Link<T> {
  readonly item: T;
  before: Link<T> | null;
  after: Link<T> | null;
  /** Whether it is in a chain. */
  isIn: boolean;
}

export class Chain<T> {
  #first: Link<T> | null = null;
  #last: Link<T> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.item;
  }

  get last(): T | undefined {
    return this.#last?.item;
  }

  add(item: T): Link<T> {
    const link: Link<T> = { item, before: this.#last, after: null, isIn: true };
    if (this.#last === null) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    this.#size += 1;
    return link;
  }

  /** Removing what has left already changes nothing. */
  remove(link: Link<T>): void {
    if (!link.isIn) return;
    const { before, after } = link;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    link.before = null;
    link.after = null;
    link.isIn = false;
    this.#size -= 1;
  }
}
