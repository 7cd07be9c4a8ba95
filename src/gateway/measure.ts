/** What counters and traces are told of a request when its record is written. */
import { OK, operationOf } from '#telemetry/otlp/genai.ts';

import { tokensWith } from './call-cost.ts';
import type { CallRecord } from './call-record.ts';
import { type Ending, reasonOf } from './ending.ts';
import type { Gateway } from './ports.ts';
import { callSpans } from './tracing/call-spans.ts';

interface Measured {
  readonly ending: Ending;
  readonly status: number;
  readonly gateway: Gateway;
}

export function measure(record: CallRecord, { ending, status, gateway }: Measured): void {
  const { inbound, principal, usage, lost, attempts, firstByteMs } = record;
  const endMs = gateway.clock.monotonicMs();
  const totalMs = endMs - inbound.startMs;
  const isSent = attempts.length > 0;
  gateway.meter.ended({
    route: inbound.route.name,
    status,
    seconds: totalMs / 1_000,
    reason: reasonOf(ending),
    tenant: principal?.tenant ?? null,
    ...tokensWith(lost, usage),
    gatewaySeconds: isSent ? Math.max(0, totalMs - record.upstreamMs) / 1_000 : null,
    firstByteSeconds: firstByteMs === null ? null : (firstByteMs - inbound.startMs) / 1_000,
    nanoUsd: record.costNanoUsd ?? 0,
  });
  if (isSent) measureAttempts(record, ending, gateway);
  const { trace } = record;
  if (trace === null || gateway.tracer === null) return;
  // Strangers leave no trace: what they send must not crowd out what callers do.
  const spans =
    principal === null ? null : () => callSpans(record, trace, { ending, status, endMs });
  gateway.tracer.end(inbound.requestId, trace, spans);
}

function measureAttempts(record: CallRecord, ending: Ending, { meter }: Gateway): void {
  const { attempts, call, usage, sentMs, upstreamMs } = record;
  const operation = operationOf(call?.action ?? 'chat');
  const last = attempts.at(-1);
  for (const attempt of attempts) {
    const { deployment, fault, ms, startMs } = attempt;
    const isAnswer = attempt === last && fault === null;
    const seconds = (isAnswer ? sentMs + upstreamMs - startMs : ms) / 1_000;
    const broken = isAnswer && ending.kind === 'faulted' ? ending.fault.code : null;
    meter.attempted({ deployment, operation, seconds, result: fault ?? broken ?? OK });
  }
  if (last === undefined || usage === null) return;
  const { inputTokens, outputTokens } = usage;
  meter.answered({ deployment: last.deployment, operation, inputTokens, outputTokens });
}
