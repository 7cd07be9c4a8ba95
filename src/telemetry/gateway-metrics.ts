/** What the gateway measures of itself. Names are documented in docs/reference/metrics.md. */
import { denialReplies } from '#domain/denial.ts';
import { faultReplies } from '#domain/fault.ts';
import { NANO_PER_USD } from '#domain/money.ts';

import type { Histogram, Labels, Metrics } from './metrics.ts';
import { OPERATION_BOUNDS, TOKEN_BOUNDS } from './otlp/genai.ts';

export interface RequestMeasures {
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  readonly reason: string | null;
  readonly tenant: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly gatewaySeconds: number | null;
  readonly firstByteSeconds: number | null;
  readonly nanoUsd: number;
}

/** A deployment as its metrics name it. */
export interface MeasuredDeployment {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly vendor?: string | undefined;
}

export interface GuardAct {
  readonly guard: string;
  readonly mode: string;
  readonly action: string;
  readonly count: number;
}

export interface GatewayState {
  readonly inFlight: () => number;
  readonly openReservations: () => number;
  readonly auditSeq: () => number;
  readonly isAuditTaking: () => boolean;
  readonly breakers: () => readonly (readonly [Labels, number])[];
  readonly certificateEnds: () => readonly (readonly [Labels, number])[];
}

const GATEWAY_SECONDS = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export function gatewayMetrics(metrics: Metrics, state: GatewayState) {
  // Counters are there from the beginning where it is known of what, so that a first step is seen.
  const requests = metrics.counter('llmproxy_requests_total', 'Requests by route and status.');
  const denials = metrics.counter('llmproxy_denials_total', 'Requests refused, by reason.');
  for (const reason of [...Object.keys(denialReplies), ...Object.keys(faultReplies)]) {
    denials.add({ reason }, 0);
  }
  const seconds = metrics.histogram(
    'llmproxy_request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    SECONDS,
  );
  const overhead = metrics.histogram(
    'llmproxy_gateway_overhead_seconds',
    'Time of calls that went to a provider which was not spent at providers.',
    GATEWAY_SECONDS,
  );
  const firstBytes = metrics.histogram(
    'llmproxy_time_to_first_token_seconds',
    'Time from the head of a request to the first byte of its streamed answer.',
    SECONDS,
  );
  const upstream = upstreamMetrics(metrics);
  const cost = metrics.counter('llmproxy_cost_usd_total', 'Cost of calls in dollars, by tenant.');
  const tokens = metrics.counter('llmproxy_tokens_total', 'Tokens by tenant and direction.');
  const findings = metrics.counter(
    'llmproxy_guard_findings_total',
    'Findings by rule, mode and what was done or would have been.',
  );
  const unread = metrics.counter(
    'llmproxy_not_scanned_total',
    'Parts of calls and answers that no guard could read.',
  );
  unread.add({}, 0);
  const reloads = metrics.counter('llmproxy_config_reloads_total', 'Reloads by result.');
  for (const result of ['applied', 'refused']) reloads.add({ result }, 0);
  gatewayGauges(metrics, state);

  return {
    ...upstream,
    guardActed({ guard, mode, action, count }: GuardAct): void {
      findings.add({ guard, mode, action }, count);
    },
    notScanned: (parts: number): void => unread.add({}, parts),
    reloaded: (result: 'applied' | 'refused'): void => reloads.add({ result }),
    ended({ route, status, seconds: took, reason, tenant, ...used }: RequestMeasures): void {
      requests.add({ route, status: String(status) });
      seconds.observe({ route }, took);
      if (reason !== null) denials.add({ reason });
      if (used.gatewaySeconds !== null) overhead.observe({ route }, used.gatewaySeconds);
      if (used.firstByteSeconds !== null) firstBytes.observe({ route }, used.firstByteSeconds);
      if (tenant === null) return;
      if (used.inputTokens > 0) tokens.add({ tenant, direction: 'input' }, used.inputTokens);
      if (used.outputTokens > 0) tokens.add({ tenant, direction: 'output' }, used.outputTokens);
      if (used.nanoUsd > 0) cost.add({ tenant }, used.nanoUsd / NANO_PER_USD);
    },
  };
}

