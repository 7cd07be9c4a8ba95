/** What is measured of counters. Names are documented in docs/reference/metrics.md. */
import type { Labels, Metrics } from './metrics.ts';

export interface CounterState {
  /** Whether the counters are those that the configuration names. */
  readonly isUp: () => boolean;
  /** `process`, `shared`, or `away` while what is declared for that happens. */
  readonly mode: () => string;
  /** What is declared for the time without them; `none`: they are in this process, and always there. */
  readonly whileAway: () => { readonly limits: string; readonly budgets: string };
  readonly instances: () => number;
  readonly untold: () => number;
}

export function counterMetrics(metrics: Metrics, state: CounterState) {
  const { isUp, mode, whileAway, instances, untold } = state;
  metrics.gauge(
    'llmproxy_counters_up',
    '1 while the counters answer.',
    () => (isUp() ? 1 : 0),
    'min',
  );
  metrics.gauge(
    'llmproxy_counters_mode',
    'Where limits are counted now: process, shared or away.',
    (): [Labels, number][] => [[{ mode: mode() }, 1]],
  );
  metrics.gauge(
    'llmproxy_counters_while_away',
    'What is declared for limits and for hard budgets while shared counters do not answer; none: they are not shared.',
    (): [Labels, number][] => [[{ ...whileAway() }, 1]],
  );
  metrics.gauge('llmproxy_counters_instances', 'Gateways that share the counters.', instances);
  metrics.gauge(
    'llmproxy_counters_untold',
    'Ends of calls that shared counters have not heard of.',
    untold,
    'sum',
  );
}
