/**
 * Counters, gauges and histograms as Prometheus text (exposition format 0.0.4). Base units, no
 * labels for users or keys, and a cap on label sets: a label that callers choose would let them fill
 * the memory of everybody who scrapes.
 */
export interface Counter {
  add(labels: Labels, amount?: number): void;
}
export interface Histogram {
  /** A label set that is there before its first value. */
  open(labels: Labels): void;
  observe(labels: Labels, value: number): void;
}
export type Labels = Readonly<Record<string, string>>;

const SERIES_MAX = 2_000;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly render: () => string[];
}

export class Metrics {
  readonly #families: Family[] = [];

  counter(name: string, help: string): Counter {
    const series = new Series<{ value: number }>(() => ({ value: 0 }));
    const render = (): string[] =>
      series.all().map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
    this.#families.push({ name, help, type: 'counter', render });
    return {
      add(labels, amount = 1) {
        const at = series.of(labels);
        if (at !== undefined) at.value += amount;
      },
    };
  }

  /** Read when it is scraped. */
  gauge(
    name: string,
    help: string,
    read: () => number | readonly (readonly [Labels, number])[],
  ): void {
    const render = (): string[] => {
      const value = read();
      if (typeof value === 'number') return [`${name} ${value}`];
      return value.slice(0, SERIES_MAX).map(([labels, at]) => `${name}${labelText(labels)} ${at}`);
    };
    this.#families.push({ name, help, type: 'gauge', render });
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Series(() => ({ buckets: bounds.map(() => 0), sum: 0, count: 0 }));
    const render = (): string[] =>
      series
        .all()
        .flatMap(({ labels, buckets, sum, count }) => [
          ...cumulative(buckets).map(
            (upTo, index) =>
              `${name}_bucket${labelText({ ...labels, le: String(bounds[index]) })} ${upTo}`,
          ),
          `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
          `${name}_sum${labelText(labels)} ${sum}`,
          `${name}_count${labelText(labels)} ${count}`,
        ]);
    this.#families.push({ name, help, type: 'histogram', render });
    return {
      open(labels) {
        series.of(labels);
      },
      observe(labels, value) {
        const entry = series.of(labels);
        if (entry === undefined) return;
        // Only the smallest bucket that holds it: they are added up when somebody scrapes.
        let index = 0;
        while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
        if (index < bounds.length) entry.buckets[index] = (entry.buckets[index] ?? 0) + 1;
        entry.sum += value;
        entry.count += 1;
      },
    };
  }

  text(): string {
    const lines = this.#families.flatMap(({ name, help, type, render }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...render(),
    ]);
    return `${lines.join('\n')}\n`;
  }
}

function cumulative(buckets: readonly number[]): number[] {
  let upTo = 0;
  return buckets.map((count) => (upTo += count));
}

/** The label sets of one metric. Their text is made when somebody scrapes, not for each request. */
class Series<State extends object> {
  readonly #states = new Map<string, State & { readonly labels: Labels }>();
  readonly #create: () => State;

  constructor(create: () => State) {
    this.#create = create;
  }

  /** Undefined for a label set beyond the cap. */
  of(labels: Labels): State | undefined {
    let key = '';
    for (const name in labels) key += `${labels[name]}\0`;
    const known = this.#states.get(key);
    if (known !== undefined || this.#states.size >= SERIES_MAX) return known;
    const state = { ...this.#create(), labels };
    this.#states.set(key, state);
    return state;
  }

  all(): (State & { readonly labels: Labels })[] {
    return [...this.#states.values()];
  }
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escaped = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
