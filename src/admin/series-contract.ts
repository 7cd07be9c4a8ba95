/** What the admin API says of numbers over time; a part of the contract that is long enough alone. */

/** Whole microseconds. */
export interface SeriesTimes {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface SeriesSums {
  readonly counts: Readonly<Record<string, number>>;
  readonly times: Readonly<Record<string, SeriesTimes>>;
}

export interface SeriesPoint extends SeriesSums {
  /** When its step begins. */
  readonly at: string;
}

export interface SeriesGroup {
  /** In the order of `by`; null: there was none. `~more`: those that are too many to be told apart. */
  readonly names: readonly (string | null)[];
  readonly total: SeriesSums;
  /** The oldest first; a step in which nothing was has none. */
  readonly points: readonly SeriesPoint[];
}

export interface SeriesView {
  readonly from: string;
  readonly to: string;
  readonly stepSeconds: number;
  readonly by: readonly string[];
  readonly items: readonly SeriesGroup[];
  /** The same for the time of the same length before; null where it was not asked for. */
  readonly before: readonly SeriesGroup[] | null;
}
