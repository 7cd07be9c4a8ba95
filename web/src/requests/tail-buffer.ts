/**
 * What a live view holds: the newest rows, and a count of everything that it does not show. Bounded, and
 * nothing is left out in silence: a row is shown, held while the view is paused, or counted.
 */

export const SHOWN_MAX = 2_000;
export const HELD_MAX = 5_000;

/** What a row must say to be told from others. */
export interface Placed {
  readonly writer: string;
  readonly seq: number;
  readonly at: string;
}

export interface TailView<Row> {
  /** The newest first. */
  readonly rows: readonly Row[];
  /** All that the gateway has sent. */
  readonly received: number;
  /** Not sent: this reader was slower than the log. */
  readonly missed: number;
  /** Wait until the view goes on. */
  readonly held: number;
  /** Came while the view was paused, and no longer fitted. */
  readonly overflowed: number;
  /** Were shown, and made room for newer ones. */
  readonly passed: number;
  readonly isPaused: boolean;
}

const placeOf = ({ writer, seq }: Placed): string => `${writer}:${seq}`;

export class TailBuffer<Row extends Placed> {
  #rows: readonly Row[] = [];
  #held: Row[] = [];
  readonly #places = new Set<string>();
  #received = 0;
  #missed = 0;
  #overflowed = 0;
  #passed = 0;
  #isPaused = false;

  /** In the order in which they came. One that is here already is not taken twice. */
  add(rows: readonly Row[]): void {
    const fresh: Row[] = [];
    for (const row of rows) {
      const place = placeOf(row);
      if (this.#places.has(place)) continue;
      this.#places.add(place);
      fresh.push(row);
    }
    this.#received += fresh.length;
    if (!this.#isPaused) {
      this.#show(fresh);
      return;
    }
    const room = HELD_MAX - this.#held.length;
    this.#held.push(...fresh.slice(0, room));
    for (const row of fresh.slice(room)) this.#places.delete(placeOf(row));
    this.#overflowed += Math.max(0, fresh.length - room);
  }

  miss(count: number): void {
    this.#missed += count;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = [];
    this.#show(held);
  }

  /** The time of the newest row that came; null: none did. */
  newestAt(): string | null {
    return this.#held.at(-1)?.at ?? this.#rows[0]?.at ?? null;
  }

  view(): TailView<Row> {
    return {
      rows: this.#rows,
      received: this.#received,
      missed: this.#missed,
      held: this.#held.length,
      overflowed: this.#overflowed,
      passed: this.#passed,
      isPaused: this.#isPaused,
    };
  }

  #show(fresh: readonly Row[]): void {
    if (fresh.length === 0) return;
    const all = [...fresh.toReversed(), ...this.#rows];
    for (const row of all.slice(SHOWN_MAX)) this.#places.delete(placeOf(row));
    this.#passed += Math.max(0, all.length - SHOWN_MAX);
    this.#rows = all.slice(0, SHOWN_MAX);
  }
}
