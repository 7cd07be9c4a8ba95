/** The lines of a graph, out of what the API answers: one value for each step, also where nothing was. */
import type { SeriesGroup, SeriesSums, SeriesView } from '../../../src/admin/series-contract.ts';

export interface Line {
  readonly name: string;
  /** Null: there was nothing to measure. */
  readonly values: readonly (number | null)[];
  /** Which of the series' colours. */
  readonly colour: number;
  /** Of the time before, for comparing. */
  readonly isBefore?: boolean;
}

export type Pick = (sums: SeriesSums) => number | null;

export const count =
  (name: string): Pick =>
  ({ counts }) =>
    counts[name] ?? 0;

export const percentile =
  (name: string, which: 'p50' | 'p95' | 'p99'): Pick =>
  ({ times }) =>
    times[name]?.[which] ?? null;

/** Unix seconds: when each step begins. */
export function stepsOf({ from, to, stepSeconds }: SeriesView): number[] {
  const begin = Date.parse(from) / 1_000;
  const end = Date.parse(to) / 1_000;
  return Array.from(
    { length: Math.round((end - begin) / stepSeconds) },
    (_none, at) => begin + at * stepSeconds,
  );
}

/** The values of one group, a step each. `shiftSeconds`: how far it is moved to the right. */
export function valuesOf(
  group: SeriesGroup | undefined,
  steps: readonly number[],
  pick: Pick,
  shiftSeconds = 0,
): (number | null)[] {
  const at = new Map(
    (group?.points ?? []).map((point) => [Date.parse(point.at) / 1_000 + shiftSeconds, point]),
  );
  const nothing = pick({ counts: {}, times: {} });
  return steps.map((step) => {
    const point = at.get(step);
    return point === undefined ? nothing : pick(point);
  });
}

/** Numbers an interval become numbers a second, a minute: the same however long the steps are. */
export const per =
  (seconds: number, stepSeconds: number, pick: Pick): Pick =>
  (sums) => {
    const amount = pick(sums);
    return amount === null ? null : (amount * seconds) / stepSeconds;
  };

/** What the step that is not over has is not all of it: it is not drawn as if it were. */
export function withoutOpenStep<T>(
  steps: readonly number[],
  values: readonly T[],
  nowSeconds: number,
  stepSeconds: number,
): T[] {
  const whole = steps.findIndex((step) => step + stepSeconds > nowSeconds);
  return whole === -1 ? [...values] : values.slice(0, whole);
}
