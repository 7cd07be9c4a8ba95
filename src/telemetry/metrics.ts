/**
 * Counters, gauges and histograms, read as one structured snapshot: Prometheus text and OTLP are two
 * ways to write it. Base units, no labels for users or keys, and a cap on label sets: a label that
 * callers choose would let them fill the memory of everybody who scrapes. What the cap turns away is
 * counted by metric.
 */
import type { Across, Family, Labels, Value } from './family.ts';
import { mergedFamilies } from './merged-families.ts';

export type { Distribution, Family, Labels, Value } from './family.ts';

export interface Counter {
  add(labels: Labels, amount?: number): void;
}
export interface Histogram {
  /** A label set that is there before its first value. */
  open(labels: Labels): void;
  observe(labels: Labels, value: number): void;
  /** For one label set that is told of again and again: it is looked for once. */
  of(labels: Labels): (value: number) => void;
}
export type GaugeRead = () => number | readonly (readonly [Labels, number])[];

export const SERIES_MAX = 2_000;
const NO_LABELS: Labels = {};

export class Metrics {
  readonly #families: (() => Family)[] = [];
  /** By metric; its own label sets are as many as there are metrics, which callers cannot change. */
  readonly #dropped: Counter;

  constructor() {
    this.#dropped = this.counter(
      'llmproxy_metrics_dropped_total',
      'Values that were not counted, as their metric has as many label sets as it may.',
    );
  }

  counter(name: string, help: string): Counter {
    const series = new Series(
      () => ({ value: 0 }),
      () => this.#lost(name, 1),
    );
    this.#add(name, () => ({
      name,
      help,
      type: 'counter',
      values: series.all().map((one) => ({ ...one })),
    }));
    return {
      add(labels, amount = 1) {
        const at = series.of(labels);
        if (at !== undefined) at.value += amount;
      },
    };
  }

  /** Read when somebody asks. `across`: what several processes of one gateway come to. */
  gauge(name: string, help: string, read: GaugeRead, across: Across = 'own'): void {
    this.#add(name, () => {
      const now = read();
      const all: readonly Value[] =
        typeof now === 'number'
          ? [{ labels: NO_LABELS, value: now }]
          : now.slice(0, SERIES_MAX).map(([labels, value]) => ({ labels, value }));
      if (typeof now !== 'number') this.#lost(name, now.length - all.length);
      return { name, help, type: 'gauge', across, values: all };
    });
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Series(
      () => ({ buckets: [...bounds.map(() => 0), 0], sum: 0, count: 0 }),
      () => this.#lost(name, 1),
    );
    this.#add(name, () => ({
      name,
      help,
      type: 'histogram',
      bounds,
      distributions: series.all().map((one) => ({ ...one, buckets: [...one.buckets] })),
    }));
    const count = (entry: Counted, value: number): void => {
      // Only the smallest bucket that holds it: they are added up when somebody asks.
      let index = 0;
      while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
      entry.buckets[index] = (entry.buckets[index] ?? 0) + 1;
      entry.sum += value;
      entry.count += 1;
    };
    return {
      open(labels) {
        series.of(labels);
      },
      observe(labels, value) {
        const entry = series.of(labels);
        if (entry !== undefined) count(entry, value);
      },
      of(labels) {
        const entry = series.of(labels);
        if (entry === undefined) return () => this.observe(labels, 0);
        return (value) => count(entry, value);
      },
    };
  }

  /** All of it at this moment. It shares nothing with what goes on counting. */
  snapshot(): readonly Family[] {
    const own = this.#families.map((read) => read());
    return mergedFamilies(own, this.others());
  }

  /** Of other processes of this gateway, as they were last told; there are none, until somebody says so. */
  others: () => readonly (readonly Family[])[] = () => [];

  /** What it loses is there from the beginning, so that the first step is seen. */
  #add(metric: string, read: () => Family): void {
    this.#families.push(read);
    if (this.#families.length > 1) this.#dropped.add({ metric }, 0);
  }

  #lost(metric: string, count: number): void {
    if (count > 0) this.#dropped.add({ metric }, count);
  }
}

interface Counted {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** The label sets of one metric. */
class Series<State extends object> {
  readonly #states = new Map<string, State & { readonly labels: Labels }>();
  readonly #create: () => State;
  readonly #full: () => void;

  constructor(create: () => State, full: () => void) {
    this.#create = create;
    this.#full = full;
  }

  /** Undefined for a label set beyond the cap. */
  of(labels: Labels): State | undefined {
    let key = '';
    for (const name in labels) key += `${labels[name]}\0`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= SERIES_MAX) {
      this.#full();
      return undefined;
    }
    const state = { ...this.#create(), labels };
    this.#states.set(key, state);
    return state;
  }

  all(): (State & { readonly labels: Labels })[] {
    return [...this.#states.values()];
  }
}
