/** What stands in the rows of one step, as what it is; and what of it was changed, to be written at its end. */
import { assert } from '#stdx/assert.ts';

import { openScope } from '../budget-scope.ts';
import type { Demand } from '../limiter.ts';
import { slotName } from '../memory/slot-shelf.ts';
import { count, openWindow, slide, type SlicedWindow } from '../sliding-window.ts';
import { type Bucket, emptyDebt, type Moment, resetMs } from '../token-bucket.ts';
import type { Change, CounterState, MoneyRow, Rows, SlotRow } from './counter-rows.ts';

/** Longer than anything that may still ask for it; what is gone is the same as empty. */
const MARGIN_MS = 60_000;
const MONEY_KEPT_MS = 172_800_000;
const SLOTS_KEPT_MS = 259_200_000;

export const keyOf = ({ bucket, quota: { algorithm } }: Demand, epoch: string): string => {
  const isOfEpoch = algorithm === 'budget' || algorithm === 'concurrency';
  return `${isOfEpoch ? `${epoch}:` : ''}${algorithm}:${bucket}`;
};

export class RowStates {
  protected readonly rows: Rows;
  protected readonly epoch: string;
  protected readonly nowMs: number;
  readonly #states: Map<string, CounterState>;
  readonly #changed = new Map<string, number>();

  protected constructor(rows: Rows, states: ReadonlyMap<string, CounterState | null>) {
    this.rows = rows;
    this.epoch = rows.epoch?.epoch ?? '0';
    this.nowMs = rows.nowMs;
    this.#states = new Map();
    for (const [key, state] of states) if (state !== null) this.#states.set(key, state);
  }

  state(key: string): CounterState | undefined {
    return this.#states.get(key);
  }

  put(key: string, state: CounterState, keepMs: number): void {
    this.#states.set(key, state);
    this.#changed.set(key, keepMs);
  }

  get changes(): Change[] {
    return [...this.#changed].map(([key, keepMs]) => ({
      key,
      state: this.#states.get(key) ?? null,
      keepMs,
    }));
  }

  money(demand: Demand): MoneyRow {
    const known = this.#states.get(keyOf(demand, this.epoch));
    // What stands under the name of a budget was written by these functions.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (known !== undefined) return known as MoneyRow;
    return { ...openScope(demand.scope?.toMs ?? 0), fence: 0, ending: 0 };
  }

  changedMoney(demand: Demand): MoneyRow {
    const money = this.money(demand);
    this.put(keyOf(demand, this.epoch), money, MONEY_KEPT_MS);
    return money;
  }

  bucket(demand: Demand): Bucket {
    assert(demand.quota.algorithm === 'token-bucket', 'a bucket is of a token bucket');
    const known = this.#states.get(keyOf(demand, this.epoch));
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const bucket = known as Bucket | undefined;
    // What a row lacks was written before there were loans.
    return { ...emptyDebt(demand.quota.rate, this.nowMs), ...bucket };
  }

  changeBucket(demand: Demand, change: (bucket: Bucket, at: Moment) => void): void {
    const { quota } = demand;
    if (quota.algorithm !== 'token-bucket') return;
    const { nowMs } = this;
    const bucket = this.bucket(demand);
    change(bucket, { rate: quota.rate, nowMs });
    const loanMs = bucket.lent > 0 ? bucket.lentEndsMs - nowMs : 0;
    const keptMs = Math.max(resetMs(bucket.debt, quota.rate), loanMs) + MARGIN_MS;
    this.put(keyOf(demand, this.epoch), bucket, keptMs);
  }

  takeSlots(demand: Demand, id: string, endsMs: number): number {
    const slots = { ...this.slots(demand) };
    for (let slot = 0; slot < demand.amount; slot += 1) slots[slotName(id, slot)] = endsMs;
    this.put(keyOf(demand, this.epoch), slots, SLOTS_KEPT_MS);
    return 0;
  }

  freeSlots(demand: Demand, id: string, from: number): void {
    const gone = new Set<string>();
    for (let slot = from; slot < demand.amount; slot += 1) gone.add(slotName(id, slot));
    const left = Object.entries(this.slots(demand)).filter(([name]) => !gone.has(name));
    this.put(keyOf(demand, this.epoch), Object.fromEntries(left), SLOTS_KEPT_MS);
  }

  window(demand: Demand): SlicedWindow {
    assert(demand.quota.algorithm === 'sliding-window', 'a window is of a sliding window');
    const known = this.#states.get(keyOf(demand, this.epoch));
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const window = known as SlicedWindow | undefined;
    if (window === undefined) return openWindow(demand.quota.sliceMs, this.nowMs);
    slide(window, this.nowMs);
    return window;
  }

  changedWindow(demand: Demand): SlicedWindow {
    const { quota } = demand;
    assert(quota.algorithm === 'sliding-window', 'a window is of a sliding window');
    let window = this.window(demand);
    if (window.sliceMs !== quota.sliceMs) {
      const fresh = openWindow(quota.sliceMs, this.nowMs);
      // A reload has changed the window: what was used counts as if it were used now.
      count(fresh, window.used);
      window = fresh;
    }
    this.put(keyOf(demand, this.epoch), window, 17 * quota.sliceMs + MARGIN_MS);
    return window;
  }

  slots(demand: Demand): SlotRow {
    const known = this.#states.get(keyOf(demand, this.epoch));
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (known as SlotRow | undefined) ?? {};
  }
}
