/**
 * `/admin/v1/series`: numbers over time, out of what was counted from the audit log, a moment behind it.
 * A tenant's administrators see its own. `/admin/v1/series/live` is the same of the last minutes, as
 * server-sent events: `series` whole at first, then `points`: sums of the whole time, and its newest points.
 */
import { z } from 'zod';

import type { RollupGroup, RollupQuery } from '#storage/rollups/view.ts';
import { err, ok } from '#stdx/result.ts';

import type { EventSource } from './event-stream.ts';
import { type AdminPorts, type AdminRoute, defineRoute } from './route.ts';
import {
  seriesFilterFields,
  seriesGroupView,
  seriesQuery,
  seriesRange,
  seriesRangeFields,
  shownSeries,
} from './series-fields.ts';
import type { SeriesView } from './series-contract.ts';

const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const seriesView = z.strictObject({
  from: z.string(),
  to: z.string(),
  stepSeconds: z.int(),
  by: z.array(z.string()),
  items: z.array(seriesGroupView),
  before: z.array(seriesGroupView).nullable(),
}) satisfies z.ZodType<SeriesView>;

const list = defineRoute(
  {
    ...read,
    path: '/admin/v1/series',
    summary: 'Calls, attempts at providers, findings of guards or refusals over time, in groups.',
    permission: 'usage.read',
    query: z.strictObject({
      ...seriesRangeFields,
      ...seriesFilterFields,
      compare: z
        .literal('before')
        .optional()
        .meta({ description: 'Also the time of the same length before.' }),
    }),
    status: 200,
    response: seriesView,
  },
  async ({ actor, query, ports }) => {
    const { from, to, compare, ...filter } = query;
    const range = seriesRange({ from, to }, ports.clock.nowMs());
    if (!range.ok) return range;
    const asked = seriesQuery(actor, filter, range.value);
    if (!asked.ok) return err(asked.error);
    const [groups, before] = await Promise.all([
      ports.audit.rollups(asked.value),
      compare === undefined ? null : ports.audit.rollups(beforeOf(asked.value)),
    ]);
    return ok({ body: { ...shownRange(asked.value), ...shownGroups(groups, before) } });
  },
);

const beforeOf = (query: RollupQuery): RollupQuery => ({
  ...query,
  fromMs: query.fromMs - (query.toMs - query.fromMs),
  toMs: query.fromMs,
});

const shownGroups = (groups: readonly RollupGroup[], before: readonly RollupGroup[] | null) => ({
  items: groups.map(shownSeries),
  before: before?.map(shownSeries) ?? null,
});

const shownRange = ({ fromMs, toMs, stepMs, by }: RollupQuery) => ({
  from: new Date(fromMs).toISOString(),
  to: new Date(toMs).toISOString(),
  stepSeconds: stepMs / 1_000,
  by: [...by],
});

const STEP_MS = 10_000;
const EVERY_MS = 2_000;
/** What the index brings late is still in these: it is seconds behind, a minute where much is written. */
const TAIL_MS = 6 * STEP_MS;

const live = defineRoute(
  {
    ...read,
    path: '/admin/v1/series/live',
    summary:
      'The same of the last minutes, as server-sent events: `series`, then `points` with the newest alone when they change; `behind` while the index does not answer.',
    permission: 'usage.read',
    query: z.strictObject({
      ...seriesFilterFields,
      minutes: z
        .string()
        .regex(/^(?:[1-9]|[1-5]\d|60)$/u)
        .transform(Number)
        .prefault('5')
        .meta({ description: 'How far back, 1 to 60.' }),
    }),
    status: 200,
    response: 'events',
  },
  async ({ actor, query, ports }) => {
    const { minutes, ...filter } = query;
    const rangeOf = (nowMs: number) => ({
      fromMs: Math.floor((nowMs - minutes * 60_000) / STEP_MS) * STEP_MS,
      toMs: Math.ceil((nowMs + 1) / STEP_MS) * STEP_MS,
      stepMs: STEP_MS,
    });
    const asked = seriesQuery(actor, filter, rangeOf(ports.clock.nowMs()));
    if (!asked.ok) return err(asked.error);
    return ok({ body: liveSource(ports, asked.value, rangeOf) });
  },
);

const tailOf = ({ points, ...group }: RollupGroup, fromMs: number): RollupGroup => ({
  ...group,
  points: points.filter(({ atMs }) => atMs >= fromMs),
});

/** One question at a time: an index that answers slowly is asked less often. */
function liveSource(
  ports: AdminPorts,
  query: RollupQuery,
  rangeOf: (nowMs: number) => Pick<RollupQuery, 'fromMs' | 'toMs' | 'stepMs'>,
): EventSource {
  return (tell) => {
    let isStopped = false;
    let timer: NodeJS.Timeout | undefined;
    let said = '';
    const step = async (isFirst: boolean): Promise<void> => {
      const range = rangeOf(ports.clock.nowMs());
      const asked = { ...query, ...range };
      const groups = await ports.audit.rollups(asked);
      if (isStopped) return;
      const told = isFirst ? groups : groups.map((group) => tailOf(group, range.toMs - TAIL_MS));
      const data = { ...shownRange(asked), ...shownGroups(told, null) };
      // With its end: time goes on where nothing happens, and steps are over.
      const text = JSON.stringify([data.to, data.items]);
      if (text === said && !isFirst) return;
      said = text;
      tell({ event: isFirst ? 'series' : 'points', data });
    };
    const turn = (isFirst: boolean): void => {
      step(isFirst).then(
        () => next(false),
        () => {
          tell({ event: 'behind', data: null });
          next(isFirst);
        },
      );
    };
    const next = (isFirst: boolean): void => {
      if (!isStopped) timer = setTimeout(() => turn(isFirst), EVERY_MS);
    };
    turn(true);
    return () => {
      isStopped = true;
      clearTimeout(timer);
    };
  };
}

export const seriesRoutes: readonly AdminRoute[] = [list, live];
