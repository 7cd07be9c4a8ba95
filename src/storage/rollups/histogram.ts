/**
 * How long things took, so that what was counted apart can be added up: percentiles of sums, never
 * averages of percentiles. Buckets are exponential, eight to each doubling, as OpenTelemetry's at scale 3:
 * a percentile is within 4.5 % of the value (OpenTelemetry data model, "ExponentialHistogram").
 */
const PER_DOUBLING = 8;
/** 2^40 microseconds are twelve days: what took longer is counted there. */
const INDEX_MAX = 40 * PER_DOUBLING;

/** The first number is the sum; then how many each bucket has. As JSON it is what is kept. */
export type HistogramBody = readonly [sum: number, buckets: readonly (readonly [number, number])[]];

export class Histogram {
  readonly #counts = new Map<number, number>();
  #sum = 0;
  #count = 0;

  static of([sum, buckets]: HistogramBody): Histogram {
    const histogram = new Histogram();
    histogram.#sum = sum;
    for (const [index, count] of buckets) histogram.#put(index, count);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Whole microseconds. What is below one counts as one. */
  add(value: number): void {
    this.#sum += value;
    this.#put(indexOf(value), 1);
  }

  merge(other: Histogram): void {
    this.#sum += other.#sum;
    for (const [index, count] of other.#counts) this.#put(index, count);
  }

  /** `share`: 0.95 is the 95th percentile. Null where there is nothing. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [index, count] of this.#sorted()) {
      seen += count;
      if (seen >= rank) return Math.round(2 ** ((index + 0.5) / PER_DOUBLING));
    }
    return null;
  }

  body(): HistogramBody {
    return [this.#sum, this.#sorted()];
  }

  #put(index: number, count: number): void {
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
    this.#count += count;
  }

  #sorted(): readonly (readonly [number, number])[] {
    return [...this.#counts].toSorted(([a], [b]) => a - b);
  }
}

const indexOf = (value: number): number =>
  Math.min(INDEX_MAX, Math.floor(Math.log2(Math.max(1, value)) * PER_DOUBLING));
