/** `/admin/v1/keys`. A key is shown once, when it is made; afterwards only its last four characters. */
import { z } from 'zod';

import { parseDuration } from '#config/duration.ts';
import { nameField } from '#config/fields.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { change, diffOf, editable } from './change.ts';
import type { FieldProblem } from './contract.ts';
import { keyLifeMsMax, tenantExists } from './declared.ts';
import { lifeField, titleField, userField } from './fields.ts';
import { keyOnce } from './key-once.ts';
import { fitKey, keysAbove, parentField, rolesField, scopeField } from './key-policy.ts';
import { rolesProblem } from './known-roles.ts';
import {
  type KeyProblem,
  mintKey,
  releasedKey,
  revokedKey,
  rotatedKey,
  shownKey,
} from './key-service.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { namedServiceAccount } from './service-accounts.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminPorts, type AdminRoute, defineRoute } from './route.ts';
import { innerId, KEY_PREFIX, keyView, showKey, timeText } from './views.ts';

const path = '/admin/v1/keys';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;
const write = { method: 'POST', permission: 'keys.write', scope: 'tenant', query: null } as const;

const OVERLAP_MS_MAX = 30 * 86_400_000;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Keys, by id, revoked ones too.',
    permission: 'keys.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(keyView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, KEY_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.keys.list(scoped.value);
    const uses = await ports.storage.keyUses.of(page.items.map(({ id }) => id));
    const show = (record: KeyRecord) => showKey(record, uses.get(record.id) ?? null);
    return ok({ body: mapPage(page, show, KEY_PREFIX) });
  },
);

/** As it is shown, with when it was last used. */
async function shown(record: KeyRecord, { storage }: AdminCall['ports']) {
  const uses = await storage.keyUses.of([record.id]);
  return showKey(record, uses.get(record.id) ?? null);
}

const storedKey = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) => {
  const id = innerId(params.id, KEY_PREFIX);
  const record = id === null ? null : await ports.storage.keys.find(id);
  // Runs have routes of their own.
  return record?.run === null ? record : null;
};

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One key.',
    permission: 'keys.read',
    query: null,
    status: 200,
    response: keyView,
  },
  async (call) => {
    const record = await storedKey(call);
    if (record === null || !sees(call.actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: await shown(record, call.ports), version: record.version });
  },
);

