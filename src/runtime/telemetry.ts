/**
 * What the gateway tells of itself: the registry of metrics, and the export of traces, metrics and
 * lines of the log to a collector. It outlives configurations. Off, there is no tracer, no timer, and
 * one look for each line of the log.
 */
import { systemTimers } from '#audit/timers.ts';
import type { Config } from '#config/config.ts';
import type { OtlpSection } from '#config/telemetry-section.ts';
import { HttpCollector } from '#gateway/otlp-collector.ts';
import type { CallTrace } from '#gateway/tracing/call-trace.ts';
import { Tracer } from '#gateway/tracing/tracer.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Log } from '#telemetry/log.ts';
import { Metrics } from '#telemetry/metrics.ts';
import { exportedLog } from '#telemetry/otlp/exported-log.ts';
import { Exporter } from '#telemetry/otlp/exporter.ts';
import type { LogRecord } from '#telemetry/otlp/span.ts';
import { otlpMetrics } from '#telemetry/otlp-metrics.ts';

export interface TelemetryParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly version: string;
  /** False: another process tells the metrics of this one with its own. */
  readonly tellsMetrics: boolean;
}

/** What waits when the gateway stops, or has another collector, is sent once, for at most this long. */
const DRAIN_MS = 5_000;

export class Telemetry {
  readonly metrics = new Metrics();
  /** To where it went before, and to the collector. */
  readonly log: Log;
  readonly #parts: TelemetryParts;
  readonly #meter: ReturnType<typeof otlpMetrics>;
  readonly #running = new Map<string, CallTrace>();
  readonly #startMs: number;
  #instance = '';
  #section = '';
  #exporter: Exporter | null = null;
  #takesLogs = false;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
    this.#startMs = parts.clock.nowMs();
    this.log = exportedLog(parts.log, {
      clock: parts.clock,
      tap: () => (this.#takesLogs ? this.#takeLog : null),
      traceOf: (requestId) => this.#spanOf(requestId),
    });
    this.#meter = otlpMetrics(this.metrics, () => this.#exporter?.queued() ?? []);
  }

  /** Which gateway this is, among those that share a collector. */
  set instance(instance: string) {
    this.#instance = instance;
  }

  /** The collector of a configuration, in place of the one before. What is the same goes on. */
  use({ telemetry: { otlp } }: Config): void {
    const section = JSON.stringify(otlp);
    if (section === this.#section) return;
    this.#section = section;
    const before = this.#exporter;
    this.#exporter = otlp === null ? null : this.#open(otlp);
    this.#takesLogs = otlp?.signals.includes('logs') === true;
    void before?.close(DRAIN_MS);
  }

  /** Null: nobody traces calls. The tracer is of one configuration; what it hands on goes where it goes now. */
  tracerOf({ telemetry: { otlp }, tenants }: Config): Tracer | null {
    if (otlp?.signals.includes('traces') !== true) return null;
    const silent = tenants.filter(({ propagateTrace }) => !propagateTrace).map(({ id }) => id);
    return new Tracer(
      {
        sampleRatio: otlp.sampleRatio,
        keepsState: otlp.traceState === 'keep',
        silentTenants: new Set(silent),
      },
      { clock: this.#parts.clock, take: (spans) => this.#exporter?.takeSpans(spans) },
      this.#running,
    );
  }

  /** The last that is told. Nothing is taken after it. */
  async close(): Promise<void> {
    const exporter = this.#exporter;
    await exporter?.close(DRAIN_MS);
    this.#takesLogs = false;
    this.#exporter = null;
  }

  readonly #takeLog = (record: LogRecord): void => this.#exporter?.takeLog(record);

  #spanOf(requestId: string): LogRecord['trace'] {
    const trace = this.#running.get(requestId);
    return trace?.isSampled === true ? trace.start : null;
  }

  #open(section: OtlpSection): Exporter {
    const { clock, version, log, tellsMetrics } = this.#parts;
    const signals = section.signals.filter((one) => one !== 'metrics' || tellsMetrics);
    for (const signal of signals) this.#meter.begun(signal);
    const { endpoint, headers, allowPrivateAddress, timeout, interval, queueMax } = section;
    return new Exporter(
      {
        signals,
        intervalMs: interval.ms,
        queueMax,
        sender: { version, instance: this.#instance },
        startMs: this.#startMs,
        snapshot: () => this.metrics.snapshot(),
      },
      new HttpCollector(
        {
          endpoint: new URL(endpoint),
          headers,
          allowPrivateAddress,
          timeoutMs: timeout.ms,
        },
        clock,
      ),
      {
        clock,
        random: Math.random,
        after: (ms, callback) => systemTimers.after(ms, callback),
        meter: this.#meter,
        lost: (target, reason, count) =>
          log.write('warn', 'telemetry-lost', { target, reason, count }),
      },
    );
  }
}
