/** `/admin/v1/views`: searches that one keeps under a name. One's own, and nobody else's. */
import { z } from 'zod';

import { randomBase62 } from '#stdx/base62.ts';
import { err, ok, type Result } from '#stdx/result.ts';
import type { SavedView, SavedViewsRecord } from '#storage/view-records.ts';

import { actorName, change } from './change.ts';
import { pageOf } from './page.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import type { SavedViewView } from './view-contract.ts';
import { timeText } from './views.ts';

/** Of one person or token. With the bounds of a view: about 100 KB at most. */
export const VIEWS_MAX = 50;
const FILTERS_MAX = 20;

const path = '/admin/v1/views';
const text = z.string();
/** Bounded, and of one line: it is shown in a list. */
const line = (max: number) =>
  text
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u);

const query = z
  .record(text.regex(/^[A-Za-z]{1,32}$/u), line(256))
  .refine((filters) => Object.keys(filters).length <= FILTERS_MAX)
  .meta({
    description: 'Filters of `GET /audit/records`, by their names. They are not checked here.',
  });

const viewView = z.strictObject({
  id: text,
  name: text,
  query: z.record(text, text),
  savedAt: text,
}) satisfies z.ZodType<SavedViewView>;

const show = ({ id, name, query: filters, savedMs }: SavedView) => ({
  id,
  name,
  query: { ...filters },
  savedAt: timeText(savedMs),
});

const own = { permission: 'records.read', scope: 'own', query: null, ifMatch: false } as const;

const list = defineRoute(
  {
    ...own,
    method: 'GET',
    path,
    summary: 'Searches that you keep under a name.',
    audit: null,
    body: null,
    status: 200,
    response: pageOf(viewView),
  },
  async ({ actor, ports }) => {
    const record = await ports.storage.savedViews.find(actorName(actor));
    return ok({ body: { items: (record?.views ?? []).map(show), next: null } });
  },
);

/** Replaces all views of the caller. The log is told how many: their names and filters may name people. */
async function kept(
  call: Pick<AdminCall, 'actor' | 'action' | 'requestId' | 'ports'>,
  next: (views: readonly SavedView[]) => Result<readonly SavedView[], Problem>,
): Promise<Result<readonly SavedView[], Problem>> {
  const id = actorName(call.actor);
  const changed = { resource: 'views', tenant: call.actor.tenant, diff: null };
  return await change(call, changed, async (tx) => {
    const found = await tx.savedViews.find(id);
    const views = next(found?.views ?? []);
    if (!views.ok) return views;
    const record: SavedViewsRecord = { id, views: views.value, version: found?.version ?? 1 };
    const done = await (found === null
      ? tx.savedViews.insert(record)
      : tx.savedViews.update(record));
    return done.ok ? views : done;
  });
}

const save = defineRoute(
  {
    ...own,
    method: 'POST',
    path,
    summary: 'Keeps a search under a name; one of the same name is replaced.',
    audit: 'view.save',
    body: z.strictObject({ name: line(64), query }),
    status: 201,
    response: viewView,
  },
  async (call) => {
    const savedMs = call.ports.clock.nowMs();
    const view: SavedView = { ...call.body, id: `view_${randomBase62(12)}`, savedMs };
    const done = await kept(call, (views) => {
      const others = views.filter(({ name }) => name !== view.name);
      if (others.length >= VIEWS_MAX) return err(problem('too-many'));
      return ok([...others, view].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    });
    return done.ok ? ok({ body: show(view) }) : done;
  },
);

const remove = defineRoute(
  {
    ...own,
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Forgets one. One that is not there is as good as forgotten.',
    audit: 'view.delete',
    body: null,
    status: 204,
    response: null,
  },
  async (call) => {
    const done = await kept(call, (views) => ok(views.filter(({ id }) => id !== call.params.id)));
    return done.ok ? ok({ body: null }) : done;
  },
);

export const viewRoutes: readonly AdminRoute[] = [list, save, remove];
