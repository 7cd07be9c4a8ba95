/** What is measured of workers. Names are documented in docs/reference/metrics.md. */
import type { Metrics } from './metrics.ts';

const STATES = ['ready', 'starting', 'ended'] as const;

export interface MeasuredWorker {
  readonly state: (typeof STATES)[number];
}

export function workerMetrics(metrics: Metrics, workers: () => readonly MeasuredWorker[]): void {
  metrics.gauge(
    'llmproxy_workers',
    'Processes that take calls, by state; 0: there is one process for everything.',
    () =>
      STATES.map((state) => {
        const count = workers().filter((one) => one.state === state).length;
        return [{ state }, count] as const;
      }),
  );
}
