/**
 * The spans of a call that is over: the server's own, one for each step, for each guard rule and for
 * each attempt at a provider. They are made of what its record has: names of the operator, ids and
 * counts, and not one word of what was said.
 */
import type { GuardEvidence } from '#policy/guards/evidence.ts';
import {
  clientAttributes,
  clientSpanName,
  type ModelCall,
  operationOf,
  serverAttributes,
} from '#telemetry/otlp/genai.ts';
import { type Attribute, type Span, SPAN_KIND } from '#telemetry/otlp/span.ts';

import type { Attempt } from '../attempt.ts';
import type { CallRecord } from '../call-record.ts';
import type { Ending } from '../ending.ts';
import type { CallTrace, StepName } from './call-trace.ts';
import { randomHex } from './ids.ts';

/** A tenant may have many guards; a trace of more spans than this helps nobody. */
const GUARD_SPANS_MAX = 64;

export interface Ended {
  readonly ending: Ending;
  readonly status: number;
  /** Monotonic. */
  readonly endMs: number;
}

export function callSpans(record: CallRecord, trace: CallTrace, ended: Ended): readonly Span[] {
  const made = new CallSpans(record, trace, ended);
  return made.all();
}

type Interval = readonly [startMs: number, endMs: number];

class CallSpans {
  readonly #record: CallRecord;
  readonly #trace: CallTrace;
  readonly #ended: Ended;
  readonly #spans: Span[] = [];

  constructor(record: CallRecord, trace: CallTrace, ended: Ended) {
    this.#record = record;
    this.#trace = trace;
    this.#ended = ended;
  }

