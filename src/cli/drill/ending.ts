/**
 * What has to happen however a drill ends, also by a signal or by our bug: its processes are ended and
 * its folders removed. Each step is synchronous: there is no later.
 */
import { constants } from 'node:os';

const steps = new Set<() => void>();
let isArmed = false;

/** The last first. Gives back how to forget it, when it was done in good order. */
export function atEnd(step: () => void): () => void {
  arm();
  steps.add(step);
  return () => void steps.delete(step);
}

function arm(): void {
  if (isArmed) return;
  isArmed = true;
  process.on('exit', () => {
    for (const step of [...steps].toReversed()) step();
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // As a shell says it: the number of the signal, and 128.
    process.once(name, () => process.exit(128 + constants.signals[name]));
  }
}
