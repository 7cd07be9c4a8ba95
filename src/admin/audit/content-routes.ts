/** What was said, shown to who has leave: asked for with a reason, agreed to, over after a while. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { err, ok } from '#stdx/result.ts';
import type { ContentLeaveRecord } from '#storage/leave-records.ts';

import { actorName, change } from '../change.ts';
import type { ContentView, LeaveView } from '../audit-contract.ts';
import { titleField } from '../fields.ts';
import { pageOf } from '../page.ts';
import { isOneHand } from '../people/hands.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { isTenantOf } from './known-tenant.ts';
import {
  agreedLeave,
  findLeave,
  newLeave,
  openLeaves,
  outlivedLeaves,
  removeLeaves,
} from './leaves.ts';

const text = z.string();
const path = '/admin/v1/content-leaves';

const leaveView = z.strictObject({
  id: text,
  tenant: text,
  asker: text,
  reason: text,
  minutes: z.int(),
  askedAt: text,
  agreedBy: text.nullable(),
  endsAt: text,
}) satisfies z.ZodType<LeaveView>;

const viewOf = ({
  askedMs,
  endsMs,
  party: _party,
  version: _version,
  ...leave
}: ContentLeaveRecord): LeaveView => ({
  ...leave,
  askedAt: new Date(askedMs).toISOString(),
  endsAt: new Date(endsMs).toISOString(),
});

const list = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path,
    summary: 'Leaves to see content that were asked for and are not over. One page holds them all.',
    permission: 'content.read',
    query: null,
    status: 200,
    response: pageOf(leaveView),
  },
  async ({ actor, ports }) => {
    const { storage, clock } = ports;
    const seen = await openLeaves(storage.contentLeaves, actor.tenant, clock.nowMs());
    return ok({ body: { items: seen.map(viewOf), next: null } });
  },
);

const ask = defineRoute(
  {
    method: 'POST',
    path,
    summary:
      'Asks for leave to see what was said in calls of a tenant. Where the tenant wants it, another person has to agree.',
    permission: 'content.reveal',
    scope: 'tenant',
    audit: 'content.ask',
    body: z.strictObject({
      tenant: nameField.optional(),
      reason: titleField,
      minutes: z.int().min(1).max(480).default(60),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: leaveView,
  },
  async (call) => {
    const { actor, body, ports } = call;
    const tenant = body.tenant ?? actor.tenant;
    if (tenant === null || !sees(actor, tenant) || !(await isTenantOf(ports, tenant))) {
      return err(problem('not-found', 'tenant'));
    }
    const { storage, clock } = ports;
    const { reason, minutes } = body;
    const nowMs = clock.nowMs();
    const needsSecond = ports.audit.needsSecondPerson(tenant);
    const asked = { tenant, asker: actorName(actor), party: actor.party, reason, minutes };
    const leave = newLeave(asked, needsSecond, nowMs);
    const outlived = await outlivedLeaves(storage.contentLeaves, tenant, nowMs);
    const diff = { reason, minutes, secondPerson: needsSecond };
    const changed = { resource: `content-leave/${leave.id}`, tenant, diff };
    return await change(call, changed, async (tx) => {
      await removeLeaves(tx, outlived);
      const made = await tx.contentLeaves.insert(leave);
      return made.ok ? ok({ body: viewOf(made.value) }) : made;
    });
  },
);

const agree = defineRoute(
  {
    method: 'POST',
    path: `${path}/{id}/agree`,
    summary: 'Agrees to a leave that somebody else has asked for. Its time begins now.',
    permission: 'content.agree',
    scope: 'tenant',
    audit: 'content.agree',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: leaveView,
  },
  async (call) => {
    const { actor, params, ports } = call;
    const { contentLeaves } = ports.storage;
    const nowMs = ports.clock.nowMs();
    const leave = await findLeave(contentLeaves, params.id, nowMs);
    if (leave === null || !sees(actor, leave.tenant)) return err(problem('not-found'));
    const { id, tenant, asker } = leave;
    const changed = { resource: `content-leave/${id}`, tenant, diff: { asker } };
    return await change(call, changed, async (tx) => {
      // As it is in this transaction: another may have agreed since, at another gateway too.
      const current = await findLeave(tx.contentLeaves, id, nowMs);
      if (current === null) return err(problem('not-found'));
      const two = [current.party, actor.party] as const;
      const isOwn = await isOneHand(two, tx.accounts, current.askedMs);
      if (isOwn) return err(problem('own-request'));
      const agreed = agreedLeave(current, actorName(actor), nowMs);
      if (!agreed.ok) return err(problem(agreed.error));
      const updated = await tx.contentLeaves.update(agreed.value);
      return updated.ok ? ok({ body: viewOf(updated.value) }) : updated;
    });
  },
);

const contentView = z.strictObject({
  ref: text,
  requestId: text,
  at: text,
  tenant: text,
  user: text.nullable(),
  endUser: text.nullable(),
  request: text.nullable(),
  reply: text,
  isCut: z.boolean(),
}) satisfies z.ZodType<ContentView>;

const reveal = defineRoute(
  {
    method: 'POST',
    path: `${path}/{id}/reveal`,
    summary:
      'Shows what was said in one call, by the reference in its record. Each time is recorded.',
    permission: 'content.reveal',
    scope: 'tenant',
    audit: 'content.reveal',
    body: z.strictObject({ ref: z.string().regex(/^cnt_[0-9A-Za-z]{20}\.[A-Za-z0-9_-]{43}$/u) }),
    query: null,
    ifMatch: false,
    status: 200,
    response: contentView,
  },
  async (call) => {
    const { actor, params, body, ports } = call;
    const { storage, clock } = ports;
    const leave = await findLeave(storage.contentLeaves, params.id, clock.nowMs());
    // A leave is of who asked for it, and of nobody else; a person may have moved to another tenant since.
    if (leave?.asker !== actorName(actor) || !sees(actor, leave.tenant))
      return err(problem('not-found'));
    if (leave.agreedBy === null) return err(problem('not-agreed'));
    const content = await ports.audit.content(body.ref);
    if (content?.tenant !== leave.tenant) return err(problem('not-found', 'ref'));
    const { tenant, requestId } = content;
    const changed = {
      resource: `content/${body.ref}`,
      tenant,
      diff: { leave: leave.id, requestId },
    };
    return await change(call, changed, async (tx) => {
      // It may have ended, been pushed out, or gone with its tenant since.
      const current = await findLeave(tx.contentLeaves, leave.id, clock.nowMs());
      return current === null ? err(problem('not-found')) : ok({ body: content });
    });
  },
);

export const contentRoutes: readonly AdminRoute[] = [list, ask, agree, reveal];
