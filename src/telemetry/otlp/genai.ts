/**
 * What we measure in the words of OpenTelemetry's semantic conventions, version 1.41.0: generative AI
 * (status Development), HTTP and errors. The conventions move; this is the one file that moves with
 * them. No attribute here holds what a caller wrote: no prompt, no answer, no user, no key.
 */
import type { Action } from '#domain/action.ts';

import type { Distribution, Family, Labels } from '../metrics.ts';
import type { Attribute } from './span.ts';

export const SEMCONV_VERSION = '1.41.0';
export const SEMCONV_SCHEMA = `https://opentelemetry.io/schemas/${SEMCONV_VERSION}`;

/** `gen_ai.operation.name`; what the conventions have no word for has one of ours. */
const OPERATIONS: Readonly<Partial<Record<Action, string>>> = {
  chat: 'chat',
  embeddings: 'embeddings',
  'count-tokens': 'count_tokens',
};
/** `gen_ai.provider.name` by type of provider: the wire format, which is all that is known of it. */
const VENDORS: Readonly<Record<string, string>> = { openai: 'openai', anthropic: 'anthropic' };

export const operationOf = (action: Action): string => OPERATIONS[action] ?? action;
const vendorOf = (type: string): string => VENDORS[type] ?? `llmproxy.${type}`;

export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const tokenAttributes = ({ inputTokens, outputTokens }: Tokens): Attribute[] => [
  ['gen_ai.usage.input_tokens', inputTokens],
  ['gen_ai.usage.output_tokens', outputTokens],
];

export interface ServedCall {
  readonly method: string;
  /** The template of the path, never the path. */
  readonly route: string;
  readonly status: number;
  /** Null: it was no call of a model. */
  readonly operation: string | null;
  /** The name of ours that was called; null where none was granted. */
  readonly model: string | null;
  readonly usage: Tokens | null;
  /** Null: nothing went wrong. A denial is no error of ours, and no error of the server's span. */
  readonly error: string | null;
}

export function serverAttributes(call: ServedCall): Attribute[] {
  const { method, route, status, operation, model, usage, error } = call;
  return [
    ['http.request.method', method],
    ['http.route', route],
    ['http.response.status_code', status],
    ...(operation === null ? [] : ([['gen_ai.operation.name', operation]] as const)),
    ...(model === null ? [] : ([['gen_ai.request.model', model]] as const)),
    ...(usage === null ? [] : tokenAttributes(usage)),
    ...(error === null ? [] : ([['error.type', error]] as const)),
  ];
}

export interface ModelCall {
  readonly operation: string;
  readonly vendor: string;
  readonly model: string;
  /** As the provider says; null where it did not, or not in the form of a name. */
  readonly answeredBy: string | null;
  readonly server: { readonly address: string; readonly port: number } | null;
  readonly status: number | null;
  readonly usage: Tokens | null;
  readonly error: string | null;
}

export const clientSpanName = ({ operation, model }: ModelCall): string => `${operation} ${model}`;

export function clientAttributes(call: ModelCall): Attribute[] {
  const { operation, vendor, model, answeredBy, server, status, usage, error } = call;
  return [
    ['gen_ai.operation.name', operation],
    ['gen_ai.provider.name', vendorOf(vendor)],
    ['gen_ai.request.model', model],
    ...(answeredBy === null ? [] : ([['gen_ai.response.model', answeredBy]] as const)),
    ...(usage === null ? [] : tokenAttributes(usage)),
    ...(server === null
      ? []
      : ([
          ['server.address', server.address],
          ['server.port', server.port],
        ] as const)),
    ...(status === null ? [] : ([['http.response.status_code', status]] as const)),
    ...(error === null ? [] : ([['error.type', error]] as const)),
  ];
}

/** Metrics of ours that the conventions have a name for, under that name too. */
export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly attributesOf: (labels: Labels) => readonly Attribute[];
}

export const OK = 'ok';

const modelLabels = ({ operation = '', vendor = '', model = '' }: Labels): Attribute[] => [
  ['gen_ai.operation.name', operation],
  ['gen_ai.provider.name', vendorOf(vendor)],
  ['gen_ai.request.model', model],
];

/** Boundaries that the conventions ask for. */
export const TOKEN_BOUNDS = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];
export const OPERATION_BOUNDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

const NAMED: Readonly<Record<string, NamedMetric>> = {
  llmproxy_upstream_duration_seconds: {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'GenAI operation duration.',
    attributesOf: (labels) => {
      const { result = OK } = labels;
      return [
        ...modelLabels(labels),
        ...(result === OK ? [] : ([['error.type', result]] as const)),
      ];
    },
  },
  llmproxy_call_tokens: {
    name: 'gen_ai.client.token.usage',
    unit: '{token}',
    description: 'Number of input and output tokens used.',
    attributesOf: (labels) => [
      ...modelLabels(labels),
      ['gen_ai.token.type', labels['direction'] ?? ''],
    ],
  },
};

export const genaiMetricOf = ({ name }: Family): NamedMetric | null => NAMED[name] ?? null;

/** The same attributes are one point: what two deployments of one model have measured is added up. */
export function mergedPoints(
  { attributesOf }: NamedMetric,
  distributions: readonly Distribution[],
): { readonly attributes: readonly Attribute[]; readonly one: Distribution }[] {
  const merged = new Map<string, { attributes: readonly Attribute[]; one: Distribution }>();
  for (const one of distributions) {
    const attributes = attributesOf(one.labels);
    const key = JSON.stringify(attributes);
    const known = merged.get(key);
    merged.set(key, { attributes, one: known === undefined ? one : added(known.one, one) });
  }
  return [...merged.values()];
}

const added = (left: Distribution, right: Distribution): Distribution => ({
  labels: left.labels,
  buckets: left.buckets.map((count, index) => count + (right.buckets[index] ?? 0)),
  sum: left.sum + right.sum,
  count: left.count + right.count,
});
