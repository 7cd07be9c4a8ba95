/**
 * What is noted of a traced call while it runs: when its steps began and ended, and under which ids.
 * Numbers and names of ours; spans are made of them when the call is over.
 */
import type { Deployment } from '#domain/deployment.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { type TraceContext, traceparentOf } from '#telemetry/otlp/trace-context.ts';

import { randomHex } from './ids.ts';
import { isModelName, modelIn } from './model-name.ts';

export type StepName = 'authenticate' | 'limits' | 'guards';

export interface Step {
  readonly name: StepName;
  readonly startMs: number;
  readonly endMs: number;
}

export interface TraceStart {
  readonly traceId: string;
  readonly spanId: string;
  /** Null: the trace begins here. */
  readonly parent: TraceContext | null;
  readonly isSampled: boolean;
  readonly state: string | null;
  /** Wall time at `startMs`. */
  readonly wallMs: number;
  readonly startMs: number;
  /** Whether providers may be told of the traces of a tenant. */
  readonly tells: (tenant: string) => boolean;
}

const NO_HEADERS: readonly string[] = [];

export class CallTrace {
  readonly start: TraceStart;
  readonly steps: Step[] = [];
  #answeredBy: string | null = null;

  constructor(start: TraceStart) {
    this.start = start;
  }

  get isSampled(): boolean {
    return this.start.isSampled;
  }

  /** Of monotonic milliseconds. */
  wallMsAt(monotonicMs: number): number {
    return this.start.wallMs + (monotonicMs - this.start.startMs);
  }

  stepped(name: StepName, startMs: number, endMs: number): void {
    this.steps.push({ name, startMs, endMs });
  }

  /** The model that answered, as the provider names it: what is no name is not kept. */
  get answeredBy(): string | null {
    return this.#answeredBy;
  }

  answered(wire: JsonObject | null): void {
    if (this.#answeredBy !== null || wire === null) return;
    const model = modelIn(wire);
    if (isModelName(model)) this.#answeredBy = model;
  }

  /** A span of its own for one attempt at a provider, and what the provider is told of it, by turns. */
  attempt(
    { isToldOfTraces }: Deployment,
    tenant: string,
  ): { readonly spanId: string; readonly headers: readonly string[] } {
    const { traceId, isSampled, state, tells } = this.start;
    const spanId = randomHex(8);
    if (isToldOfTraces === false || !tells(tenant)) return { spanId, headers: NO_HEADERS };
    const headers = ['traceparent', traceparentOf({ traceId, spanId, isSampled })];
    if (state !== null) headers.push('tracestate', state);
    return { spanId, headers };
  }
}

/** Notes how long a step took, whichever way it ends. Untraced, it is the step and no more. */
export function traced<T>(
  trace: CallTrace | null,
  name: StepName,
  { clock }: { readonly clock: Clock },
  step: () => MaybePromise<T>,
): MaybePromise<T> {
  if (trace?.isSampled !== true) return step();
  const startMs = clock.monotonicMs();
  const end = (): void => trace.stepped(name, startMs, clock.monotonicMs());
  let result: MaybePromise<T>;
  try {
    result = step();
  } catch (thrown) {
    end();
    throw thrown;
  }
  if (result instanceof Promise) return result.finally(end);
  end();
  return result;
}
