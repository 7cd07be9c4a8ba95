/**
 * The sliding window, in slices. In any window of time no more than the amount is let through: what
 * counts is the slice that runs and as many before it as a whole window touches. That is at most one
 * slice more than a window, so capacity comes back up to a slice late and never early.
 *
 * (The usual two-counter estimate assumes that the window before was even, and lets through up to
 * twice the amount where it was not.)
 */

export const SLICES = 16;

export interface SlicedWindow {
  readonly sliceMs: number;
  /** Number of the slice that runs: time over the length of a slice. */
  slice: number;
  /** What each slice used, the newest at `slice % counts.length`. */
  readonly counts: number[];
  used: number;
}

/** Whole milliseconds, so that slices have the same borders in every store. */
export const sliceMsOf = (windowMs: number): number => Math.max(1, Math.ceil(windowMs / SLICES));

/** One more than a window has: the oldest is only partly inside it. */
const KEPT = SLICES + 1;

export function openWindow(sliceMs: number, nowMs: number): SlicedWindow {
  const counts = Array.from({ length: KEPT }, () => 0);
  return { sliceMs, slice: Math.floor(nowMs / sliceMs), counts, used: 0 };
}

/** Moves to the slice of `nowMs` and forgets what has left the window. A clock back moves nothing. */
export function slide(window: SlicedWindow, nowMs: number): void {
  const slice = Math.floor(nowMs / window.sliceMs);
  const passed = Math.min(KEPT, slice - window.slice);
  for (let step = 1; step <= passed; step += 1) {
    const at = (window.slice + step) % KEPT;
    window.used -= window.counts[at] ?? 0;
    window.counts[at] = 0;
  }
  if (passed > 0) window.slice = slice;
}

/** Counts `amount` in the slice that runs. */
export function count(window: SlicedWindow, amount: number): void {
  const at = window.slice % KEPT;
  window.counts[at] = (window.counts[at] ?? 0) + amount;
  window.used += amount;
}

/**
 * Takes back what was not used from the slice that it was counted in, as far as it is still there: a
 * later slice may not become cheaper by it.
 */
export function countBack(window: SlicedWindow, amount: number, slice: number): void {
  if (slice > window.slice || slice <= window.slice - KEPT) return;
  const at = slice % KEPT;
  const given = Math.min(amount, window.counts[at] ?? 0);
  window.counts[at] = (window.counts[at] ?? 0) - given;
  window.used -= given;
}

/** How long until `amount` fits in `limit`; it must not be more than that. */
export function slideMs(
  window: SlicedWindow,
  amount: number,
  limit: number,
  nowMs: number,
): number {
  let excess = window.used + amount - limit;
  for (let age = SLICES; age >= 0 && excess > 0; age -= 1) {
    const slice = window.slice - age;
    if (slice < 0) continue;
    excess -= window.counts[slice % KEPT] ?? 0;
    // A slice leaves when the one that is a window and a slice after it begins.
    if (excess <= 0) return Math.max(1, (slice + KEPT) * window.sliceMs - nowMs);
  }
  return window.sliceMs;
}
