/**
 * `/admin/v1/admin-tokens` and `/admin/v1/sessions`: who administers. A token makes no token that
 * reaches further than itself: only platform administrators make tokens, and a confined one makes
 * them for its own tenant.
 */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import { nameField } from '#config/fields.ts';
import type { AdminTokenRecord } from '#storage/records.ts';
import { err, ok } from '#stdx/result.ts';

import { mintAdminToken } from './admin-token.ts';
import { change, editable } from './change.ts';
import type { AdminTokenOnce, SessionView } from './contract.ts';
import { tenantExists } from './declared.ts';
import { lifeField } from './fields.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { mayGive, sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { adminTokenView, innerId, showAdminToken, timeText, TOKEN_PREFIX } from './views.ts';

const path = '/admin/v1/admin-tokens';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const SESSION_MS = 12 * 3_600_000;

const role = z.enum(adminRoles);

const tokenOnce = z.strictObject({
  ...adminTokenView.shape,
  token: z.string().meta({ description: 'The token. It is shown here and never again.' }),
}) satisfies z.ZodType<AdminTokenOnce>;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Admin tokens, by id. What they are, never what they say.',
    permission: 'admin-tokens.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(adminTokenView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, TOKEN_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.adminTokens.list(scoped.value);
    return ok({ body: mapPage(page, showAdminToken, TOKEN_PREFIX) });
  },
);

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'A new admin token. With `tenant`, nothing outside that tenant exists for it.',
    permission: 'admin-tokens.write',
    scope: 'tenant',
    audit: 'admin-token.create',
    body: z.strictObject({
      role,
      tenant: nameField.nullable().default(null),
      expires: lifeField.prefault('90d'),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: tokenOnce,
  },
  async (call) => {
    const { role, tenant, expires } = call.body;
    const { storage, config, clock, peppers } = call.ports;
    const isKnown = tenant === null || (await tenantExists(config(), storage, tenant));
    if (!sees(call.actor, tenant) || !isKnown) return err(problem('not-found', 'tenant'));
    if (!mayGive(call.actor, role, tenant)) return err(problem('forbidden', 'role'));
    const nowMs = clock.nowMs();
    const madeBy = call.actor.party;
    const wanted = { role, tenant, isOneTime: false, madeBy, expiresMs: nowMs + expires };
    const { token, record } = mintAdminToken(wanted, peppers, nowMs);
    const id = TOKEN_PREFIX + record.id;
    const diff = { role, expiresAt: timeText(wanted.expiresMs) };
    const changed = { resource: `admin-token/${id}`, tenant, diff };
    const created = await change(call, changed, (tx) => tx.adminTokens.insert(record));
    if (!created.ok) return created;
    const body = { ...showAdminToken(created.value), token };
    return ok({ body, version: record.version });
  },
);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One admin token.',
    permission: 'admin-tokens.read',
    query: null,
    status: 200,
    response: adminTokenView,
  },
  async (call) => {
    const record = await storedToken(call);
    if (record === null || !sees(call.actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showAdminToken(record), version: record.version });
  },
);

const storedToken = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) => {
  const id = innerId(params.id, TOKEN_PREFIX);
  return id === null ? null : await ports.storage.adminTokens.find(id);
};

const revoke = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Revokes an admin token at once. The record stays.',
    permission: 'admin-tokens.write',
    scope: 'tenant',
    audit: 'admin-token.revoke',
    body: null,
    query: null,
    ifMatch: true,
    status: 200,
    response: adminTokenView,
  },
  async (call) => {
    const record = await storedToken(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { revokedMs } = found.value;
    if (revokedMs !== null) {
      return ok({ body: showAdminToken(found.value), version: found.value.version });
    }
    const next = { ...found.value, revokedMs: call.ports.clock.nowMs() };
    const changed = {
      resource: `admin-token/${call.params.id}`,
      tenant: next.tenant,
      diff: { revokedAt: timeText(next.revokedMs) },
    };
    const updated = await change(call, changed, (tx) => tx.adminTokens.update(next));
    if (!updated.ok) return updated;
    return ok({ body: showAdminToken(updated.value), version: updated.value.version });
  },
);

const openSession = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/sessions',
    summary: 'Exchanges the one-time token for a platform-admin token of 12 hours, and burns it.',
    permission: 'session.create',
    scope: 'platform',
    audit: 'session.create',
    body: null,
    query: null,
    ifMatch: false,
    status: 201,
    response: z.strictObject({
      token: z.string(),
      id: z.string(),
      role,
      expiresAt: z.string(),
    }) satisfies z.ZodType<SessionView>,
  },
  async (call) => {
    const { clock, peppers, onOneTimeUsed } = call.ports;
    const nowMs = clock.nowMs();
    const expiresMs = nowMs + SESSION_MS;
    const asked = { role: 'platform-admin', tenant: null, isOneTime: false, expiresMs } as const;
    const wanted = { ...asked, madeBy: call.actor.party };
    const { token, record } = mintAdminToken(wanted, peppers, nowMs);
    const id = TOKEN_PREFIX + record.id;
    const diff = { role: record.role, expiresAt: timeText(expiresMs) };
    const changed = { resource: `admin-token/${id}`, tenant: null, diff };
    const opened = await change(call, changed, async (tx) => {
      // Read again inside the transaction: of two exchanges at once, the second finds it burnt.
      const current: AdminTokenRecord | null = await tx.adminTokens.find(call.actor.tokenId);
      if (current === null || current.usedMs !== null || current.revokedMs !== null) {
        return err(problem('unauthenticated'));
      }
      const burnt = await tx.adminTokens.update({ ...current, usedMs: nowMs });
      return burnt.ok ? await tx.adminTokens.insert(record) : err(problem('unauthenticated'));
    });
    if (!opened.ok) return opened;
    onOneTimeUsed();
    return ok({ body: { token, id, role: record.role, expiresAt: timeText(expiresMs) } });
  },
);

export const adminTokenRoutes: readonly AdminRoute[] = [list, one, create, revoke, openSession];
