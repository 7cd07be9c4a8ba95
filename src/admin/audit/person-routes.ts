/** Forgetting a person, and what may not be forgotten while somebody says so (legal hold). */
import { z } from 'zod';

import { erasureReceipt } from '#audit/erasure-receipt.ts';
import { nameField } from '#config/fields.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok } from '#stdx/result.ts';
import type { HoldRecord } from '#storage/hold-records.ts';
import { hasRoom, storedHolds } from '#storage/stored-holds.ts';

import { actorName, change, entryOf } from '../change.ts';
import type { ErasureView, HoldView } from '../audit-contract.ts';
import { titleField } from '../fields.ts';
import { pageOf } from '../page.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminPorts, type AdminRoute, defineRoute } from '../route.ts';
import { isTenantOf } from './known-tenant.ts';

/** Who is erased may have any name that an application gave them. */
const personField = z.string().min(1).max(1_024);
const text = z.string();

const holdView = z.strictObject({
  id: text,
  tenant: text.nullable(),
  user: text.nullable(),
  reason: text,
  actor: text,
  isOfPlatform: z.boolean().meta({
    description: 'Somebody of the platform set it: nobody of the tenant ends it.',
  }),
  at: text,
}) satisfies z.ZodType<HoldView>;

const viewOf = ({ atMs, version: _version, ...hold }: HoldRecord): HoldView => ({
  ...hold,
  at: new Date(atMs).toISOString(),
});

const path = '/admin/v1/holds';

const listHolds = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path,
    summary: 'What may not be erased or deleted. One page holds them all.',
    permission: 'holds.read',
    query: null,
    status: 200,
    response: pageOf(holdView),
  },
  async ({ actor, ports }) => {
    const holds = await storedHolds(ports.storage.holds, actor.tenant);
    const seen = holds.filter(({ tenant }) => sees(actor, tenant));
    return ok({ body: { items: seen.map(viewOf), next: null } });
  },
);

const addHold = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'Keeps what there is of a tenant, or of one person, from erasure and retention.',
    permission: 'holds.write',
    scope: 'tenant',
    audit: 'hold.create',
    body: z.strictObject({
      tenant: nameField.optional(),
      user: personField.optional(),
      reason: titleField,
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: holdView,
  },
  async (call) => {
    const { actor, body, ports } = call;
    const tenant = body.tenant ?? actor.tenant;
    if (!sees(actor, tenant)) return err(problem('not-found', 'tenant'));
    if (body.user !== undefined && tenant === null)
      return err(problem('request-malformed', 'tenant'));
    if (tenant !== null && !(await isTenantOf(ports, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const holds = await storedHolds(ports.storage.holds, null);
    if (!hasRoom(holds, actor.tenant)) return err(problem('too-many'));
    const hold: HoldRecord = {
      id: `hld_${randomBase62(20)}`,
      tenant,
      user: body.user ?? null,
      reason: body.reason,
      actor: actorName(actor),
      isOfPlatform: actor.tenant === null,
      atMs: ports.clock.nowMs(),
      version: 1,
    };
    // The chain cannot forget: it says that one person is held, and not who.
    const diff = { scope: hold.user === null ? 'all' : 'person', reason: hold.reason };
    const changed = { resource: `hold/${hold.id}`, tenant, diff };
    const made = await change(call, changed, (tx) => tx.holds.insert(hold));
    if (!made.ok) return made;
    await copied(ports);
    return ok({ body: viewOf(made.value) });
  },
);

const removeHold = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Ends a hold. One that the platform has set, nobody of a tenant ends.',
    permission: 'holds.write',
    scope: 'tenant',
    audit: 'hold.delete',
    body: null,
    query: null,
    ifMatch: false,
    status: 204,
    response: null,
  },
  async (call) => {
    const { actor, params, ports } = call;
    const hold = await ports.storage.holds.find(params.id);
    if (hold === null || !sees(actor, hold.tenant)) return err(problem('not-found'));
    // It may be kept from the tenant itself: whoever is held must not be able to let go.
    if (hold.isOfPlatform && actor.tenant !== null) return err(problem('held-by-platform'));
    const changed = { resource: `hold/${hold.id}`, tenant: hold.tenant, diff: {} };
    const gone = await change(call, changed, (tx) => tx.holds.remove(hold.id, hold.version));
    if (!gone.ok) return gone;
    await copied(ports);
    return ok({ body: null });
  },
);

/** What was changed is in the store, and every gateway reads it there before it ends anything. */
async function copied({ audit }: AdminPorts): Promise<void> {
  await audit.refreshHolds().catch(() => {});
}

const erasureView = z.strictObject({
  id: text,
  at: text,
  tenant: text,
  records: z.int(),
  texts: z.int(),
  subjects: z.int(),
  commitment: text,
  salt: text,
}) satisfies z.ZodType<ErasureView>;

const erase = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/erasures',
    summary:
      'Forgets a person: values in the log, and what was said, with its keys. The answer is the receipt; it is shown once.',
    permission: 'subjects.erase',
    scope: 'tenant',
    audit: 'subject.erase',
    body: z
      .strictObject({
        tenant: nameField.optional(),
        user: personField.optional(),
        endUser: personField.optional(),
        basis: z.enum(['gdpr-17', 'contract', 'mistake', 'other']).default('gdpr-17'),
      })
      .refine(({ user, endUser }) => user !== undefined || endUser !== undefined, {
        path: ['user'],
        error: 'name `user` or `endUser`',
      }),
    query: null,
    ifMatch: false,
    status: 201,
    response: erasureView,
  },
  async (call) => {
    const { actor, body, ports } = call;
    const { user, endUser, basis } = body;
    const tenant = body.tenant ?? actor.tenant;
    if (tenant === null || !sees(actor, tenant)) return err(problem('not-found', 'tenant'));
    const person = { tenant, user, endUser };
    if (await ports.audit.isHeld(person)) return err(problem('held'));
    const { id, commitment, salt } = erasureReceipt(person);
    // What was begun is in the log before anything is gone: a crash leaves no erasure without a word.
    const begun = {
      resource: `erasure/${id}`,
      tenant,
      diff: { basis, commitment, state: 'begun' },
    };
    const noted = await change(call, begun, async () => ok(null));
    if (!noted.ok) return noted;
    const say = async (ended: JsonObject): Promise<void> => {
      const done = { ...begun, diff: { basis, commitment, ...ended } };
      const entry = { ...entryOf(call, done), id: `${call.requestId}-done` };
      await ports.storage.change(entry, async () => ok(null));
    };
    // A hold that was set while that was written was told to somebody: it keeps what it is of.
    if (await ports.audit.isHeld(person)) {
      await say({ state: 'held' });
      return err(problem('held'));
    }
    const counted = await ports.audit.erase(person);
    await say({ state: 'done', ...counted });
    const at = new Date(ports.clock.nowMs()).toISOString();
    return ok({
      body: { id, at, tenant, ...counted, commitment, salt },
    });
  },
);

export const personRoutes: readonly AdminRoute[] = [listHolds, addHold, removeHold, erase];
