/** `/admin/v1/bindings`: who has which role. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { err, ok } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import { declaredBindings, tenantExists } from './declared.ts';
import { subjectFields } from './fields.ts';
import { rolesProblem } from './known-roles.ts';
import { mapPage, mergedPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { groupBindings, isGroupBinding } from './scim/group-bindings.ts';
import { roomForBinding } from './tenant-bounds.ts';
import { BINDING_PREFIX, type BindingOut, bindingView, innerId, showBinding } from './views.ts';

const path = '/admin/v1/bindings';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const { users, serviceAccounts, teams, keys, claims } = subjectFields;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Bindings, by id.',
    permission: 'bindings.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(bindingView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, BINDING_PREFIX);
    if (!scoped.ok) return scoped;
    const stored = mapPage(await ports.storage.bindings.list(scoped.value), showBinding);
    const declared = [
      ...declaredBindings(ports.config(), scoped.value.tenant),
      ...(await groupBindings(ports, scoped.value.tenant)),
    ];
    const page = mergedPage(declared, stored, ({ id }) => id, query);
    return ok({ body: { items: [...page.items], next: page.next } });
  },
);

/** Why a binding is not written here: the file or a provisioned group is what it is made of. */
async function ownerOf({ actor, params, ports }: AdminCall<'id'>): Promise<Problem | null> {
  const tenant = actor.tenant ?? undefined;
  const isIt = ({ id }: BindingOut): boolean => id === params.id;
  if (declaredBindings(ports.config(), tenant).some(isIt)) return problem('managed-by-file');
  const isOfGroup = isGroupBinding(params.id) && (await groupBindings(ports, tenant)).some(isIt);
  return isOfGroup ? problem('managed-by-provider') : null;
}

const storedBinding = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) => {
  const id = innerId(params.id, BINDING_PREFIX);
  return id === null ? null : await ports.storage.bindings.find(id);
};

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One binding.',
    permission: 'bindings.read',
    query: null,
    status: 200,
    response: bindingView,
  },
  async (call) => {
    const { actor, params, ports } = call;
    const tenant = actor.tenant ?? undefined;
    const ofGroups = isGroupBinding(params.id) ? await groupBindings(ports, tenant) : [];
    const own = [...declaredBindings(ports.config(), tenant), ...ofGroups];
    const declared = own.find(({ id }) => id === params.id);
    if (declared !== undefined) return ok({ body: declared });
    const record = await storedBinding(call);
    if (record === null || !sees(actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showBinding(record), version: record.version });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary:
      'Gives a role to users, service accounts, teams, keys or claims of a tenant. `*` is everyone.',
    permission: 'bindings.write',
    scope: 'tenant',
    audit: 'binding.create',
    body: z.strictObject({
      tenant: nameField,
      role: nameField,
      users: users.default([]),
      serviceAccounts: serviceAccounts.default([]),
      teams: teams.default([]),
      keys: keys.default([]),
      claims: claims.default({}),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: bindingView,
  },
  async (call) => {
    const { tenant } = call.body;
    const { storage, config } = call.ports;
    if (!sees(call.actor, tenant) || !(await tenantExists(config(), storage, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const places = { config: config(), storage, fieldAt: () => 'role' };
    const wrong =
      (await rolesProblem([call.body.role], tenant, places)) ??
      roomForBinding(call.ports.policies(tenant), call.body);
    if (wrong !== null) return err(wrong);
    const record = {
      ...call.body,
      keys: call.body.keys.map(bareKey),
      id: randomBase62(12),
      version: 1,
    };
    const id = BINDING_PREFIX + record.id;
    const { role, users, serviceAccounts, teams, keys, claims } = record;
    const diff = { role, users, serviceAccounts, teams, keys, claims };
    const changed = { resource: `binding/${id}`, tenant, diff };
    const created = await change(call, changed, (tx) => tx.bindings.insert(record));
    if (!created.ok) return created;
    return ok({ body: showBinding(created.value), version: 1, location: `${path}/${id}` });
  },
);

const edit = defineRoute(
  {
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Replaces whom a binding names.',
    permission: 'bindings.write',
    scope: 'tenant',
    audit: 'binding.update',
    body: z.strictObject({
      users: users.optional(),
      serviceAccounts: serviceAccounts.optional(),
      teams: teams.optional(),
      keys: keys.optional(),
      claims: claims.optional(),
    }),
    query: null,
    ifMatch: true,
    status: 200,
    response: bindingView,
  },
  async (call) => {
    const owner = await ownerOf(call);
    if (owner !== null) return err(owner);
    const record = await storedBinding(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const before = found.value;
    const { users = before.users, teams = before.teams, keys, claims = before.claims } = call.body;
    const { serviceAccounts = before.serviceAccounts } = call.body;
    const named = { users, serviceAccounts, teams, claims };
    const next = { ...before, ...named, keys: keys?.map(bareKey) ?? before.keys };
    const full = roomForBinding(call.ports.policies(next.tenant), next, found.value);
    if (full !== null) return err(full);
    const diff = diffOf(showBinding(found.value), showBinding(next));
    const changed = { resource: `binding/${call.params.id}`, tenant: next.tenant, diff };
    const updated = await change(call, changed, (tx) => tx.bindings.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showBinding(updated.value), version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Takes the role away from those whom the binding names.',
    permission: 'bindings.write',
    scope: 'tenant',
    audit: 'binding.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const owner = await ownerOf(call);
    if (owner !== null) return err(owner);
    const record = await storedBinding(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { id, tenant, version } = found.value;
    const changed = { resource: `binding/${call.params.id}`, tenant, diff: null };
    const removed = await change(call, changed, (tx) => tx.bindings.remove(id, version));
    return removed.ok ? ok({ body: null }) : removed;
  },
);

/** Principals carry the inner id of their key; people write the one that they were shown. */
const bareKey = (key: string): string => innerId(key, 'key_') ?? key;

export const bindingRoutes: readonly AdminRoute[] = [list, one, create, edit, remove];
