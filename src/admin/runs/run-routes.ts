/** `/admin/v1/runs`: what agents were given for pieces of work. They are minted with keys, never here. */
import { z } from 'zod';

import type { KeyRecord } from '#storage/records.ts';
import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import type { RunView } from '../run-contract.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from '../page.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { innerId, KEY_PREFIX, maybeTime } from '../views.ts';
import { endOfRun, RUN_PREFIX } from './run-service.ts';
import { showRun } from './run-views.ts';

const path = '/admin/v1/runs';
const text = z.string();
const maybe = text.nullable();

const runView = z.strictObject({
  id: text,
  tenant: text,
  team: maybe,
  user: maybe,
  key: text.meta({ description: 'The key that the outermost run was minted with.' }),
  name: maybe,
  parent: maybe.meta({ description: 'The run that it was minted with; null: the key itself.' }),
  usd: z.number().nullable(),
  calls: z.int().nullable(),
  depth: z.int().meta({ description: 'How many runs may be below each other under it.' }),
  tools: z.array(text).nullable(),
  models: z.array(text).nullable(),
  createdAt: text,
  expiresAt: text,
  endedAt: maybe,
}) satisfies z.ZodType<RunView>;

const adminRun = (record: KeyRecord) => ({
  ...showRun(record),
  tenant: record.tenant,
  team: record.team,
  user: record.user,
  key: KEY_PREFIX + (record.run?.holder ?? record.id),
  endedAt: maybeTime(record.revokedMs),
});

const list = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path,
    summary: 'Runs, by id, also those that have ended; a day after their end they are gone.',
    permission: 'runs.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(runView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, RUN_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.runs.list(scoped.value);
    return ok({ body: mapPage(page, adminRun, RUN_PREFIX) });
  },
);

const end = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Ends a run and every run under it. Running streams end within seconds; records stay.',
    permission: 'runs.write',
    scope: 'tenant',
    audit: 'run.end',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: runView,
  },
  async (call) => {
    const id = innerId(call.params.id, RUN_PREFIX);
    const record = id === null ? null : await call.ports.storage.keys.find(id);
    const isRun = record !== null && record.run !== null && sees(call.actor, record.tenant);
    if (!isRun) return err(problem('not-found'));
    // It is so already, which is what was asked for.
    if (record.revokedMs !== null) return ok({ body: adminRun(record) });
    const { diff, work } = await endOfRun(call.ports, record);
    const told = { resource: `run/${call.params.id}`, tenant: record.tenant, diff };
    const ended = await change(call, told, work);
    if (!ended.ok) return ended;
    return ok({ body: adminRun({ ...record, revokedMs: call.ports.clock.nowMs() }) });
  },
);

export const runRoutes: readonly AdminRoute[] = [list, end];
