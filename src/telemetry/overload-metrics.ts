/** What is measured of overload. Names are documented in docs/reference/metrics.md. */
import type { Labels, Metrics } from './metrics.ts';

export interface OverloadState {
  /** 0 while all is well. */
  readonly stage: () => number;
  readonly depths: () => readonly (readonly [Labels, number])[];
  readonly limits: () => readonly (readonly [Labels, number])[];
}

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export function overloadMetrics(metrics: Metrics, classes: readonly string[]) {
  const waits = metrics.histogram(
    'llmproxy_queue_wait_seconds',
    'Time in a queue of calls that had to wait, however it ended.',
    SECONDS,
  );
  const sheds = metrics.counter('llmproxy_shed_total', 'Calls that were not taken, by why.');
  const held = metrics.counter(
    'llmproxy_refusals_held_total',
    'Refusals of strangers that were held back.',
  );
  held.add({}, 0);
  // There from the beginning, so that a first step is seen.
  for (const one of classes) waits.open({ class: one });
  for (const reason of ['full', 'late', 'stage']) {
    for (const one of classes) sheds.add({ reason, class: one }, 0);
  }
  return {
    /** Apart from the rest: what is read exists later than what is counted. */
    watch(state: OverloadState): void {
      metrics.gauge('llmproxy_overload_stage', '0 normal to 4 reset.', state.stage, 'max');
      metrics.gauge(
        'llmproxy_queue_depth',
        'Calls that wait, by where and class.',
        state.depths,
        'sum',
      );
      metrics.gauge(
        'llmproxy_concurrency_limit',
        'Calls that a deployment gets at once.',
        state.limits,
        'sum',
      );
    },
    waited: (callClass: string, ms: number): void =>
      waits.observe({ class: callClass }, ms / 1_000),
    shed: (reason: string, callClass: string): void => sheds.add({ reason, class: callClass }),
    refusalHeld: (): void => held.add({}, 1),
    ended: (count: number): void => sheds.add({ reason: 'reset', class: 'running' }, count),
  };
}

export type OverloadMetrics = ReturnType<typeof overloadMetrics>;
