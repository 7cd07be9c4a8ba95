/** What spans, log records and points are made of before they are written: small values, no text of a caller. */
export type AttributeValue = string | number | boolean;
export type Attribute = readonly [key: string, value: AttributeValue];
/** Of OTLP's `Span.SpanKind`. */
export const SPAN_KIND = { internal: 1, server: 2, client: 3 } as const;
export type SpanKind = (typeof SPAN_KIND)[keyof typeof SPAN_KIND];

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Null: the first of its trace. */
  readonly parentSpanId: string | null;
  /** The parent is in another process. */
  readonly isParentRemote: boolean;
  readonly traceState: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  /** Wall time in milliseconds, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: readonly Attribute[];
  readonly isError: boolean;
}

export interface LogRecord {
  readonly atMs: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly attributes: readonly Attribute[];
  readonly trace: { readonly traceId: string; readonly spanId: string } | null;
}
