/**
 * OTLP 1.x as JSON ("OTLP/HTTP", "JSON Protobuf Encoding"): ids are hex, 64-bit integers are decimal
 * strings, enumerations are numbers, and members of value 0 may be left out.
 */
import type { JsonObject, JsonValue } from '#stdx/json.ts';

import { SEMCONV_SCHEMA } from './genai.ts';
import type { Attribute, AttributeValue, LogRecord, Span } from './span.ts';

/** A longer text is cut: it stands in a memory of somebody else, so many times a second. */
const TEXT_CHARS_MAX = 2_048;

/** Who sends: the same for everything that this process sends. */
export interface Sender {
  readonly version: string;
  readonly instance: string;
}

export const SERVICE = 'llmproxy';

const valueOf = (value: AttributeValue): JsonObject => {
  if (typeof value === 'string') return { stringValue: value.slice(0, TEXT_CHARS_MAX) };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
};

export const attributesOf = (attributes: readonly Attribute[]): JsonObject[] =>
  attributes.map(([key, value]) => ({ key, value: valueOf(value) }));

/** Exact to the microsecond, which is what a double holds of a date with fractions. */
export const nanosOf = (ms: number): string => `${BigInt(Math.round(ms * 1_000)) * 1_000n}`;

const resourceOf = ({ version, instance }: Sender): JsonObject => ({
  attributes: attributesOf([
    ['service.name', SERVICE],
    ['service.version', version],
    ['service.instance.id', instance],
  ]),
});

const scopeOf = ({ version }: Sender): JsonObject => ({ name: SERVICE, version });

/** One request with one resource and one scope: `resourceSpans`, `scopeSpans`, `spans`. */
function requestOf(
  sender: Sender,
  names: readonly [resources: string, scopes: string, items: string],
  items: JsonValue,
): string {
  const [resources, scopes, name] = names;
  const scope = { scope: scopeOf(sender), [name]: items, schemaUrl: SEMCONV_SCHEMA };
  return JSON.stringify({ [resources]: [{ resource: resourceOf(sender), [scopes]: [scope] }] });
}

export const tracesRequest = (sender: Sender, spans: readonly Span[]): string =>
  requestOf(sender, ['resourceSpans', 'scopeSpans', 'spans'], spans.map(spanOf));

export const logsRequest = (sender: Sender, records: readonly LogRecord[]): string =>
  requestOf(sender, ['resourceLogs', 'scopeLogs', 'logRecords'], records.map(logRecordOf));

export const metricsRequest = (sender: Sender, metrics: readonly JsonObject[]): string =>
  requestOf(sender, ['resourceMetrics', 'scopeMetrics', 'metrics'], [...metrics]);

/** Only what is sampled is sent. Then W3C flags, and whether the parent was in another process. */
const SAMPLED = 0x1;
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
const STATUS_ERROR = 2;

function spanOf(span: Span): JsonObject {
  const { parentSpanId, traceState, isParentRemote } = span;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(parentSpanId !== null && { parentSpanId }),
    ...(traceState !== null && { traceState }),
    flags: SAMPLED | HAS_IS_REMOTE | (isParentRemote ? IS_REMOTE : 0),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: nanosOf(span.startMs),
    // A clock that was set back must not make a span that ends before it begins.
    endTimeUnixNano: nanosOf(Math.max(span.startMs, span.endMs)),
    attributes: attributesOf(span.attributes),
    ...(span.isError && { status: { code: STATUS_ERROR } }),
  };
}

/** SeverityNumber of the logs data model. */
const SEVERITY = { info: 9, warn: 13, error: 17 } as const;

function logRecordOf({ atMs, level, event, attributes, trace }: LogRecord): JsonObject {
  const nanos = nanosOf(atMs);
  return {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: SEVERITY[level],
    severityText: level.toUpperCase(),
    eventName: `llmproxy.${event}`,
    body: { stringValue: event },
    attributes: attributesOf(attributes),
    ...(trace !== null && { traceId: trace.traceId, spanId: trace.spanId, flags: SAMPLED }),
  };
}
