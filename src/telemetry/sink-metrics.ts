/** What the gateway measures of its audit sinks. Names are documented in docs/reference/metrics.md. */
import type { Labels, Metrics } from './metrics.ts';

export interface SinkNumbers {
  readonly name: string;
  readonly state: string;
  readonly lagRecords: number;
  readonly lagMs: number;
  readonly lagBytes: number;
}

const STATES: Readonly<Record<string, number>> = { ok: 0, starting: 0, waiting: 1, refused: 2 };
const STOPPED = 3;

export function sinkMetrics(metrics: Metrics, read: () => readonly SinkNumbers[]) {
  const gauge = (name: string, help: string, of: (sink: SinkNumbers) => number): void =>
    metrics.gauge(name, help, () =>
      read().map((sink): readonly [Labels, number] => [{ sink: sink.name }, of(sink)]),
    );
  gauge(
    'llmproxy_audit_sink_lag_records',
    'Records that a sink does not have yet.',
    ({ lagRecords }) => lagRecords,
  );
  gauge(
    'llmproxy_audit_sink_lag_seconds',
    'Age of the oldest record that a sink is being sent.',
    ({ lagMs }) => lagMs / 1_000,
  );
  gauge(
    'llmproxy_audit_sink_lag_bytes',
    'Bytes of the log that a sink does not have yet.',
    ({ lagBytes }) => lagBytes,
  );
  gauge(
    'llmproxy_audit_sink_state',
    '0 ok, 1 waiting to try again, 2 refused by its receiver, 3 stopped.',
    ({ state }) => STATES[state] ?? STOPPED,
  );
  const delivered = metrics.counter(
    'llmproxy_audit_sink_delivered_total',
    'Records, or files, that a sink has taken.',
  );
  const failures = metrics.counter(
    'llmproxy_audit_sink_failures_total',
    'Parcels that a sink did not take.',
  );
  return {
    /** There from the beginning, so that the first step is seen. */
    begun(sink: string): void {
      delivered.add({ sink }, 0);
      failures.add({ sink }, 0);
    },
    delivered: (sink: string, count: number): void => delivered.add({ sink }, count),
    failed: (sink: string): void => failures.add({ sink }),
  };
}
