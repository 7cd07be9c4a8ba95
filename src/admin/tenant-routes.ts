/** `/admin/v1/tenants`: the file's, read-only, and the store's. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { groupRolesField } from '#config/tenants-section.ts';
import { err, ok } from '#stdx/result.ts';

import { actorName, editable } from './change.ts';
import { declaredTenant, declaredTenants, tenantExists } from './declared.ts';
import { lifecycleField, lifeField, titleField } from './fields.ts';
import { mapPage, mergedPage, pageOf, pageQuery, scopedQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { exportedItem, exportPage } from './tenant-export.ts';
import { createTenant, editTenant, removeTenant } from './tenant-service.ts';
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

const boundTokensField = z.boolean().meta({
  description:
    'Tokens that are bound to no certificate (RFC 8705) and no key (DPoP) do not count; keys of this gateway and client certificates do as before.',
});

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
      boundTokens: boundTokensField.default(false),
      groupRoles: groupRolesField.default({}),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: tenantView,
  },
  async (call) => {
    const { name = null, keyLifetimeMax: keyLifeMsMax, ...rest } = call.body;
    const { id } = rest;
    const wanted = { ...rest, name, keyLifeMsMax };
    const created = await createTenant(call.ports, byOf(call), wanted);
    if (!created.ok) return created;
    return ok({ body: showTenant(created.value), version: 1, location: `${path}/${id}` });
  },
);

const byOf = ({
  actor,
  action,
  requestId: id,
}: Pick<AdminCall, 'actor' | 'action' | 'requestId'>) => ({
  id,
  action,
  actor: actorName(actor),
});

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
      'Renames a tenant, suspends it, lets it go on, bounds the life of its keys, or asks for bound tokens. Suspending ends its streams.',
    permission: 'tenants.write',
    scope: 'platform',
    audit: 'tenant.update',
    body: z.strictObject({
      name: titleField.nullable().optional(),
      status: lifecycleField.optional(),
      keyLifetimeMax: lifeField.nullable().optional().meta({
        description: 'How long its keys work at most, those that are there too; null: no bound.',
      }),
      boundTokens: boundTokensField.optional(),
      groupRoles: groupRolesField.optional().meta({
        description: 'Which role a provisioned group gives, by the name of the group.',
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
    const { keyLifetimeMax: keyLifeMsMax, ...rest } = call.body;
    const changes = { ...rest, keyLifeMsMax };
    const updated = await editTenant(call.ports, byOf(call), found.value, changes);
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
    const removed = await removeTenant(call.ports, byOf(call), found.value);
    return removed.ok ? ok({ body: null }) : removed;
  },
);

const exportAll = defineRoute(
  {
    ...read,
    path: `${path}/{id}/export`,
    summary: 'All that the store holds of a tenant, in pages: kind after kind, nothing secret.',
    permission: 'tenants.export',
    scope: 'tenant',
    query: pageQuery,
    status: 200,
    response: pageOf(exportedItem),
  },
  async ({ actor, params, query, ports }) => {
    const { storage, config } = ports;
    if (!sees(actor, params.id) || !(await tenantExists(config(), storage, params.id))) {
      return err(problem('not-found'));
    }
    const page = await exportPage(ports, params.id, query);
    if (page === null) return err(problem('request-malformed', 'after'));
    return ok({ body: { items: [...page.items], next: page.next } });
  },
);

export const tenantRoutes: readonly AdminRoute[] = [list, one, create, edit, remove, exportAll];
