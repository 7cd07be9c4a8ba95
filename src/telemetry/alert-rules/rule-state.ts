/**
 * The state of one rule for one subject: pending while it is too much and not yet for long enough,
 * firing from then on, resolved when it is over. Pure: time and value are arguments.
 */
export interface RuleState {
  readonly phase: 'pending' | 'firing' | 'resolved';
  /** Since when it is in this phase; of pending, since when it is too much. */
  readonly sinceMs: number;
  readonly value: number | null;
}

export interface Seen {
  readonly value: number | null;
  readonly isOver: boolean;
  readonly nowMs: number;
}

/** Null: there is nothing to tell of it, and it need not be remembered. */
export function nextState(
  before: RuleState | null,
  { value, isOver, nowMs }: Seen,
  bounds: { readonly forMs: number; readonly keptMs: number },
): RuleState | null {
  if (isOver) {
    if (before?.phase === 'firing') return { ...before, value };
    const sinceMs = before?.phase === 'pending' ? before.sinceMs : nowMs;
    if (nowMs - sinceMs >= bounds.forMs) return { phase: 'firing', sinceMs: nowMs, value };
    return { phase: 'pending', sinceMs, value };
  }
  if (before?.phase === 'firing') return { phase: 'resolved', sinceMs: nowMs, value };
  // What was never told ends without a word; what was, is shown for a while.
  if (before?.phase !== 'resolved') return null;
  return nowMs - before.sinceMs >= bounds.keptMs ? null : before;
}
