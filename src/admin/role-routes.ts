/** `/admin/v1/tenants/{tenant}/roles`: what a tenant's roles allow. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { roleId, type RoleRecord } from '#storage/records.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import { declaredRoles, tenantExists } from './declared.ts';
import { conditionProblem } from './condition-fields.ts';
import { allowField, denyField } from './fields.ts';
import { mergedPage, pageOf, pageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { roomForRole } from './tenant-bounds.ts';
import { roleView, showRole } from './views.ts';

const path = '/admin/v1/tenants/{tenant}/roles';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

type OfTenant = Pick<AdminCall<'tenant'>, 'actor' | 'params' | 'ports'>;

async function tenantOf({ actor, params, ports }: OfTenant): Promise<Result<string, Problem>> {
  const { tenant } = params;
  const exists = sees(actor, tenant) && (await tenantExists(ports.config(), ports.storage, tenant));
  return exists ? ok(tenant) : err(problem('not-found'));
}

const isDeclared = ({ ports }: Pick<AdminCall, 'ports'>, tenant: string, name: string): boolean =>
  declaredRoles(ports.config(), tenant).some((role) => role.name === name);

/** The first guard that a rule asks for and that nothing answers to: it would allow nobody anything. */
function guardProblem(
  { ports }: Pick<AdminCall, 'ports'>,
  tenant: string,
  allow: RoleRecord['allow'],
): Problem | null {
  const { guards, tenants } = ports.config();
  const isFor = (entry: { readonly tenants?: readonly string[] | undefined }): boolean =>
    entry.tenants?.includes(tenant) ?? true;
  const own = tenants.find(({ id }) => id === tenant)?.guards ?? [];
  const names = new Set([...guards.filter(isFor), ...own].map(({ name }) => name));
  for (const [at, rule] of allow.entries()) {
    const index = rule.guards?.findIndex((name) => !names.has(name)) ?? -1;
    if (index === -1) continue;
    const field = `allow.${at}.guards.${index}`;
    const errors = [{ field, problem: 'there is no such guard for this tenant' }];
    return { reason: 'request-malformed', errors };
  }
  return null;
}

const list = defineRoute(
  {
    ...read,
    path,
    summary: "A tenant's roles, by name. `developer` and `viewer` are built in and not listed.",
    permission: 'roles.read',
    query: pageQuery,
    status: 200,
    response: pageOf(roleView),
  },
  async (call) => {
    const tenant = await tenantOf(call);
    if (!tenant.ok) return tenant;
    const { limit, after } = call.query;
    const cursor = after === undefined ? undefined : roleId({ tenant: tenant.value, name: after });
    const { storage, config } = call.ports;
    const stored = await storage.roles.list({ tenant: tenant.value, after: cursor, limit });
    const page = mergedPage(
      declaredRoles(config(), tenant.value),
      { items: stored.items.map(showRole), next: stored.next },
      ({ name }) => name,
      call.query,
    );
    return ok({ body: { items: [...page.items], next: page.next } });
  },
);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{name}`,
    summary: 'One role.',
    permission: 'roles.read',
    query: null,
    status: 200,
    response: roleView,
  },
  async (call) => {
    const tenant = await tenantOf(call);
    if (!tenant.ok) return tenant;
    const { name } = call.params;
    const { storage, config } = call.ports;
    const declared = declaredRoles(config(), tenant.value).find((role) => role.name === name);
    if (declared !== undefined) return ok({ body: declared });
    const record = await storage.roles.find(roleId({ tenant: tenant.value, name }));
    if (record === null) return err(problem('not-found'));
    return ok({ body: showRole(record), version: record.version });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'A new role. What it does not allow is refused; what it denies no role allows.',
    permission: 'roles.write',
    scope: 'tenant',
    audit: 'role.create',
    body: z.strictObject({ name: nameField, allow: allowField, deny: denyField.default([]) }),
    query: null,
    ifMatch: false,
    status: 201,
    response: roleView,
  },
  async (call) => {
    const found = await tenantOf(call);
    if (!found.ok) return found;
    const { value: tenant } = found;
    const { name, allow, deny } = call.body;
    const wrong =
      conditionProblem({ allow, deny }) ??
      guardProblem(call, tenant, allow) ??
      roomForRole(call.ports.policies(tenant), { name, allow, deny });
    if (wrong !== null) return err(wrong);
    if (isDeclared(call, tenant, name)) return err(problem('managed-by-file', 'name'));
    const record = { tenant, name, allow, deny, version: 1 };
    const changed = {
      resource: `role/${roleId(record)}`,
      tenant,
      diff: { allow: [...allow], deny: [...deny] },
    };
    const created = await change(call, changed, (tx) => tx.roles.insert(record));
    if (!created.ok) return created;
    const location = `/admin/v1/tenants/${tenant}/roles/${name}`;
    return ok({ body: showRole(created.value), version: 1, location });
  },
);

async function storedRole(call: AdminCall<'tenant' | 'name'>) {
  const tenant = await tenantOf(call);
  if (!tenant.ok) return tenant;
  const { name } = call.params;
  if (isDeclared(call, tenant.value, name)) return err(problem('managed-by-file'));
  const id = roleId({ tenant: tenant.value, name });
  return editable(await call.ports.storage.roles.find(id), tenant.value, call);
}

const edit = defineRoute(
  {
    method: 'PATCH',
    path: `${path}/{name}`,
    summary: 'Replaces what a role allows, or denies, or both. What is left out stays.',
    permission: 'roles.write',
    scope: 'tenant',
    audit: 'role.update',
    body: z.strictObject({ allow: allowField.optional(), deny: denyField.optional() }),
    query: null,
    ifMatch: true,
    status: 200,
    response: roleView,
  },
  async (call) => {
    const found = await storedRole(call);
    if (!found.ok) return found;
    const { allow = found.value.allow, deny = found.value.deny } = call.body;
    const next = { ...found.value, allow, deny };
    const wrong =
      conditionProblem(call.body) ??
      guardProblem(call, next.tenant, allow) ??
      roomForRole(call.ports.policies(next.tenant), next);
    if (wrong !== null) return err(wrong);
    const diff = diffOf(showRole(found.value), showRole(next));
    const changed = { resource: `role/${roleId(next)}`, tenant: next.tenant, diff };
    const updated = await change(call, changed, (tx) => tx.roles.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showRole(updated.value), version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{name}`,
    summary: 'Removes a role. Bindings and keys that name it get nothing from it any more.',
    permission: 'roles.write',
    scope: 'tenant',
    audit: 'role.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const found = await storedRole(call);
    if (!found.ok) return found;
    const id = roleId(found.value);
    const { tenant, version } = found.value;
    const changed = { resource: `role/${id}`, tenant, diff: null };
    const removed = await change(call, changed, (tx) => tx.roles.remove(id, version));
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const roleRoutes: readonly AdminRoute[] = [list, one, create, edit, remove];
