/** `/admin/v1/keys`. A key is shown once, when it is made; afterwards only its last four characters. */
import { z } from 'zod';

import { parseDuration } from '#config/duration.ts';
import { nameField } from '#config/fields.ts';
import { err, ok } from '#stdx/result.ts';

import { change, editable } from './change.ts';
import type { KeyOnce } from './contract.ts';
import { tenantExists } from './declared.ts';
import { lifeField, titleField, userField } from './fields.ts';
import { type KeyProblem, mintKey, revokedKey, rotatedKey } from './key-service.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { innerId, KEY_PREFIX, keyView, maybeTime, showKey, timeText } from './views.ts';

const path = '/admin/v1/keys';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;
const write = { method: 'POST', permission: 'keys.write', scope: 'tenant', query: null } as const;

const OVERLAP_MS_MAX = 30 * 86_400_000;

const keyOnce = z.strictObject({
  ...keyView.shape,
  key: z.string().meta({ description: 'The key. It is shown here and never again.' }),
}) satisfies z.ZodType<KeyOnce>;

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
    return ok({ body: mapPage(page, showKey, KEY_PREFIX) });
  },
);

const storedKey = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) => {
  const id = innerId(params.id, KEY_PREFIX);
  return id === null ? null : await ports.storage.keys.find(id);
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
    return ok({ body: showKey(record), version: record.version });
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
      name: titleField.nullable().default(null),
      roles: z.array(nameField).max(32).default(['developer']),
      mode: z.enum(['live', 'test']).default('live'),
      expires: lifeField.nullable().default(null),
    }),
    ifMatch: false,
    status: 201,
    response: keyOnce,
  },
  async (call) => {
    const { expires, ...wanted } = call.body;
    const { tenant, roles, mode } = wanted;
    const { storage, config, clock, peppers } = call.ports;
    if (!sees(call.actor, tenant) || !(await tenantExists(config(), storage, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const nowMs = clock.nowMs();
    const expiresMs = expires === null ? null : nowMs + expires;
    const { record, key } = mintKey({ ...wanted, expiresMs }, peppers, nowMs);
    const id = KEY_PREFIX + record.id;
    const diff = { roles, mode, expiresAt: maybeTime(expiresMs) };
    const created = await change(call, { resource: `key/${id}`, tenant, diff }, (tx) =>
      tx.keys.insert(record),
    );
    if (!created.ok) return created;
    const body = { ...showKey(created.value), key };
    return ok({ body, version: record.version, location: `${path}/${id}` });
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
    return ok({ body: { ...showKey(updated.value), key }, version: updated.value.version });
  },
);

const revoke = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Revokes a key. Its running streams end within seconds; the record stays.',
    audit: 'key.revoke',
    body: null,
    ifMatch: true,
    status: 200,
    response: keyView,
  },
  async (call) => {
    const record = await storedKey(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { tenant, version } = found.value;
    const nowMs = call.ports.clock.nowMs();
    const revoked = revokedKey(found.value, nowMs);
    // Revoked already, which is what was asked for.
    if (!revoked.ok) return ok({ body: showKey(found.value), version });
    const diff = { revokedAt: timeText(nowMs) };
    const changed = { resource: `key/${call.params.id}`, tenant, diff };
    const updated = await change(call, changed, (tx) => tx.keys.update(revoked.value));
    if (!updated.ok) return updated;
    return ok({ body: showKey(updated.value), version: updated.value.version });
  },
);

export const keyRoutes: readonly AdminRoute[] = [list, one, create, rotate, revoke];