const create = defineRoute(
  {
    ...write,
    path,
    summary: 'A new key. The answer is the only place where it ever stands.',
    audit: 'key.create',
    body: z.strictObject({
      tenant: nameField,
      team: nameField.nullable().default(null),
      user: userField.nullable().default(null),
      serviceAccount: nameField.nullable().default(null).meta({
        description: 'By name: the service account that it belongs to, in place of a user.',
      }),
      name: titleField.nullable().default(null),
      roles: rolesField.optional().meta({
        description: 'Left out: `developer`, or the roles of the parent.',
      }),
      mode: z.enum(['live', 'test']).default('live'),
      parent: parentField.nullable().default(null).meta({
        description: 'A key that this one may never do more than, whatever becomes of either.',
      }),
      scope: scopeField.nullable().default(null),
      isHoney: z.boolean().default(false).meta({
        description: 'Works for nobody; whoever tries it raises an alert.',
      }),
      expires: lifeField.nullable().default(null),
    }),
    ifMatch: false,
    status: 201,
    response: keyOnce,
  },
  async (call) => {
    const { expires, roles = null, serviceAccount: named, ...wanted } = call.body;
    const { tenant } = wanted;
    const { storage, config, clock, peppers } = call.ports;
    if (!sees(call.actor, tenant) || !(await tenantExists(config(), storage, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const serviceAccount = await namedServiceAccount(storage, tenant, named);
    if (serviceAccount === undefined) return err(problem('not-found', 'serviceAccount'));
    const above = await keysAbove(storage.keys, wanted.parent, tenant);
    if (above === null) return err(problem('not-found', 'parent'));
    const wrong = await unknownRoles(call.ports, tenant, roles ?? []);
    if (wrong !== null) return err(wrong);
    const nowMs = clock.nowMs();
    const lifeMsMax = await keyLifeMsMax(config(), storage, tenant);
    const expiresMs = expires === null ? null : nowMs + expires;
    const asked = { ...wanted, serviceAccount, roles, expiresMs };
    const fitted = fitKey(asked, { nowMs, above, lifeMsMax });
    if (!fitted.ok) return err(unfit(fitted.error));
    const { record, key } = mintKey({ ...wanted, ...fitted.value }, peppers, nowMs);
    const id = KEY_PREFIX + record.id;
    const created = await change(
      call,
      { resource: `key/${id}`, tenant, diff: shownKey(record) },
      (tx) => tx.keys.insert(record),
    );
    if (!created.ok) return created;
    const body = { ...showKey(created.value, null), key };
    return ok({ body, version: record.version, location: `${path}/${id}` });
  },
);

/** `before`: those that the key has. One that is no role any more need not be taken away to change another. */
const unknownRoles = (
  { config, storage }: AdminPorts,
  tenant: string,
  roles: readonly string[],
  before: readonly string[] = [],
): Promise<Problem | null> => {
  const added = roles.filter((role) => !before.includes(role));
  const fieldAt = (at: number): string => `roles.${roles.indexOf(added[at] ?? '')}`;
  return rolesProblem(added, tenant, { config: config(), storage, fieldAt });
};

const unfit = (field: FieldProblem): Problem => ({ reason: 'request-malformed', errors: [field] });

const edit = defineRoute(
  {
    ...write,
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Changes what a key may do. Keys below it are narrowed with it, at their next call.',
    audit: 'key.update',
    body: z.strictObject({
      name: titleField.nullable().optional(),
      roles: rolesField.optional(),
      scope: scopeField.nullable().optional(),
    }),
    ifMatch: true,
    status: 200,
    response: keyView,
  },
  async (call) => {
    const record = await storedKey(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const before = found.value;
    if (before.revokedMs !== null) return err(problem('key-revoked'));
    const { name = before.name, roles = before.roles, scope = before.scope } = call.body;
    const next = { ...before, name, roles, scope };
    const wrong = await unknownRoles(call.ports, before.tenant, roles, before.roles);
    if (wrong !== null) return err(wrong);
    const above = await keysAbove(call.ports.storage.keys, before.parent, before.tenant);
    const [parent] = above ?? [];
    if (above === null) return err(problem('not-found', 'parent'));
    if (parent !== undefined) {
      const nowMs = call.ports.clock.nowMs();
      const fitted = fitKey(next, { nowMs, above, lifeMsMax: null });
      if (!fitted.ok) return err(unfit(fitted.error));
    }
    const diff = diffOf(showKey(before, null), showKey(next, null));
    const changed = { resource: `key/${call.params.id}`, tenant: next.tenant, diff };
    const updated = await change(call, changed, (tx) => tx.keys.update(next));
    if (!updated.ok) return updated;
    return ok({ body: await shown(updated.value, call.ports), version: updated.value.version });
  },
);

/** What a rotation may say about a key that was found. */
const goneBy = ({ reason }: KeyProblem) => (reason === 'key-expired' ? reason : 'key-revoked');

const overlapField = z
  .string()
  .max(16)
  .refine((text) => (parseDuration(text) ?? Infinity) <= OVERLAP_MS_MAX)
  .transform((text) => parseDuration(text) ?? 0)
  .prefault('24h')
  .meta({ description: 'How long the old secret still works: 0s to 30d.' });

const rotate = defineRoute(
  {
    ...write,
    path: `${path}/{id}/rotate`,
    summary: 'A new secret for a key. The old one works until the overlap ends.',
    audit: 'key.rotate',
    body: z.strictObject({ overlap: overlapField }),
    ifMatch: true,
    status: 200,
    response: keyOnce,
  },
  async (call) => {
    const record = await storedKey(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const nowMs = call.ports.clock.nowMs();
    const overlapMs = call.body.overlap;
    const rotated = rotatedKey(found.value, call.ports.peppers, { nowMs, overlapMs });
    if (!rotated.ok) return err(problem(goneBy(rotated.error)));
    const { record: next, key } = rotated.value;
    const diff = { oldSecretUntil: timeText(nowMs + overlapMs) };
    const changed = { resource: `key/${call.params.id}`, tenant: next.tenant, diff };
    const updated = await change(call, changed, (tx) => tx.keys.update(next));
    if (!updated.ok) return updated;
    const body = { ...(await shown(updated.value, call.ports)), key };
    return ok({ body, version: updated.value.version });
  },
);

/** A change that needs nothing but the record. */
async function changed(
  call: AdminCall<'id', null, null>,
  diff: JsonObject,
  next: (record: KeyRecord) => Result<KeyRecord, KeyProblem>,
) {
  const record = await storedKey(call);
  const found = editable(record, record?.tenant ?? null, call);
  if (!found.ok) return found;
  const { tenant, version } = found.value;
  const changed = next(found.value);
  // It is so already, which is what was asked for.
  if (!changed.ok) return ok({ body: await shown(found.value, call.ports), version });
  const told = { resource: `key/${call.params.id}`, tenant, diff };
  const updated = await change(call, told, (tx) => tx.keys.update(changed.value));
  if (!updated.ok) return updated;
  return ok({ body: await shown(updated.value, call.ports), version: updated.value.version });
}

const revoke = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Revokes a key and those below it. Running streams end within seconds; records stay.',
    audit: 'key.revoke',
    body: null,
    ifMatch: true,
    status: 200,
    response: keyView,
  },
  async (call) => {
    const nowMs = call.ports.clock.nowMs();
    return await changed(call, { revokedAt: timeText(nowMs) }, (key) => revokedKey(key, nowMs));
  },
);

const release = defineRoute(
  {
    ...write,
    path: `${path}/{id}/release`,
    summary: 'Lets a key that the gateway has put aside work again.',
    audit: 'key.release',
    body: null,
    ifMatch: true,
    status: 200,
    response: keyView,
  },
  async (call) => await changed(call, { quarantinedAt: null }, releasedKey),
);

export const keyRoutes: readonly AdminRoute[] = [list, one, create, edit, rotate, revoke, release];
