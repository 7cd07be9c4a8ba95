/** A snapshot of the metrics as OTLP: cumulative since the start of the process, one point a label set. */
import type { JsonObject } from '#stdx/json.ts';

import type { Distribution, Family, Labels } from '../metrics.ts';
import { attributesOf, nanosOf } from './encode.ts';
import { genaiMetricOf, mergedPoints, type NamedMetric } from './genai.ts';
import type { Attribute } from './span.ts';

/** AGGREGATION_TEMPORALITY_CUMULATIVE. */
const CUMULATIVE = 2;

export interface Period {
  readonly startMs: number;
  readonly nowMs: number;
}

interface Times extends JsonObject {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

/** A metric without points is left out: it says nothing, and collectors warn of it. */
export function metricsOf(families: readonly Family[], { startMs, nowMs }: Period): JsonObject[] {
  const times = { startTimeUnixNano: nanosOf(startMs), timeUnixNano: nanosOf(nowMs) };
  return families.flatMap((family) => {
    const own = metricOf(family, times);
    if (own === null) return [];
    const named = genaiMetricOf(family);
    return named === null || family.type !== 'histogram'
      ? [own]
      : [own, namedMetric(named, family, times)];
  });
}

export const pointCount = (families: readonly Family[]): number =>
  families.reduce(
    (sum, family) =>
      sum +
      (family.type === 'histogram'
        ? family.distributions.length
        : family.values.filter(({ value }) => Number.isFinite(value)).length),
    0,
  );

const labelAttributes = (labels: Labels): Attribute[] => Object.entries(labels);

function metricOf(family: Family, times: Times): JsonObject | null {
  const { name, help: description } = family;
  const head = { name, description, unit: unitOf(name) };
  if (family.type === 'histogram') {
    const { bounds, distributions } = family;
    if (distributions.length === 0) return null;
    const dataPoints = distributions.map((one) =>
      histogramPoint(one, bounds, labelAttributes(one.labels), times),
    );
    return { ...head, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  }
  // JSON has no way to write what is not a number, and a collector no way to read it.
  const values = family.values.filter(({ value }) => Number.isFinite(value));
  if (values.length === 0) return null;
  const dataPoints = values.map(({ labels, value }) => ({
    attributes: attributesOf(labelAttributes(labels)),
    ...(family.type === 'gauge' ? { timeUnixNano: times.timeUnixNano } : times),
    asDouble: value,
  }));
  if (family.type === 'gauge') return { ...head, gauge: { dataPoints } };
  return {
    ...head,
    sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true },
  };
}

function namedMetric(
  named: NamedMetric,
  { bounds, distributions }: Extract<Family, { type: 'histogram' }>,
  times: Times,
): JsonObject {
  const { name, unit, description } = named;
  const dataPoints = mergedPoints(named, distributions).map(({ attributes, one }) =>
    histogramPoint(one, bounds, attributes, times),
  );
  return {
    name,
    description,
    unit,
    histogram: { dataPoints, aggregationTemporality: CUMULATIVE },
  };
}

const histogramPoint = (
  { buckets, sum, count }: Distribution,
  bounds: readonly number[],
  attributes: readonly Attribute[],
  times: Times,
): JsonObject => ({
  attributes: attributesOf(attributes),
  ...times,
  count: String(count),
  sum,
  bucketCounts: buckets.map(String),
  explicitBounds: [...bounds],
});

/** UCUM, from the unit at the end of a name. */
function unitOf(name: string): string {
  const base = name.replace(/_total$/u, '');
  if (base.endsWith('_seconds')) return 's';
  if (base.endsWith('_bytes')) return 'By';
  return base.endsWith('_usd') ? '{USD}' : '1';
}
