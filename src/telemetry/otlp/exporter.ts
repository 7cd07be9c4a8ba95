/** One collector and what goes there: spans and log records in batches, metrics as they are now and then. */
import { Fault } from '#domain/fault.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import type { Family, Labels } from '../metrics.ts';
import { Batches } from './batches.ts';
import { logsRequest, metricsRequest, type Sender, tracesRequest } from './encode.ts';
import { metricsOf, pointCount } from './encode-metrics.ts';
import { type Collector, type ExportPorts, Shipper, type Signal } from './shipper.ts';
import type { LogRecord, Span } from './span.ts';

export interface ExporterSettings {
  readonly signals: readonly Signal[];
  readonly intervalMs: number;
  readonly queueMax: number;
  readonly sender: Sender;
  /** When counting began, wall time. */
  readonly startMs: number;
  readonly snapshot: () => readonly Family[];
}

export class Exporter {
  readonly #settings: ExporterSettings;
  readonly #collector: Collector;
  readonly #ports: ExportPorts;
  readonly #cancellation = new Cancellation();
  readonly #spans: Batches<Span> | null;
  readonly #logs: Batches<LogRecord> | null;
  readonly #metrics: Shipper | null;
  #stopTimer: () => void = () => {};
  #telling: Promise<void> = Promise.resolve();
  #isClosing = false;

  constructor(settings: ExporterSettings, collector: Collector, ports: ExportPorts) {
    this.#settings = settings;
    this.#collector = collector;
    this.#ports = ports;
    const { signals, sender } = settings;
    const batches = <Item>(signal: Signal, write: (items: readonly Item[]) => string) =>
      signals.includes(signal)
        ? new Batches<Item>(this.#shipper(signal), ports.after, write, settings)
        : null;
    this.#spans = batches<Span>('traces', (spans) => tracesRequest(sender, spans));
    this.#logs = batches<LogRecord>('logs', (records) => logsRequest(sender, records));
    this.#metrics = signals.includes('metrics') ? this.#shipper('metrics') : null;
    this.#tellLater();
  }

  takeSpans(spans: readonly Span[]): void {
    this.#spans?.take(spans);
  }

  takeLog(record: LogRecord): void {
    this.#logs?.take([record]);
  }

  queued(): readonly (readonly [Labels, number])[] {
    const all: [Labels, number][] = [];
    if (this.#spans !== null) all.push([{ signal: 'traces' }, this.#spans.queued]);
    if (this.#logs !== null) all.push([{ signal: 'logs' }, this.#logs.queued]);
    return all;
  }

  /** What waits is sent once; what is left at the deadline is lost, counted. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    this.#stopTimer();
    this.#metrics?.hurry();
    const { after } = this.#ports;
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      stop = after(deadlineMs, resolve);
    });
    const last = Promise.all([this.#spans?.drain(), this.#logs?.drain(), this.#tellLast()]);
    await Promise.race([last, late]);
    stop();
    this.#cancellation.cancel(new Fault('shutting-down', 'the gateway stops'));
    this.#spans?.drop('the gateway stopped first');
    this.#logs?.drop('the gateway stopped first');
    await this.#collector.close().catch(() => {
      // A connection that does not end in peace ends with the process.
    });
  }

  #shipper(signal: Signal): Shipper {
    return new Shipper(signal, this.#ports, this.#collector, this.#cancellation);
  }

  #tellLater(): void {
    if (this.#metrics === null || this.#isClosing) return;
    this.#stopTimer = this.#ports.after(this.#settings.intervalMs, () => {
      this.#telling = this.#tell().finally(() => this.#tellLater());
    });
  }

  async #tellLast(): Promise<void> {
    await this.#telling;
    await this.#tell();
  }

  /** The numbers are cumulative: what is lost of them is in those that come next. */
  async #tell(): Promise<void> {
    if (this.#metrics === null) return;
    const { snapshot, sender, startMs } = this.#settings;
    const families = snapshot();
    const metrics = metricsOf(families, { startMs, nowMs: this.#ports.clock.nowMs() });
    const parcel = { body: metricsRequest(sender, metrics), count: pointCount(families) };
    await this.#metrics.ship(parcel, () => this.#isClosing);
  }
}
