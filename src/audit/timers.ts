/** Waiting as an argument. Timers here never keep the process alive: `close` writes what is left. */
export interface Timers {
  /** Runs once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * `null` when `work` ends in time, else why not: its error code, or `late`. The work itself cannot be
 * stopped: a device that hangs keeps its thread, so callers never start a second one on top.
 */
export async function endsWithin(
  work: Promise<void>,
  ms: number,
  { timers, codeOf }: { timers: Timers; codeOf: (thrown: unknown) => string },
): Promise<string | null> {
  return await new Promise((resolve) => {
    const cancel = timers.after(ms, () => resolve('late'));
    const end = (code: string | null): void => {
      cancel();
      resolve(code);
    };
    work.then(
      () => end(null),
      (thrown: unknown) => end(codeOf(thrown)),
    );
  });
}
