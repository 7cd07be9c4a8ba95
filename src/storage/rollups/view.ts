/** Rows of rollups, as one asks for them: grouped, and in steps as long as asked. */
import {
  Rollup,
  type RollupDim,
  rollupDims,
  type RollupKind,
  type RollupRow,
  rollupSteps,
} from './rollup.ts';

export interface RollupQuery {
  readonly kind: RollupKind;
  /** Unix milliseconds; inclusive, exclusive. Both are multiples of `stepMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How long a point is: a multiple of a step that is kept. */
  readonly stepMs: number;
  /** Exact, where given. `tenant: null` is what nobody's is. */
  readonly where: Readonly<Partial<Record<RollupDim, string | null>>>;
  /** Groups beyond `GROUPS_MAX` are one, whose names are `~more`. */
  readonly by: readonly RollupDim[];
}

/** Microseconds. */
export interface TimesView {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface RollupPoint {
  readonly atMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly times: Readonly<Record<string, TimesView>>;
}

export interface RollupGroup {
  readonly dims: readonly (string | null)[];
  /** Of the whole time. */
  readonly total: Omit<RollupPoint, 'atMs'>;
  /** The oldest first; a step without anything has none. */
  readonly points: readonly RollupPoint[];
}

export const GROUPS_MAX = 50;
/** Points of a range: what a graph can show. */
export const POINTS_MAX = 400;

/** Steps that a person reads easily. */
const NICE_MS = [
  10_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000,
  86_400_000,
];

/** How long the points of a range are: as short as is kept of it, and no more than a graph can show. */
export function stepFor(fromMs: number, toMs: number, nowMs: number): number {
  const kept = rollupSteps.find(({ keptMs }) => fromMs >= nowMs - keptMs) ?? rollupSteps.at(-1);
  const finest = kept?.stepMs ?? 86_400_000;
  const nice = NICE_MS.find((ms) => ms >= finest && (toMs - fromMs) / ms <= POINTS_MAX);
  return nice ?? 86_400_000;
}

/** The step of the rows that points of this length are made of: the longest that divides it. */
export function keptStepOf(stepMs: number): number {
  const fits = rollupSteps.filter((kept) => stepMs % kept.stepMs === 0);
  return fits.at(-1)?.stepMs ?? stepMs;
}

interface Group {
  readonly dims: readonly (string | null)[];
  readonly total: Rollup;
  readonly points: Map<number, Rollup>;
}

/** Those with the most first. */
export function rollupView(rows: Iterable<RollupRow>, query: RollupQuery): readonly RollupGroup[] {
  const { kind, stepMs, by } = query;
  const names: readonly RollupDim[] = rollupDims[kind];
  const places = by.map((name) => names.indexOf(name));
  const groups = new Map<string, Group>();
  for (const { atMs, dims, rollup } of rows) {
    const group = groupOf(
      groups,
      places.map((place) => dims[place] ?? null),
    );
    group.total.merge(rollup);
    const at = Math.floor(atMs / stepMs) * stepMs;
    const point = group.points.get(at) ?? new Rollup();
    group.points.set(at, point);
    point.merge(rollup);
  }
  const sorted = [...groups.values()].toSorted((a, b) => weightOf(b.total) - weightOf(a.total));
  const rest = sorted.slice(GROUPS_MAX);
  const kept = rest.length === 0 ? sorted : [...sorted.slice(0, GROUPS_MAX), mergedOf(rest)];
  return kept.map(shownGroup);
}

function groupOf(groups: Map<string, Group>, dims: readonly (string | null)[]): Group {
  const key = JSON.stringify(dims);
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group: Group = { dims, total: new Rollup(), points: new Map() };
  groups.set(key, group);
  return group;
}

function mergedOf(groups: readonly Group[]): Group {
  const [first] = groups;
  const merged: Group = {
    dims: first?.dims.map(() => '~more') ?? [],
    total: new Rollup(),
    points: new Map(),
  };
  for (const { total, points } of groups) {
    merged.total.merge(total);
    for (const [at, point] of points) {
      const known = merged.points.get(at) ?? new Rollup();
      merged.points.set(at, known);
      known.merge(point);
    }
  }
  return merged;
}

const weightOf = ({ counts }: Rollup): number => counts.get('requests') ?? counts.get('count') ?? 0;

const shownGroup = ({ dims, total, points }: Group): RollupGroup => ({
  dims,
  total: shown(total),
  points: [...points]
    .toSorted(([a], [b]) => a - b)
    .map(([atMs, point]) => ({ atMs, ...shown(point) })),
});

function shown({ counts, times }: Rollup): Omit<RollupPoint, 'atMs'> {
  const views = [...times].map(([name, histogram]): [string, TimesView] => [
    name,
    {
      count: histogram.count,
      mean: Math.round(histogram.mean),
      p50: histogram.percentile(0.5) ?? 0,
      p95: histogram.percentile(0.95) ?? 0,
      p99: histogram.percentile(0.99) ?? 0,
    },
  ]);
  return { counts: Object.fromEntries(counts), times: Object.fromEntries(views) };
}
