/** Rows of counters in memory, for simulations: what a store on a server has, and can lose. */
import type { Clock } from '#stdx/clock.ts';

import type {
  Change,
  CounterRows,
  CounterState,
  EpochRow,
  HeldRow,
  MoneyRow,
  Rows,
} from '../postgres/counter-rows.ts';

/** As text: nobody holds on to a part of it. */
interface State {
  readonly counters: ReadonlyMap<string, { readonly text: string; readonly endsMs: number }>;
  readonly reservations: ReadonlyMap<string, string>;
  readonly members: ReadonlyMap<string, number>;
}

export class MemoryRows implements CounterRows {
  readonly #clock: Clock;
  #counters = new Map<string, { readonly text: string; readonly endsMs: number }>();
  #reservations = new Map<string, string>();
  #members = new Map<string, number>();
  /** One step after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  copy(): State {
    return {
      counters: new Map(this.#counters),
      reservations: new Map(this.#reservations),
      members: new Map(this.#members),
    };
  }

  /** What it had is gone. */
  take({ counters, reservations, members }: State): void {
    this.#counters = new Map(counters);
    this.#reservations = new Map(reservations);
    this.#members = new Map(members);
  }

  /** Budgets of the epoch that there is, by their counters. */
  money(): readonly (readonly [bucket: string, state: MoneyRow])[] {
    const prefix = `${this.#epoch()?.epoch ?? '0'}:budget:`;
    return [...this.#counters].flatMap(([key, { text }]) =>
      key.startsWith(prefix) && text !== 'null'
        ? [[key.slice(prefix.length), JSON.parse(text) as MoneyRow] as const]
        : [],
    );
  }

  step<T>(_nowMs: number | null, run: (rows: Rows) => Promise<T>): Promise<T> {
    const step = this.#last.then(() => run(this.#opened()));
    this.#last = step.catch(() => {});
    return step;
  }

  #epoch(): EpochRow | null {
    return this.#state('epoch') as EpochRow | null;
  }

  #state(key: string): CounterState | null {
    const known = this.#counters.get(key);
    return known === undefined ? null : (JSON.parse(known.text) as CounterState | null);
  }

  #opened(): Rows {
    const nowMs = this.#clock.monotonicMs();
    const held = (text: string): HeldRow => JSON.parse(text) as HeldRow;
    return {
      nowMs,
      epoch: this.#epoch(),
      lock: (keys) => Promise.resolve(new Map(keys.map((key) => [key, this.#state(key)]))),
      read: (key) => Promise.resolve(this.#state(key)),
      held: (id) => {
        const text = this.#reservations.get(id);
        return Promise.resolve(text === undefined ? null : held(text));
      },
      expired: (countMax) => {
        const over = [...this.#reservations.values()]
          .map(held)
          .filter((one) => one.endsMs <= nowMs);
        return Promise.resolve(over.slice(0, countMax));
      },
      keep: (one) => Promise.resolve(void this.#reservations.set(one.id, JSON.stringify(one))),
      drop: (ids) => Promise.resolve(ids.forEach((id) => this.#reservations.delete(id))),
      write: (changes: readonly Change[]) => {
        for (const { key, state, keepMs } of changes) {
          this.#counters.set(key, { text: JSON.stringify(state), endsMs: nowMs + keepMs });
        }
        return Promise.resolve();
      },
      members: (id, aliveMs) => {
        this.#members.set(id, nowMs + aliveMs);
        return Promise.resolve([...this.#members.values()].filter((ms) => ms > nowMs).length);
      },
    };
  }
}
