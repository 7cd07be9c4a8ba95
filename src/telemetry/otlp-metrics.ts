/** What is measured of the export itself. Names are documented in docs/reference/metrics.md. */
import type { Labels, Metrics } from './metrics.ts';
import { exportResults, type ExportResult, type Signal } from './otlp/shipper.ts';

export function otlpMetrics(
  metrics: Metrics,
  queued: () => readonly (readonly [Labels, number])[],
) {
  const items = metrics.counter(
    'llmproxy_otlp_items_total',
    'Spans, points and log records for the collector, and what became of them.',
  );
  const retries = metrics.counter(
    'llmproxy_otlp_retries_total',
    'Requests to the collector that failed and are made again.',
  );
  metrics.gauge(
    'llmproxy_otlp_queued',
    'Spans and log records that wait for the collector.',
    queued,
    'sum',
  );
  return {
    /** Each result is there from the beginning, so that its first step is seen. */
    begun(signal: Signal): void {
      for (const result of exportResults) items.add({ signal, result }, 0);
      retries.add({ signal }, 0);
    },
    ended: (signal: Signal, result: ExportResult, count: number): void =>
      items.add({ signal, result }, count),
    retried: (signal: Signal): void => retries.add({ signal }),
  };
}
