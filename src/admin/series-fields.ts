/** What a series can be asked by, and how it is shown. */
import { z } from 'zod';

import { modelField, nameField } from '#config/fields.ts';
import {
  type RollupDim,
  rollupDims,
  type RollupKind,
  rollupKinds,
} from '#storage/rollups/rollup.ts';
import { type RollupGroup, type RollupQuery, stepFor } from '#storage/rollups/view.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { line, time } from './audit/record-fields.ts';
import type { SeriesGroup, SeriesSums, SeriesTimes } from './series-contract.ts';
import { type Actor, sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';

const HOUR_MS = 3_600_000;
const RANGE_MS_MAX = 800 * 24 * HOUR_MS;

const dimNames = [...new Set(Object.values(rollupDims).flat())];
const isDim = (name: string): name is RollupDim => dimNames.some((dim) => dim === name);

export const seriesFilterFields = {
  kind: z.enum(rollupKinds).default('calls').meta({ description: 'What is counted.' }),
  by: z
    .string()
    .max(128)
    .transform((text) => (text === '' ? [] : text.split(',')))
    .pipe(z.array(z.string().refine(isDim, `use ${dimNames.join(', ')}`)).max(3))
    .prefault('')
    .meta({ description: 'What groups are told apart by, with commas; three names at most.' }),
  tenant: nameField.optional(),
  model: modelField.optional(),
  deployment: line(256),
  provider: line(128),
  route: line(128),
  guard: line(128),
  mode: z.enum(['observe', 'enforce']).optional(),
  category: line(128),
  action: line(128),
  position: line(64),
  key: line(128),
  reason: line(128),
  status: line(3),
};

export const seriesRangeFields = {
  from: time('The beginning; an hour ago where it is left out'),
  to: time('The end, which is not in it; now where it is left out'),
};

const fields = z.strictObject(seriesFilterFields);
export type SeriesFilter = z.output<typeof fields>;

export interface SeriesRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Whole steps, so that every point is of a whole one. */
export function seriesRange(
  asked: { readonly from?: number | undefined; readonly to?: number | undefined },
  nowMs: number,
): Result<SeriesRange, Problem> {
  const { to = nowMs, from = to - HOUR_MS } = asked;
  if (from >= to || to - from > RANGE_MS_MAX)
    return err(malformed([['from', 'is before `to`, and 800 days before it at most']]));
  const stepMs = stepFor(from, to, nowMs);
  const fromMs = Math.floor(from / stepMs) * stepMs;
  return ok({ fromMs, toMs: Math.ceil(to / stepMs) * stepMs, stepMs });
}

/** For this actor: a confined one sees its tenant, whether it says so or not. */
export function seriesQuery(
  actor: Actor,
  { kind, by, ...asked }: SeriesFilter,
  range: SeriesRange,
): Result<RollupQuery, Problem> {
  if (asked.tenant !== undefined && !sees(actor, asked.tenant))
    return err(problem('not-found', 'tenant'));
  const tenant = asked.tenant ?? actor.tenant ?? undefined;
  const where: Partial<Record<RollupDim, string>> = { ...(tenant !== undefined && { tenant }) };
  const foreign = by.filter((name) => !has(kind, name));
  for (const name of dimNames) {
    const value = name === 'tenant' ? undefined : asked[name];
    if (value === undefined) continue;
    if (has(kind, name)) where[name] = value;
    else foreign.push(name);
  }
  const known = rollupDims[kind].join(', ');
  if (foreign.length > 0)
    return err(malformed(foreign.map((name) => [name, `${kind} are told apart by ${known}`])));
  return ok({ kind, ...range, where, by });
}

const malformed = (errors: readonly (readonly [string, string])[]): Problem => ({
  reason: 'request-malformed',
  errors: errors.map(([field, text]) => ({ field, problem: text })),
});

const has = (kind: RollupKind, name: RollupDim): boolean =>
  rollupDims[kind].some((known) => known === name);

const times = z.strictObject({
  count: z.int(),
  mean: z.int(),
  p50: z.int(),
  p95: z.int(),
  p99: z.int(),
}) satisfies z.ZodType<SeriesTimes>;
const sums = {
  counts: z.record(z.string(), z.int()),
  times: z.record(z.string(), times),
};
export const seriesGroupView = z.strictObject({
  names: z.array(z.string().nullable()),
  total: z.strictObject(sums) satisfies z.ZodType<SeriesSums>,
  points: z.array(z.strictObject({ at: z.string(), ...sums })),
}) satisfies z.ZodType<SeriesGroup>;

export const shownSeries = ({ dims, total, points }: RollupGroup) => ({
  names: [...dims],
  total: sumsOf(total),
  points: points.map(({ atMs, ...rest }) => ({
    at: new Date(atMs).toISOString(),
    ...sumsOf(rest),
  })),
});

const sumsOf = ({ counts, times: taken }: Pick<RollupGroup['total'], 'counts' | 'times'>) => ({
  counts: { ...counts },
  times: { ...taken },
});
