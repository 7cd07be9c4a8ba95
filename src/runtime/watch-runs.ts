/** The end of runs whose time is over, and of what is kept of them. */
import { sweepRuns } from '#admin/runs/run-service.ts';
import { systemTimers } from '#audit/timers.ts';
import { Fault, faultCodeOf } from '#domain/fault.ts';
import type { Principal } from '#domain/principal.ts';

import type { World } from './world.ts';

const OVER_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 60_000;

/** Ends the calls of runs whose time is over, and takes away what was over long ago. */
export function watchRuns({ storage, clock, running, log, isOwner }: World): () => void {
  const stops = [
    every(OVER_EVERY_MS, () => {
      const nowMs = clock.nowMs();
      const isOver = ({ run }: Principal): boolean => run !== null && run.endsMs <= nowMs;
      running.endWhere(isOver, new Fault('client-gone', 'the time of the run is over'));
    }),
    every(SWEEP_EVERY_MS, () => {
      if (!isOwner) return;
      sweepRuns({ storage, clock }).catch((thrown: unknown) => {
        log.write('error', 'runs-not-swept', { code: faultCodeOf(thrown) });
      });
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function every(ms: number, run: () => void): () => void {
  let stop = (): void => {};
  const again = (): void => {
    stop = systemTimers.after(ms, () => {
      run();
      again();
    });
  };
  again();
  return () => stop();
}
