/** Work that is done again and again. */
import { systemTimers } from '#audit/timers.ts';

/** Begins again when it has run, so that a slow turn is not followed by a second one. */
/** `ms`: until the next turn. */
export function every(ms: number | (() => number), run: () => unknown): () => void {
  let stop = (): void => {};
  let isOver = false;
  const again = (): void => {
    if (isOver) return;
    stop = systemTimers.after(typeof ms === 'number' ? ms : ms(), () => void turn());
  };
  const turn = async (): Promise<void> => {
    try {
      await run();
    } finally {
      again();
    }
  };
  again();
  return () => {
    isOver = true;
    stop();
  };
}
