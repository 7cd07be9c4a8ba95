/** `/admin/v1/users`. Suspending a user ends what the user's keys may do. Ids are unique in the store. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { userStoreId } from '#storage/records.ts';
import { err, ok } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import { tenantExists } from './declared.ts';
import { lifecycleField, titleField, userField } from './fields.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminRoute, defineRoute } from './route.ts';
import { showUser, userView } from './views.ts';

const path = '/admin/v1/users';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Users, by id.',
    permission: 'users.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(userView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query);
    if (!scoped.ok) return scoped;
    return ok({ body: mapPage(await ports.storage.users.list(scoped.value), showUser) });
  },
);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One user.',
    permission: 'users.read',
    query: null,
    status: 200,
    response: userView,
  },
  async ({ actor, params, ports }) => {
    const record = await ports.storage.users.find(params.id);
    if (record === null || !sees(actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showUser(record), version: record.version });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'A new user.',
    permission: 'users.write',
    scope: 'tenant',
    audit: 'user.create',
    body: z.strictObject({
      id: userField,
      tenant: nameField,
      team: nameField.optional(),
      name: titleField.optional(),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: userView,
  },
  async (call) => {
    const { id, tenant, team = null, name = null } = call.body;
    const { storage, config, clock } = call.ports;
    if (!sees(call.actor, tenant) || !(await tenantExists(config(), storage, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const createdMs = clock.nowMs();
    const fresh = { id, tenant, team, name, status: 'active', createdMs, version: 1 } as const;
    const record = { ...fresh, provisioned: null };
    const changed = { resource: `user/${id}`, tenant, diff: { status: 'active', team } };
    const created = await change(call, changed, (tx) => tx.users.insert(record));
    if (!created.ok) return created;
    const location = `${path}/${encodeURIComponent(id)}`;
    return ok({ body: showUser(created.value), version: 1, location });
  },
);

const edit = defineRoute(
  {
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Renames or moves a user, suspends one, or lets one go on.',
    permission: 'users.write',
    scope: 'tenant',
    audit: 'user.update',
    body: z.strictObject({
      name: titleField.nullable().optional(),
      team: nameField.nullable().optional(),
      status: lifecycleField.optional(),
    }),
    query: null,
    ifMatch: true,
    status: 200,
    response: userView,
  },
  async (call) => {
    const record = await call.ports.storage.users.find(call.params.id);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { name = found.value.name, team = found.value.team } = call.body;
    const next = { ...found.value, name, team, status: call.body.status ?? found.value.status };
    const { name: old, provisioned, tenant } = found.value;
    if (provisioned !== null && name !== old) return err(problem('managed-by-provider', 'name'));
    const id = userStoreId(next);
    const diff = diffOf(showUser(found.value), showUser(next));
    const changed = { resource: `user/${id}`, tenant, diff };
    const updated = await change(call, changed, (tx) => tx.users.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showUser(updated.value), version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Removes the record of a user that no provider keeps. To lock one out, suspend it.',
    permission: 'users.write',
    scope: 'tenant',
    audit: 'user.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const record = await call.ports.storage.users.find(call.params.id);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { tenant, version, provisioned } = found.value;
    // Also of one whom the provider has removed: the record is what keeps a leaver's keys locked out.
    if (provisioned !== null) return err(problem('managed-by-provider'));
    const id = userStoreId(found.value);
    const changed = { resource: `user/${id}`, tenant, diff: null };
    const removed = await change(call, changed, (tx) => tx.users.remove(id, version));
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const userRoutes: readonly AdminRoute[] = [list, one, create, edit, remove];
