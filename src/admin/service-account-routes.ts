/**
 * `/admin/v1/service-accounts`: callers of a tenant that are no people. Suspending or deleting one ends
 * what its keys and their tokens may do; one that is made again under its name is another one.
 */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { err, ok } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import { tenantExists } from './declared.ts';
import { lifecycleField, titleField } from './fields.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { SERVICE_ACCOUNTS_MAX, serviceAccountsOf } from './service-accounts.ts';
import {
  SERVICE_ACCOUNT_PREFIX as PREFIX,
  serviceAccountView,
  showServiceAccount,
} from './service-account-views.ts';
import { innerId } from './views.ts';

const path = '/admin/v1/service-accounts';
const read = {
  method: 'GET',
  permission: 'service-accounts.read',
  audit: null,
  body: null,
  ifMatch: false,
  scope: 'tenant',
  status: 200,
} as const;
const write = { permission: 'service-accounts.write', scope: 'tenant', query: null } as const;

const stored = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) => {
  const id = innerId(params.id, PREFIX);
  return id === null ? null : await ports.storage.serviceAccounts.find(id);
};

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Service accounts, by id.',
    query: tenantPageQuery,
    response: pageOf(serviceAccountView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.serviceAccounts.list(scoped.value);
    return ok({ body: mapPage(page, showServiceAccount, PREFIX) });
  },
);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One service account.',
    query: null,
    response: serviceAccountView,
  },
  async (call) => {
    const record = await stored(call);
    if (record === null || !sees(call.actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showServiceAccount(record), version: record.version });
  },
);

const create = defineRoute(
  {
    ...write,
    method: 'POST',
    path,
    summary: 'A new service account. Keys are made for it with `POST /keys`.',
    audit: 'service-account.create',
    body: z.strictObject({
      tenant: nameField,
      name: nameField.meta({ description: 'Unique in the tenant; it stays as it is.' }),
      team: nameField.optional().meta({ description: 'Of its keys that name none.' }),
      description: titleField.optional(),
    }),
    ifMatch: false,
    status: 201,
    response: serviceAccountView,
  },
  async (call) => {
    const { name, tenant, team = null, description = null } = call.body;
    const { storage, config, clock } = call.ports;
    if (!sees(call.actor, tenant) || !(await tenantExists(config(), storage, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    if ((await serviceAccountsOf(storage, tenant)).length >= SERVICE_ACCOUNTS_MAX) {
      return err(problem('too-many', 'name'));
    }
    const id = randomBase62(12);
    const fresh = { id, tenant, name, team, description, status: 'active' } as const;
    const record = { ...fresh, createdMs: clock.nowMs(), version: 1 };
    const outer = PREFIX + id;
    const diff = { serviceAccount: name, status: 'active', team };
    const changed = { resource: `service-account/${outer}`, tenant, diff };
    const created = await change(call, changed, (tx) => tx.serviceAccounts.insert(record));
    if (!created.ok) return created;
    return ok({
      body: showServiceAccount(created.value),
      version: 1,
      location: `${path}/${outer}`,
    });
  },
);

const edit = defineRoute(
  {
    ...write,
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Describes or moves a service account, suspends one, or lets one go on.',
    audit: 'service-account.update',
    body: z.strictObject({
      description: titleField.nullable().optional(),
      team: nameField.nullable().optional(),
      status: lifecycleField.optional(),
    }),
    ifMatch: true,
    status: 200,
    response: serviceAccountView,
  },
  async (call) => {
    const record = await stored(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const before = found.value;
    const { description = before.description, team = before.team } = call.body;
    const next = { ...before, description, team, status: call.body.status ?? before.status };
    const diff = diffOf(showServiceAccount(before), showServiceAccount(next));
    const changed = { resource: `service-account/${call.params.id}`, tenant: next.tenant, diff };
    const updated = await change(call, changed, (tx) => tx.serviceAccounts.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showServiceAccount(updated.value), version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Deletes a service account. Its keys never work again, and stay for people to see.',
    audit: 'service-account.delete',
    body: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const record = await stored(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { id, tenant, name, version } = found.value;
    const changed = {
      resource: `service-account/${call.params.id}`,
      tenant,
      diff: { serviceAccount: name },
    };
    const removed = await change(call, changed, (tx) => tx.serviceAccounts.remove(id, version));
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const serviceAccountRoutes: readonly AdminRoute[] = [list, one, create, edit, remove];