function gatewayGauges(metrics: Metrics, state: GatewayState): void {
  metrics.gauge('llmproxy_requests_in_flight', 'Requests that run now.', state.inFlight, 'sum');
  metrics.gauge(
    'llmproxy_reservations_open',
    'Reservations held now.',
    state.openReservations,
    'sum',
  );
  metrics.gauge(
    'llmproxy_audit_sequence',
    'The last record of the audit log.',
    state.auditSeq,
    'sum',
  );
  metrics.gauge(
    'llmproxy_audit_taking',
    '1 while records can be kept.',
    () => (state.isAuditTaking() ? 1 : 0),
    'min',
  );
  metrics.gauge(
    'llmproxy_certificate_expiry_timestamp_seconds',
    'When the certificate of a listener ends; 0: it has none.',
    state.certificateEnds,
  );
  metrics.gauge('llmproxy_breaker_open', '1 while a deployment is refused.', state.breakers, 'max');
  metrics.gauge(
    'llmproxy_resident_memory_bytes',
    'Memory of the process, and of its workers.',
    () => process.memoryUsage.rss(),
    'sum',
  );
}

/** Both have a name in the semantic conventions of OpenTelemetry as well: src/telemetry/otlp/genai.ts. */
function upstreamMetrics(metrics: Metrics) {
  const durations = metrics.histogram(
    'llmproxy_upstream_duration_seconds',
    'Time of one attempt at a provider, to the end of its answer.',
    OPERATION_BOUNDS,
  );
  const sizes = metrics.histogram(
    'llmproxy_call_tokens',
    'Tokens of a call that a provider answered.',
    TOKEN_BOUNDS,
  );
  // The label sets of a deployment are many and long: calls find them by what they have at hand.
  const known = new WeakMap<MeasuredDeployment, DeploymentSeries>();
  const seriesOf = (deployment: MeasuredDeployment): DeploymentSeries => {
    let found = known.get(deployment);
    if (found === undefined) {
      const { id, provider, model, vendor = 'unknown' } = deployment;
      const labels = { deployment: id, provider, vendor, model };
      found = new DeploymentSeries(labels, durations, sizes);
      known.set(deployment, found);
    }
    return found;
  };
  return {
    attempted({ deployment, operation, seconds, result }: MeasuredAttempt): void {
      seriesOf(deployment).duration(operation, result)(seconds);
    },
    answered({ deployment, operation, inputTokens, outputTokens }: MeasuredAnswer): void {
      const series = seriesOf(deployment);
      series.size(operation, 'input')(inputTokens);
      series.size(operation, 'output')(outputTokens);
    },
  };
}

interface MeasuredAttempt {
  readonly deployment: MeasuredDeployment;
  readonly operation: string;
  readonly seconds: number;
  readonly result: string;
}

interface MeasuredAnswer {
  readonly deployment: MeasuredDeployment;
  readonly operation: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

type Observe = (value: number) => void;

/** What is counted of one deployment: a few operations, by a few results. */
class DeploymentSeries {
  readonly #labels: Labels;
  readonly #durations: Histogram;
  readonly #sizes: Histogram;
  readonly #known = new Map<string, Map<string, Observe>>();

  constructor(labels: Labels, durations: Histogram, sizes: Histogram) {
    this.#labels = labels;
    this.#durations = durations;
    this.#sizes = sizes;
  }

  duration(operation: string, result: string): Observe {
    return this.#of(operation, result) ?? this.#add(operation, this.#durations, { result });
  }

  size(operation: string, direction: 'input' | 'output'): Observe {
    return this.#of(operation, direction) ?? this.#add(operation, this.#sizes, { direction });
  }

  #of(operation: string, what: string): Observe | undefined {
    return this.#known.get(operation)?.get(what);
  }

  /** `own`: one label; no result has the name of a direction. */
  #add(operation: string, histogram: Histogram, own: Labels): Observe {
    const observe = histogram.of({ ...this.#labels, operation, ...own });
    const all = this.#known.get(operation) ?? new Map<string, Observe>();
    this.#known.set(operation, all);
    for (const what of Object.values(own)) all.set(what, observe);
    return observe;
  }
}
