/**
 * What rules look at, out of a snapshot of the metrics: a few numbers by subject. What grows is compared
 * with itself at the beginning of the window; what is a state counts as it is.
 */
import type { Distribution, Family } from '../metrics.ts';
import type { AlertRule, RuleType } from './rule.ts';

/** Numbers by subject. */
export type Sample = ReadonlyMap<string, readonly number[]>;

/** What is known beside the metrics. */
export interface Facts {
  readonly nowMs: number;
  /** When live keys end, in Unix milliseconds. */
  readonly keyEndsMs: readonly number[];
}

export interface Measure {
  /** Whether it is compared with the beginning of the window. */
  readonly isGrowth: boolean;
  /** Whether less than the threshold is too little, not more too much. */
  readonly isFloor: boolean;
  take(families: ReadonlyMap<string, Family>, facts: Facts): Sample;
  /** Null: nothing can be said. `then` has no subject that is new. */
  value(
    now: readonly number[],
    then: readonly number[],
    rule: AlertRule,
    facts: Facts,
  ): number | null;
}

/** Subjects of one rule: names of the operator, of which there may be many. */
const SUBJECTS_MAX = 500;

const valuesOf = (families: ReadonlyMap<string, Family>, name: string) => {
  const family = families.get(name);
  return family === undefined || family.type === 'histogram' ? [] : family.values;
};

const sumOf = (
  families: ReadonlyMap<string, Family>,
  name: string,
  isWanted: (labels: Readonly<Record<string, string>>) => boolean = () => true,
): number =>
  valuesOf(families, name).reduce(
    (sum, { labels, value }) => sum + (isWanted(labels) ? value : 0),
    0,
  );

const single = (...numbers: number[]): Sample => new Map([['', numbers]]);

/** One number a subject, by one label. */
const byLabel =
  (name: string, label: string) =>
  (families: ReadonlyMap<string, Family>): Sample =>
    new Map(
      valuesOf(families, name)
        .slice(0, SUBJECTS_MAX)
        .map(({ labels, value }) => [labels[label] ?? '', [value]]),
    );

const BLOCKS: ReadonlySet<string> = new Set(['content-blocked', 'tool-forbidden', 'rule-denied']);
const CREDENTIALS: ReadonlySet<string> = new Set([
  'credential-rejected',
  'credential-limited',
  'credential-ambiguous',
]);

const grown = ([now = 0]: readonly number[], [then = 0]: readonly number[]): number => now - then;
const asIs = ([now = 0]: readonly number[]): number => now;

const counted = (reasons: ReadonlySet<string>): Measure => ({
  isGrowth: true,
  isFloor: false,
  take: (families) =>
    single(sumOf(families, 'llmproxy_denials_total', ({ reason = '' }) => reasons.has(reason))),
  value: grown,
});

const state = (take: Measure['take'], value: Measure['value'] = asIs): Measure => ({
  isGrowth: false,
  isFloor: false,
  take,
  value,
});

const errorRate: Measure = {
  isGrowth: true,
  isFloor: false,
  take: (families) =>
    single(
      sumOf(families, 'llmproxy_requests_total'),
      sumOf(families, 'llmproxy_requests_total', ({ status = '' }) => status.startsWith('5')),
    ),
  value([all = 0, failed = 0], [allThen = 0, failedThen = 0], { requestsMin }) {
    const requests = all - allThen;
    return requests < requestsMin || requests === 0 ? null : (failed - failedThen) / requests;
  },
};

const LATENCY = 'llmproxy_request_duration_seconds';

/** All routes together. The bounds stand before the counts, so that a value needs no family. */
const latency: Measure = {
  isGrowth: true,
  isFloor: false,
  take(families) {
    const family = families.get(LATENCY);
    if (family?.type !== 'histogram') return new Map();
    return single(...family.bounds, ...summed(family.distributions, family.bounds.length + 1));
  },
  value(now, then, { requestsMin }) {
    const bounds = now.slice(0, (now.length - 1) / 2);
    const counts = now
      .slice(bounds.length)
      .map((count, at) => count - (then[bounds.length + at] ?? 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    return total < requestsMin || total === 0 ? null : quantile(0.95, bounds, counts);
  },
};

const summed = (distributions: readonly Distribution[], length: number): number[] =>
  Array.from({ length }, (_, at) =>
    distributions.reduce((sum, { buckets }) => sum + (buckets[at] ?? 0), 0),
  );

/** Within a bucket evenly; above the last bound: that bound, which is all that is known. */
export function quantile(
  part: number,
  bounds: readonly number[],
  counts: readonly number[],
): number {
  const rank = part * counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  for (const [at, bound] of bounds.entries()) {
    const count = counts[at] ?? 0;
    if (count > 0 && before + count >= rank) {
      const from = bounds[at - 1] ?? 0;
      return from + (bound - from) * ((rank - before) / count);
    }
    before += count;
  }
  return bounds.at(-1) ?? 0;
}

const auditBroken = state((families) => {
  const isWell = (name: string): number => valuesOf(families, name)[0]?.value ?? 1;
  return new Map([
    ['taking', [1 - isWell('llmproxy_audit_taking')]],
    ['signing', [1 - isWell('llmproxy_audit_signing')]],
  ]);
});

/** -1: it has taken none since the start, which may be a minute ago. */
const anchorAge = state(byLabel('llmproxy_audit_anchor_age_seconds', 'anchor'), ([age = -1]) =>
  age < 0 ? null : age,
);

const certificates: Measure = {
  ...state(byLabel('llmproxy_certificate_expiry_timestamp_seconds', 'listener')),
  isFloor: true,
  value: ([ends = 0], _then, _rule, { nowMs }) => (ends === 0 ? null : ends - nowMs / 1_000),
};

/** How many live keys end within the threshold; the threshold is a time, so this compares itself. */
const keys: Measure = {
  ...state((_families, { keyEndsMs }) => new Map([['', keyEndsMs]])),
  value(ends, _then, { threshold }, { nowMs }) {
    const left = ends.map((endMs) => (endMs - nowMs) / 1_000).filter((seconds) => seconds > 0);
    const soonest = left.reduce((least, seconds) => Math.min(least, seconds), Infinity);
    return soonest < threshold ? soonest : null;
  },
  isFloor: true,
};

export const measures: Readonly<Record<RuleType, Measure>> = {
  'error-rate': errorRate,
  'latency-p95': latency,
  spend: {
    isGrowth: true,
    isFloor: false,
    take: byLabel('llmproxy_cost_usd_total', 'tenant'),
    value: grown,
  },
  blocks: counted(BLOCKS),
  'credential-failures': counted(CREDENTIALS),
  'provider-down': state(byLabel('llmproxy_breaker_open', 'deployment')),
  'audit-broken': auditBroken,
  'anchor-age': anchorAge,
  'sink-lag': state(byLabel('llmproxy_audit_sink_lag_seconds', 'sink')),
  'certificate-expiry': certificates,
  'key-expiry': keys,
};
