/**
 * `/admin/v1/accounts`: people who sign in with a password of this gateway. An administrator never
 * chooses it: the gateway makes one that works once, for a day. Names and roles do not change under a
 * person; what they may do is another account.
 */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import { nameField } from '#config/fields.ts';
import type { AccountRecord } from '#storage/people-records.ts';
import { err, ok } from '#stdx/result.ts';

import { change, diffOf, editable } from '../change.ts';
import { tenantExists } from '../declared.ts';
import { titleField, userField } from '../fields.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from '../page.ts';
import { mayGive, sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from '../route.ts';
import { innerId } from '../views.ts';
import { newAccount, temporaryPassword } from './account-service.ts';
import { accountActor } from './account-state.ts';
import { handsOf } from './hands.ts';
import { ACCOUNT_PREFIX, accountOnce, accountView, showAccount } from './people-views.ts';
import { endSessions } from './sessions.ts';

const path = '/admin/v1/accounts';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Accounts of people, by id.',
    permission: 'accounts.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(accountView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, ACCOUNT_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.accounts.list(scoped.value);
    return ok({ body: mapPage(page, showAccount, ACCOUNT_PREFIX) });
  },
);

const storedAccount = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) =>
  await ports.storage.accounts.find(innerId(params.id, ACCOUNT_PREFIX) ?? '');

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One account.',
    permission: 'accounts.read',
    query: null,
    status: 200,
    response: accountView,
  },
  async (call) => {
    const record = await storedAccount(call);
    if (record === null || !sees(call.actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showAccount(record), version: record.version });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'A new account, with a temporary password that is shown once.',
    permission: 'accounts.write',
    scope: 'tenant',
    audit: 'account.create',
    body: z.strictObject({
      login: userField,
      name: titleField.optional(),
      role: z.enum(adminRoles),
      tenant: nameField.nullable().default(null),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: accountOnce,
  },
  async (call) => {
    const { login, name = null, role, tenant } = call.body;
    const { storage, config, clock } = call.ports;
    const isKnown = tenant === null || (await tenantExists(config(), storage, tenant));
    if (!sees(call.actor, tenant) || !isKnown) return err(problem('not-found', 'tenant'));
    if (!mayGive(call.actor, role, tenant)) return err(problem('forbidden', 'role'));
    const made = await temporaryPassword(call.ports);
    if (!made.ok) return made;
    const { password, record: hashed } = made.value;
    const wanted = { login, name, role, tenant, password: hashed };
    const record = { ...newAccount(wanted, clock.nowMs()), handed: await handedNow(call) };
    const id = ACCOUNT_PREFIX + record.id;
    const changed = { resource: `account/${id}`, tenant, diff: { role, status: 'active' } };
    const created = await change(call, changed, (tx) => tx.accounts.insert(record));
    if (!created.ok) return created;
    const body = { ...showAccount(record), temporaryPassword: password };
    return ok({ body, version: 1, location: `${path}/${id}` });
  },
);

/** Sessions of the account, so that they end in the same transaction as what they rest on. */
const openSessionsOf = async (record: AccountRecord, { ports }: Pick<AdminCall, 'ports'>) =>
  (await ports.storage.people.sessionsOf(`account/${record.id}`)).map(({ id }) => id);

async function handedNow({ actor, ports }: Pick<AdminCall, 'actor' | 'ports'>) {
  const atMs = ports.clock.nowMs();
  return { by: await handsOf(actor.party, ports.storage.accounts, atMs), atMs };
}

const edit = defineRoute(
  {
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Renames a person; disables an account, which ends its sessions, or enables it.',
    permission: 'accounts.write',
    scope: 'tenant',
    audit: 'account.update',
    body: z.strictObject({
      name: titleField.nullable().optional(),
      status: z.enum(['active', 'disabled']).optional(),
    }),
    query: null,
    ifMatch: true,
    status: 200,
    response: accountView,
  },
  async (call) => {
    const record = await storedAccount(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { name = found.value.name, status = found.value.status } = call.body;
    const isOwn = call.actor.person?.session.account === found.value.id;
    // Whoever locks the last door from inside has locked everybody out.
    if (isOwn && status === 'disabled') return err(problem('own-account', 'status'));
    const next = { ...found.value, name, status };
    const diff = diffOf(showAccount(found.value), showAccount(next));
    const changed = { resource: `account/${call.params.id}`, tenant: next.tenant, diff };
    const sessions = status === 'disabled' ? await openSessionsOf(next, call) : [];
    const updated = await change(call, changed, async (tx) => {
      await endSessions(sessions, tx);
      return await tx.accounts.update(next);
    });
    if (!updated.ok) return updated;
    return ok({ body: showAccount(updated.value), version: updated.value.version });
  },
);

const reset = defineRoute(
  {
    method: 'POST',
    path: `${path}/{id}/reset`,
    summary: 'A new temporary password; ends the sessions and, if asked, the second factor.',
    permission: 'accounts.write',
    scope: 'tenant',
    audit: 'account.reset',
    body: z.strictObject({ removeSecondFactor: z.boolean().default(false) }),
    query: null,
    ifMatch: true,
    status: 200,
    response: accountOnce,
  },
  async (call) => {
    const record = await storedAccount(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    if (call.actor.person?.session.account === found.value.id) return err(problem('own-account'));
    const made = await temporaryPassword(call.ports);
    if (!made.ok) return made;
    const { removeSecondFactor } = call.body;
    const totp = removeSecondFactor ? null : found.value.totp;
    const handed = await handedNow(call);
    const next = { ...found.value, password: made.value.record, totp, handed };
    const diff = { password: 'changed', removeSecondFactor };
    const changed = { resource: `account/${call.params.id}`, tenant: next.tenant, diff };
    const sessions = await openSessionsOf(next, call);
    const updated = await change(call, changed, async (tx) => {
      await endSessions(sessions, tx);
      return await tx.accounts.update(next);
    });
    if (!updated.ok) return updated;
    const body = { ...showAccount(updated.value), temporaryPassword: made.value.password };
    return ok({ body, version: updated.value.version });
  },
);

const remove = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary:
      'Removes an account and ends its sessions. To keep its name taken, disable it instead.',
    permission: 'accounts.write',
    scope: 'tenant',
    audit: 'account.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const record = await storedAccount(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { id, tenant, version } = found.value;
    if (call.actor.person?.session.account === id) return err(problem('own-account'));
    const changed = { resource: `account/${call.params.id}`, tenant, diff: null };
    const sessions = await openSessionsOf(found.value, call);
    const removed = await change(call, changed, async (tx) => {
      await endSessions(sessions, tx);
      const views = await tx.savedViews.find(accountActor(id));
      if (views !== null) await tx.savedViews.remove(views.id, views.version);
      return await tx.accounts.remove(id, version);
    });
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const accountRoutes: readonly AdminRoute[] = [list, one, create, edit, reset, remove];
