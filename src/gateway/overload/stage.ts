/**
 * What the gateway does as the process runs short of memory or time, in stages. Pure: what was
 * measured goes in, the stage comes out.
 *
 * It rises at once and as far as it must. It falls one stage at a time, after at least a second, and
 * only when what was measured is clearly below the line that it rose over: what sheds load lowers the
 * measure, and a stage that ended at the same line would begin again at once.
 */
export const stages = ['normal', 'no-keep-alive', 'shed-batch', 'shed', 'reset'] as const;
export type Stage = (typeof stages)[number];

/** Shares of what there is: 1 is all of it. */
export interface Pressure {
  readonly memory: number;
  readonly heap: number;
  /** How late the event loop is, while it has no idle time. */
  readonly loop: number;
}

export interface StageState {
  readonly stage: Stage;
  readonly sinceMs: number;
}

/** Where each stage after the first begins. */
const RISES: Readonly<Record<Exclude<Stage, 'normal'>, number>> = {
  'no-keep-alive': 0.85,
  'shed-batch': 0.92,
  shed: 0.95,
  reset: 0.98,
};
const FALL_BELOW = 0.04;
export const DWELL_MS = 1_000;

const riseOf = (stage: Stage): number => (stage === 'normal' ? 0 : RISES[stage]);

/** Ending streams gives memory back. It gives no time back, so a late loop does not ask for it. */
function pressureOf({ memory, heap, loop }: Pressure, stage: Stage): number {
  const space = Math.max(memory, heap);
  return stage === 'reset' ? space : Math.max(space, Math.min(loop, RISES.shed));
}

export function nextStage(state: StageState, pressure: Pressure, nowMs: number): StageState {
  const measured = pressureOf(pressure, state.stage);
  const now = stages.indexOf(state.stage);
  const wanted = stages.findLastIndex((stage) => measured >= riseOf(stage));
  if (wanted > now) return { stage: stages[wanted] ?? 'normal', sinceMs: nowMs };
  if (now === 0 || nowMs - state.sinceMs < DWELL_MS) return state;
  if (measured >= riseOf(state.stage) - FALL_BELOW) return state;
  return { stage: stages[now - 1] ?? 'normal', sinceMs: nowMs };
}

/** Whether a stage is that one or a later one. */
export const isAtLeast = (stage: Stage, least: Stage): boolean =>
  stages.indexOf(stage) >= stages.indexOf(least);
