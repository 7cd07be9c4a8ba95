/** `/admin/v1/tenants`: the file's, read-only, and the store's. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { ringId } from '#storage/custody-records.ts';
import type { Storage } from '#storage/storage.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import { declaredTenant, declaredTenants } from './declared.ts';
import { lifecycleField, lifeField, titleField } from './fields.ts';
import { mapPage, mergedPage, pageOf, pageQuery, scopedQuery } from './page.ts';
import { sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { showTenant, tenantView } from './views.ts';

const path = '/admin/v1/tenants';
const read = { method: 'GET', audit: null, body: null, ifMatch: false } as const;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Tenants, by id.',
    permission: 'tenants.read',
    scope: 'tenant',
    query: pageQuery,
    status: 200,
    response: pageOf(tenantView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query);
    if (!scoped.ok) return scoped;
    const stored = mapPage(await ports.storage.tenants.list(scoped.value), showTenant);
    const declared = declaredTenants(ports.config()).filter(({ id }) => sees(actor, id));
    const page = mergedPage(declared, stored, ({ id }) => id, query);
    return ok({ body: { items: [...page.items], next: page.next } });
  },
);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One tenant.',
    permission: 'tenants.read',
    scope: 'tenant',
    query: null,
    status: 200,
    response: tenantView,
  },
  async ({ actor, params, ports }) => {
    if (!sees(actor, params.id)) return err(problem('not-found'));
    const declared = declaredTenants(ports.config()).find(({ id }) => id === params.id);
    if (declared !== undefined) return ok({ body: declared });
    const record = await ports.storage.tenants.find(params.id);
    if (record === null) return err(problem('not-found'));
    return ok({ body: showTenant(record), version: record.version });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'A new tenant.',
    permission: 'tenants.write',
    scope: 'platform',
    audit: 'tenant.create',
    body: z.strictObject({
      id: nameField,
      name: titleField.optional(),
      keyLifetimeMax: lifeField.nullable().default(null),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: tenantView,
  },
  async (call) => {
    const { id, name = null, keyLifetimeMax: keyLifeMsMax } = call.body;
    if (declaredTenant(call.ports.config(), id)) return err(problem('managed-by-file', 'id'));
    const createdMs = call.ports.clock.nowMs();
    const status = 'active';
    const record = { id, name, status, keyLifeMsMax, createdMs, version: 1 } as const;
    const changed = {
      resource: `tenant/${id}`,
      tenant: id,
      diff: { status, keyLifetimeMax: showTenant(record).keyLifetimeMax },
    };
    const created = await change(call, changed, (tx) => tx.tenants.insert(record));
    if (!created.ok) return created;
    return ok({ body: showTenant(created.value), version: 1, location: `${path}/${id}` });
  },
);

/** The store's own record; what the file declares may not be written here. */
async function storedTenant(call: AdminCall<'id'>) {
  const { id } = call.params;
  if (declaredTenant(call.ports.config(), id)) return err(problem('managed-by-file'));
  return editable(await call.ports.storage.tenants.find(id), id, call);
}

const edit = defineRoute(
  {
    method: 'PATCH',
    path: `${path}/{id}`,
    summary:
      'Renames a tenant, suspends it, lets it go on, or bounds the life of its keys. Suspending ends its streams.',
    permission: 'tenants.write',
    scope: 'platform',
    audit: 'tenant.update',
    body: z.strictObject({
      name: titleField.nullable().optional(),
      status: lifecycleField.optional(),
      keyLifetimeMax: lifeField.nullable().optional().meta({
        description: 'How long its keys work at most, those that are there too; null: no bound.',
      }),
    }),
    query: null,
    ifMatch: true,
    status: 200,
    response: tenantView,
  },
  async (call) => {
    const found = await storedTenant(call);
    if (!found.ok) return found;
    const { name = found.value.name, status = found.value.status } = call.body;
    const { keyLifetimeMax: keyLifeMsMax = found.value.keyLifeMsMax } = call.body;
    const next = { ...found.value, name, status, keyLifeMsMax };
    const { id } = next;
    const diff = diffOf(showTenant(found.value), showTenant(next));
    const changed = { resource: `tenant/${id}`, tenant: id, diff };
    const updated = await change(call, changed, (tx) => tx.tenants.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showTenant(updated.value), version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Removes a tenant that nothing belongs to any more.',
    permission: 'tenants.write',
    scope: 'platform',
    audit: 'tenant.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const found = await storedTenant(call);
    if (!found.ok) return found;
    const { id, version } = found.value;
    const empty = await isEmpty(call.ports.storage, id);
    if (!empty.ok) return empty;
    const changed = { resource: `tenant/${id}`, tenant: id, diff: null };
    const removed = await change(call, changed, async (tx) => {
      // Without its keys nothing of it opens again, not even out of a copy of the store.
      const ring = await tx.keyRings.find(ringId(id));
      if (ring !== null) await tx.keyRings.remove(ring.id, ring.version);
      return await tx.tenants.remove(id, version);
    });
    return removed.ok ? ok({ body: null }) : removed;
  },
);

const PAGE = 1_000;
const PAGES_MAX = 100;

/**
 * A tenant that is removed and made again under its old id would bring its old keys back to life, so
 * one that still has anything live is not removed.
 */
async function isEmpty(storage: Storage, tenant: string): Promise<Result<null, Problem>> {
  const first = { tenant, limit: 1 };
  const { teams, users, roles, bindings, accounts, providerSecrets } = storage;
  for (const kind of [teams, users, roles, bindings, accounts, providerSecrets]) {
    if ((await kind.list(first)).items.length > 0) return err(problem('not-empty'));
  }
  for (const kind of [storage.keys, storage.adminTokens]) {
    let after: string | undefined;
    for (let page = 0; ; page += 1) {
      const { items, next } = await kind.list({ tenant, after, limit: PAGE });
      // More revoked ones than we are ready to read are not shown to be all revoked.
      if (items.some(({ revokedMs }) => revokedMs === null) || page === PAGES_MAX) {
        return err(problem('not-empty'));
      }
      if (next === null) break;
      after = next;
    }
  }
  return ok(null);
}

export const tenantRoutes: readonly AdminRoute[] = [list, one, create, edit, remove];
