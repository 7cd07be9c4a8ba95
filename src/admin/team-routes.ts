/** `/admin/v1/teams`. Ids are unique in the store. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { err, ok } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import { tenantExists } from './declared.ts';
import { titleField } from './fields.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminRoute, defineRoute } from './route.ts';
import { showTeam, teamView } from './views.ts';

const path = '/admin/v1/teams';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Teams, by id.',
    permission: 'teams.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(teamView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query);
    if (!scoped.ok) return scoped;
    return ok({ body: mapPage(await ports.storage.teams.list(scoped.value), showTeam) });
  },
);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One team.',
    permission: 'teams.read',
    query: null,
    status: 200,
    response: teamView,
  },
  async ({ actor, params, ports }) => {
    const record = await ports.storage.teams.find(params.id);
    if (record === null || !sees(actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showTeam(record), version: record.version });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'A new team.',
    permission: 'teams.write',
    scope: 'tenant',
    audit: 'team.create',
    body: z.strictObject({ id: nameField, tenant: nameField, name: titleField.optional() }),
    query: null,
    ifMatch: false,
    status: 201,
    response: teamView,
  },
  async (call) => {
    const { id, tenant, name = null } = call.body;
    const { storage, config, clock } = call.ports;
    if (!sees(call.actor, tenant) || !(await tenantExists(config(), storage, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const record = { id, tenant, name, createdMs: clock.nowMs(), version: 1 };
    const changed = { resource: `team/${id}`, tenant, diff: {} };
    const created = await change(call, changed, (tx) => tx.teams.insert(record));
    if (!created.ok) return created;
    return ok({ body: showTeam(created.value), version: 1, location: `${path}/${id}` });
  },
);

const edit = defineRoute(
  {
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Renames a team.',
    permission: 'teams.write',
    scope: 'tenant',
    audit: 'team.update',
    body: z.strictObject({ name: titleField.nullable() }),
    query: null,
    ifMatch: true,
    status: 200,
    response: teamView,
  },
  async (call) => {
    const record = await call.ports.storage.teams.find(call.params.id);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const next = { ...found.value, name: call.body.name };
    const { id, tenant } = next;
    const diff = diffOf(showTeam(found.value), showTeam(next));
    const changed = { resource: `team/${id}`, tenant, diff };
    const updated = await change(call, changed, (tx) => tx.teams.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showTeam(updated.value), version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Removes a team. Keys that name it keep the name.',
    permission: 'teams.write',
    scope: 'tenant',
    audit: 'team.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const record = await call.ports.storage.teams.find(call.params.id);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { id, tenant, version } = found.value;
    const changed = { resource: `team/${id}`, tenant, diff: null };
    const removed = await change(call, changed, (tx) => tx.teams.remove(id, version));
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const teamRoutes: readonly AdminRoute[] = [list, one, create, edit, remove];
