/**
 * Begins the traces of calls, and hands on what came of them. Whether a call is traced is decided once,
 * at its head: by whoever called, where they say so, else by lot. A lot is drawn from the trace's own
 * id, so that every gateway draws the same.
 */
import type { Clock } from '#stdx/clock.ts';
import { incomingTrace } from '#telemetry/otlp/trace-context.ts';
import type { Span } from '#telemetry/otlp/span.ts';

import { CallTrace } from './call-trace.ts';
import { randomHex } from './ids.ts';

export interface TracerOptions {
  /** Of calls whose callers say nothing: from 0 to 1. */
  readonly sampleRatio: number;
  /** Whether what a caller's `tracestate` says is kept. */
  readonly keepsState: boolean;
  /** Tenants whose traces end here: their providers are told of none. */
  readonly silentTenants: ReadonlySet<string>;
}

export interface TracerPorts {
  readonly clock: Clock;
  /** Takes the spans of a call that is over. Answers at once. */
  readonly take: (spans: readonly Span[]) => void;
}

/** Traced calls that run, by the ids of their requests: a line of the log finds its span. */
const RUNNING_MAX = 10_000;

export class Tracer {
  readonly #options: TracerOptions;
  readonly #ports: TracerPorts;
  readonly #running: Map<string, CallTrace>;

  constructor(options: TracerOptions, ports: TracerPorts, running: Map<string, CallTrace>) {
    this.#options = options;
    this.#ports = ports;
    this.#running = running;
  }

  begin(requestId: string, rawHeaders: readonly string[], startMs: number): CallTrace {
    const incoming = incomingTrace(rawHeaders);
    const { clock } = this.#ports;
    const parent = incoming?.context ?? null;
    const traceId = parent?.traceId ?? randomHex(16);
    const trace = new CallTrace({
      traceId,
      parent,
      isSampled: parent === null ? this.#isDrawn(traceId) : parent.isSampled,
      state: this.#options.keepsState ? (incoming?.state ?? null) : null,
      spanId: randomHex(8),
      // What is measured is monotonic; what is told is wall time, as it was at the beginning.
      wallMs: clock.nowMs() - (clock.monotonicMs() - startMs),
      startMs,
      tells: this.#tells,
    });
    if (this.#running.size < RUNNING_MAX) this.#running.set(requestId, trace);
    return trace;
  }

  /** The call is over. `spans` is asked for only where they are wanted. */
  end(requestId: string, trace: CallTrace, spans: (() => readonly Span[]) | null): void {
    this.#running.delete(requestId);
    if (trace.isSampled && spans !== null) this.#ports.take(spans());
  }

  readonly #tells = (tenant: string): boolean => !this.#options.silentTenants.has(tenant);

  /** The last 52 bits of an id that was drawn: as many as a double counts exactly. */
  #isDrawn(traceId: string): boolean {
    const { sampleRatio } = this.#options;
    return Number.parseInt(traceId.slice(-13), 16) < sampleRatio * 2 ** 52;
  }
}
