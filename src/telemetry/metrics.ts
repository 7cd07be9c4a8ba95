/**
 * Counters, gauges and histograms as Prometheus text (exposition format 0.0.4). Base units, no
 * labels for users or keys, and a cap on label sets: a label that callers choose would let them fill
 * the memory of everybody who scrapes.
 */
export interface Counter {
  add(labels: Labels, amount?: number): void;
}
export interface Histogram {
  observe(labels: Labels, value: number): void;
}
export type Labels = Readonly<Record<string, string>>;

const SERIES_MAX = 2_000;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  render(): string[];
}

export class Metrics {
  readonly #families: Family[] = [];

  counter(name: string, help: string): Counter {
    const series = new Series();
    const render = (): string[] => series.all().map(([labels, value]) => `${name}${labels} ${value}`);
    this.#families.push({ name, help, type: 'counter', render });
    return { add: (labels, amount = 1) => series.add(labels, amount) };
  }

  /** Read when it is scraped. */
  gauge(name: string, help: string, read: () => number | readonly (readonly [Labels, number])[]): void {
    const render = (): string[] => {
      const value = read();
      if (typeof value === 'number') return [`${name} ${value}`];
      return value.slice(0, SERIES_MAX).map(([labels, at]) => `${name}${labelText(labels)} ${at}`);
    };
    this.#families.push({ name, help, type: 'gauge', render });
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();
    const render = (): string[] =>
      [...series.values()].flatMap(({ labels, buckets, sum, count }) => [
        ...bounds.map(
          (bound, index) =>
            `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${buckets[index]}`,
        ),
        `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`,
        `${name}_sum${labelText(labels)} ${sum}`,
        `${name}_count${labelText(labels)} ${count}`,
      ]);
    this.#families.push({ name, help, type: 'histogram', render });
    return {
      observe(labels, value) {
        const key = labelText(labels);
        let entry = series.get(key);
        if (entry === undefined) {
          if (series.size >= SERIES_MAX) return;
          entry = { labels, buckets: bounds.map(() => 0), sum: 0, count: 0 };
          series.set(key, entry);
        }
        for (const [index, bound] of bounds.entries()) {
          if (value <= bound) entry.buckets[index] = (entry.buckets[index] ?? 0) + 1;
        }
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

class Series {
  readonly #values = new Map<string, number>();

  add(labels: Labels, amount: number): void {
    const key = labelText(labels);
    const known = this.#values.get(key);
    if (known === undefined && this.#values.size >= SERIES_MAX) return;
    this.#values.set(key, (known ?? 0) + amount);
  }

  all(): [string, number][] {
    return [...this.#values];
  }
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`);
