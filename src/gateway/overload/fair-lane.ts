/**
 * Calls of one class that wait, and whose turn it is. Each tenant has a line of its own and a place
 * in virtual time that moves by 1/weight with each of its calls; the line that is furthest behind is
 * next. So a tenant with a thousand calls in its line delays another's by one call, not by a thousand.
 */
import { Chain, type Link } from '#stdx/chain.ts';
import { Heap } from '#stdx/heap.ts';

import type { Claim } from './claim.ts';

interface Line<T> {
  readonly waiting: Chain<T>;
  /** Where it stands in virtual time. It changes only while the line is not in the heap. */
  pass: number;
  isInHeap: boolean;
}

export interface Place<T> {
  readonly line: Line<T>;
  readonly link: Link<T>;
}

/** Lines of tenants that have nobody waiting stay until the lane is empty: they are as many as tenants. */
export class FairLane<T extends { readonly claim: Claim }> {
  readonly #lines = new Map<string, Line<T>>();
  readonly #heap = new Heap<Line<T>>(({ pass }) => pass);
  #size = 0;
  #now = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(tenant: string): number {
    return this.#lines.get(tenant)?.waiting.size ?? 0;
  }

  add(item: T): Place<T> {
    const { tenant } = item.claim;
    let line = this.#lines.get(tenant);
    if (line === undefined) {
      line = { waiting: new Chain<T>(), pass: this.#now, isInHeap: false };
      this.#lines.set(tenant, line);
    }
    const link = line.waiting.add(item);
    this.#size += 1;
    // Who had nobody waiting has saved nothing up.
    if (!line.isInHeap) line.pass = Math.max(line.pass, this.#now);
    this.#enter(line);
    return { line, link };
  }

  remove({ line, link }: Place<T>): void {
    if (!link.isIn) return;
    line.waiting.remove(link);
    this.#left();
  }

  /**
   * Who is next: the oldest of the line whose turn it is, or its newest where the oldest `isOld`. The
   * caller takes it out with `remove`.
   */
  next(isOld: (oldest: T) => boolean): T | undefined {
    for (let line = this.#heap.pop(); line !== undefined; line = this.#heap.pop()) {
      line.isInHeap = false;
      const { first, last } = line.waiting;
      // Everybody in the line has left since it was put there.
      if (first === undefined || last === undefined) continue;
      const item = isOld(first) ? last : first;
      this.#now = line.pass;
      line.pass += 1 / item.claim.weight;
      if (line.waiting.size > 1) this.#enter(line);
      return item;
    }
    return undefined;
  }

  #enter(line: Line<T>): void {
    if (line.isInHeap) return;
    line.isInHeap = true;
    this.#heap.push(line);
  }

  #left(): void {
    this.#size -= 1;
    if (this.#size > 0) return;
    this.#lines.clear();
    this.#heap.clear();
    this.#now = 0;
  }
}
