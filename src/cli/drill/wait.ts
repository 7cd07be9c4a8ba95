/** Waiting with an end. */
import { setTimeout as sleep } from 'node:timers/promises';

export const pause = (ms: number): Promise<void> => sleep(ms);

const STEP_MS = 25;

/** Whether it became so in time. What throws is not so yet. */
export async function within(
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    try {
      if (await isSo()) return true;
    } catch {
      // Not yet: the thing that is asked may be the thing that is away.
    }
    if (performance.now() >= untilMs) return false;
    await sleep(STEP_MS);
  }
}
