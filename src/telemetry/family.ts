/** Metrics as they are read: what Prometheus text and OTLP are written from. */
export type Labels = Readonly<Record<string, string>>;

export interface Value {
  readonly labels: Labels;
  readonly value: number;
}
export interface Distribution {
  readonly labels: Labels;
  /** How many values each bound holds, and no smaller one does; what is above all of them is last. */
  readonly buckets: readonly number[];
  readonly sum: number;
  readonly count: number;
}

interface Named {
  readonly name: string;
  readonly help: string;
}
export type Family = Named &
  (
    | { readonly type: 'counter'; readonly values: readonly Value[] }
    | { readonly type: 'gauge'; readonly across: Across; readonly values: readonly Value[] }
    | {
        readonly type: 'histogram';
        readonly bounds: readonly number[];
        readonly distributions: readonly Distribution[];
      }
  );

/** What several processes of one gateway come to; `own`: of the one that is asked, and nothing else. */
export type Across = 'sum' | 'max' | 'min' | 'own';
