/**
 * Numbers of the past, by step of time and series: what graphs are drawn from. They are counted out of the
 * audit log while it is indexed, in the transaction that says how far the log was read, so that a record
 * counts once whatever fails; and can be counted anew from it. No user, address or text is in them.
 */
import { Fault } from '#domain/fault.ts';
import { type JsonValue, parseJson } from '#stdx/json.ts';

import { Histogram, type HistogramBody } from './histogram.ts';

/** What a series is told apart by, in this order. */
export const rollupDims = {
  /** Calls, once each, when they end. */
  calls: ['tenant', 'model', 'deployment', 'route'],
  /** What was asked of providers, retries and fallbacks too. */
  attempts: ['tenant', 'provider', 'deployment'],
  findings: ['tenant', 'guard', 'mode', 'category', 'action', 'position', 'model', 'key'],
  /** What was not let through; of strangers, whose tenant nobody knows, too. */
  refusals: ['tenant', 'reason', 'status'],
} as const;
export type RollupKind = keyof typeof rollupDims;
export type RollupDim = (typeof rollupDims)[RollupKind][number];
export const rollupKinds: readonly RollupKind[] = ['calls', 'attempts', 'findings', 'refusals'];

/** What one record adds to one series. */
export interface Sample {
  readonly seq: number;
  readonly atMs: number;
  readonly kind: RollupKind;
  /** In the order of `rollupDims`. */
  readonly dims: readonly (string | null)[];
  /** Whole numbers. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whole microseconds. */
  readonly times?: Readonly<Record<string, number>> | undefined;
}

/** The steps that are kept, each as long as somebody looks at a range that needs it. */
export const rollupSteps = [
  { stepMs: 10_000, keptMs: 3 * 3_600_000 },
  { stepMs: 60_000, keptMs: 8 * 86_400_000 },
  { stepMs: 3_600_000, keptMs: 100 * 86_400_000 },
  { stepMs: 86_400_000, keptMs: 800 * 86_400_000 },
] as const;

/** Series of a store; what would be one more counts in one that names its tenant alone. */
export const SERIES_MAX = 20_000;
/** Stands for what was one series too many. */
export const MORE = '~more';

export interface RollupRow {
  readonly atMs: number;
  readonly dims: readonly (string | null)[];
  readonly rollup: Rollup;
}

export class Rollup {
  readonly counts = new Map<string, number>();
  readonly times = new Map<string, Histogram>();

  /** Throws `Fault('storage-failed')` for what is none. */
  static of(text: string): Rollup {
    const parsed = parseJson(text);
    const rollup = new Rollup();
    if (!isObject(parsed) || !isObject(parsed['c']) || !isObject(parsed['t'])) throw notOne();
    for (const [name, count] of Object.entries(parsed['c']))
      rollup.counts.set(name, numberOf(count));
    for (const [name, body] of Object.entries(parsed['t']))
      rollup.times.set(name, Histogram.of(histogramBody(body)));
    return rollup;
  }

  add({ counts, times = {} }: Pick<Sample, 'counts' | 'times'>): void {
    for (const name in counts) this.#count(name, counts[name] ?? 0);
    for (const name in times) this.#timesOf(name).add(times[name] ?? 0);
  }

  merge(other: Rollup): void {
    for (const [name, count] of other.counts) this.#count(name, count);
    for (const [name, histogram] of other.times) this.#timesOf(name).merge(histogram);
  }

  text(): string {
    const times = [...this.times].map(([name, histogram]) => [name, histogram.body()] as const);
    return JSON.stringify({ c: Object.fromEntries(this.counts), t: Object.fromEntries(times) });
  }

  #count(name: string, by: number): void {
    if (by !== 0) this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  #timesOf(name: string): Histogram {
    const known = this.times.get(name);
    if (known !== undefined) return known;
    const histogram = new Histogram();
    this.times.set(name, histogram);
    return histogram;
  }
}

/** How a series is told from others, and read back. */
export const seriesText = (kind: RollupKind, dims: readonly (string | null)[]): string =>
  JSON.stringify([kind, ...dims]);

/** What counts instead of one series too many. */
export function moreOf({ kind, dims: [tenant = null] }: Pick<Sample, 'kind' | 'dims'>) {
  return { kind, dims: rollupDims[kind].map((name) => (name === 'tenant' ? tenant : MORE)) };
}

export function dimsOf(text: string): readonly (string | null)[] {
  const parsed = parseJson(text);
  if (!Array.isArray(parsed)) throw notOne();
  return parsed.slice(1).map((dim) => (typeof dim === 'string' ? dim : null));
}

const isObject = (value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function numberOf(value: JsonValue | undefined): number {
  if (typeof value !== 'number') throw notOne();
  return value;
}

function histogramBody(value: JsonValue): HistogramBody {
  if (!Array.isArray(value) || !Array.isArray(value[1])) throw notOne();
  const buckets = value[1].map((bucket) => {
    if (!Array.isArray(bucket)) throw notOne();
    return [numberOf(bucket[0]), numberOf(bucket[1])] as const;
  });
  return [numberOf(value[0]), buckets];
}

const notOne = (): Fault => new Fault('storage-failed', 'numbers of the index are not readable');