  all(): readonly Span[] {
    this.#server();
    for (const { name, startMs, endMs } of this.#trace.steps) {
      const spanId = this.#child(name, [startMs, endMs], this.#stepAttributes(name));
      if (name === 'guards') this.#guards('request', spanId, [startMs, endMs]);
    }
    for (const attempt of this.#record.attempts) this.#attempt(attempt);
    const answered = this.#record.attempts.at(-1);
    if (answered?.fault === null) {
      const from = answered.startMs + answered.ms;
      this.#guards('reply', this.#trace.start.spanId, [from, this.#ended.endMs]);
    }
    return this.#spans;
  }

  #server(): void {
    const { inbound, call, grant, usage } = this.#record;
    const { ending, status, endMs } = this.#ended;
    const { spanId, parent, state, startMs } = this.#trace.start;
    const { method, path } = inbound.route;
    const isError = ending.kind === 'faulted' || status >= 500;
    const error = ending.kind === 'completed' || !isError ? null : codeOf(ending);
    const operation = call === null ? null : operationOf(call.action);
    const model = grant?.alias.name ?? null;
    const served = { method, route: path, status, operation, model, usage, error };
    this.#add({
      spanId,
      parentSpanId: parent?.spanId ?? null,
      isParentRemote: parent !== null,
      traceState: state,
      name: `${method} ${path}`,
      kind: SPAN_KIND.server,
      interval: [startMs, endMs],
      attributes: [...serverAttributes(served), ...this.#ownAttributes()],
      isError,
    });
  }

  #ownAttributes(): Attribute[] {
    const { inbound, principal, call } = this.#record;
    const { ending } = this.#ended;
    const own: Attribute[] = [
      ['llmproxy.request_id', inbound.requestId],
      ['llmproxy.route', inbound.route.name],
      ['llmproxy.decision', DECISIONS[ending.kind]],
    ];
    if (principal !== null) own.push(['llmproxy.tenant', principal.tenant]);
    if (call !== null) own.push(['llmproxy.dialect', call.dialect]);
    if (call !== null) own.push(['llmproxy.streamed', call.isStreamed]);
    if (ending.kind === 'denied') own.push(['llmproxy.denial', ending.denial.reason]);
    return own;
  }

  #stepAttributes(name: StepName): Attribute[] {
    const { principal, reservation } = this.#record;
    if (name === 'authenticate' && principal !== null) {
      return [['llmproxy.proven_by', principal.provenBy]];
    }
    if (name === 'limits') return [['llmproxy.limits', reservation?.remaining.length ?? 0]];
    return [];
  }

  #attempt(attempt: Attempt): void {
    const { deployment, status, ms, startMs, spanId } = attempt;
    if (spanId === null) return;
    const { call, usage, sentMs, upstreamMs } = this.#record;
    const isAnswer = attempt.fault === null && attempt === this.#record.attempts.at(-1);
    const error = attempt.fault ?? (isAnswer ? this.#brokeOff() : null);
    const model: ModelCall = {
      operation: operationOf(call?.action ?? 'chat'),
      vendor: deployment.vendor ?? 'unknown',
      model: deployment.model,
      answeredBy: isAnswer ? this.#trace.answeredBy : null,
      server: deployment.server ?? null,
      status,
      usage: isAnswer ? usage : null,
      error,
    };
    this.#add({
      spanId,
      parentSpanId: this.#trace.start.spanId,
      name: clientSpanName(model),
      kind: SPAN_KIND.client,
      // The one that answered ends with its answer; its first byte came after `ms`.
      interval: [startMs, isAnswer ? sentMs + upstreamMs : startMs + ms],
      attributes: [
        ...clientAttributes(model),
        ['llmproxy.provider', deployment.provider],
        ['llmproxy.deployment', deployment.id],
        ['llmproxy.first_byte_ms', ms],
      ],
      isError: error !== null,
    });
  }

  /** An answer that had begun and came to no good end. */
  #brokeOff(): string | null {
    const { ending } = this.#ended;
    return ending.kind === 'faulted' ? ending.fault.code : null;
  }

  /**
   * One span for each rule. Rules read a text in turns, piece by piece: the length of a span is the
   * time that its rule took, and its place is where the reading began.
   */
  #guards(on: GuardEvidence['on'], parentSpanId: string, [startMs]: Interval): void {
    const rules = new Map<string, GuardEvidence[]>();
    for (const line of this.#record.evidence.list()) {
      if (line.on !== on) continue;
      const known = rules.get(line.name);
      if (known === undefined && rules.size >= GUARD_SPANS_MAX) continue;
      rules.set(line.name, [...(known ?? []), line]);
    }
    for (const [name, lines] of rules) {
      const [first] = lines;
      if (first === undefined) continue;
      const interval: Interval = [startMs, startMs + first.us / 1_000];
      this.#child(`guard ${name}`, interval, guardAttributes(first, lines), parentSpanId);
    }
  }

  #child(
    name: string,
    interval: Interval,
    attributes: readonly Attribute[],
    parentSpanId = this.#trace.start.spanId,
  ): string {
    const spanId = randomHex(8);
    const kind = SPAN_KIND.internal;
    this.#add({ spanId, parentSpanId, name, kind, interval, attributes, isError: false });
    return spanId;
  }

  #add(span: NewSpan): void {
    const { interval, ...rest } = span;
    const trace = this.#trace;
    const [startMs, endMs] = interval;
    this.#spans.push({
      traceId: trace.start.traceId,
      isParentRemote: false,
      traceState: null,
      ...rest,
      startMs: trace.wallMsAt(startMs),
      endMs: trace.wallMsAt(endMs),
    });
  }
}

type NewSpan = Omit<Span, 'traceId' | 'startMs' | 'endMs' | 'isParentRemote' | 'traceState'> &
  Partial<Pick<Span, 'isParentRemote' | 'traceState'>> & { readonly interval: Interval };

const DECISIONS = { completed: 'allow', denied: 'deny', faulted: 'fault' } as const;

const codeOf = (ending: Exclude<Ending, { readonly kind: 'completed' }>): string =>
  ending.kind === 'denied' ? ending.denial.reason : ending.fault.code;

/** Categories are names of ours or of the operator; what was found is in no attribute. */
function guardAttributes(
  { name, type, mode, on, scannedChars }: GuardEvidence,
  lines: readonly GuardEvidence[],
): Attribute[] {
  const counts = new Map<string, number>();
  for (const { action, category, count } of lines) {
    if (count === 0) continue;
    const key = `llmproxy.findings.${action}.${category ?? 'other'}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return [
    ['llmproxy.guard', name],
    ['llmproxy.guard.type', type],
    ['llmproxy.guard.mode', mode],
    ['llmproxy.guard.on', on],
    ['llmproxy.guard.scanned_chars', scannedChars],
    ...counts,
  ];
}
