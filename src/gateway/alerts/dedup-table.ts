/**
 * The same finding again and again is one alert, and one more with the count when its window closes:
 * a caller who repeats an attack can neither flood the people who watch nor hide another finding
 * among a thousand equal ones. The table is bounded: when it is full, the oldest window closes early,
 * so an attacker with many names gets more follow-ups sent and nothing forgotten.
 */
import type { Alert } from './alert.ts';

const WINDOWS_MAX = 4_096;

interface Window {
  /** The latest of those that were merged; its count is of all of them. */
  merged: Alert | null;
  readonly closesAtMs: number;
  readonly lengthMs: number;
}

export type Closed = (merged: Alert, windowMs: number) => void;

export class DedupTable {
  /** In the order in which they opened. */
  readonly #windows = new Map<string, Window>();
  readonly #closed: Closed;

  constructor(closed: Closed) {
    this.#closed = closed;
  }

  /** True: nobody was told of this lately. False: it is counted, and told when the window closes. */
  admit(alert: Alert, nowMs: number, lengthMs: number): boolean {
    if (lengthMs === 0) return true;
    this.close(nowMs);
    const key = keyOf(alert);
    const known = this.#windows.get(key);
    if (known !== undefined) {
      known.merged = { ...alert, count: alert.count + (known.merged?.count ?? 0) };
      return false;
    }
    if (this.#windows.size >= WINDOWS_MAX) this.#closeFirst();
    this.#windows.set(key, { merged: null, closesAtMs: nowMs + lengthMs, lengthMs });
    return true;
  }

  /** When the next window closes. */
  get nextCloseMs(): number {
    for (const { closesAtMs } of this.#windows.values()) return closesAtMs;
    return Number.POSITIVE_INFINITY;
  }

  /** Those whose time is over; all of them where the time is infinite. */
  close(nowMs: number): void {
    for (const { closesAtMs } of this.#windows.values()) {
      if (closesAtMs > nowMs) return;
      this.#closeFirst();
    }
  }

  #closeFirst(): void {
    for (const [key, { merged, lengthMs }] of this.#windows) {
      this.#windows.delete(key);
      if (merged !== null) this.#closed(merged, lengthMs);
      return;
    }
  }
}

/** JSON keeps a name that ends like another apart from it. */
const keyOf = (alert: Alert): string => {
  const { type, tenant, guard, category, action, mode, key, approval, budget, percent } = alert;
  const what = [type, guard, category, action, mode, approval, budget, percent];
  return JSON.stringify([tenant, key, what]);
};
