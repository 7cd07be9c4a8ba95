/** What the gateway measures of its alerts. Names are documented in docs/reference/metrics.md. */
import type { Labels, Metrics } from './metrics.ts';

export type AlertMetrics = ReturnType<typeof alertMetrics>;

export function alertMetrics(
  metrics: Metrics,
  queued: () => readonly (readonly [Labels, number])[],
) {
  const alerts = metrics.counter(
    'llmproxy_alerts_total',
    'Alerts by target and what became of them.',
  );
  const retries = metrics.counter(
    'llmproxy_alert_retries_total',
    'Attempts at an alert that failed and are made again.',
  );
  metrics.gauge('llmproxy_alerts_queued', 'Alerts that wait for their receiver.', queued);

  return {
    /** Each result of a target is there from the beginning, so that its first step is seen. */
    begun(target: string, results: readonly string[]): void {
      for (const result of results) alerts.add({ target, result }, 0);
      retries.add({ target }, 0);
    },
    ended: (target: string, result: string, count: number): void =>
      alerts.add({ target, result }, count),
    retried: (target: string): void => retries.add({ target }),
  };
}
