/** `/admin/v1/approvals`: tool calls that wait for a person. They live as long as their callers wait. */
import { z } from 'zod';

import type { Waiting } from '#gateway/approvals.ts';
import { err, ok } from '#stdx/result.ts';

import { change } from './change.ts';
import type { ApprovalView } from './contract.ts';
import { pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { APPROVAL_PREFIX, innerId, timeText } from './views.ts';

const path = '/admin/v1/approvals';
const text = z.string();

const approvalView = z.strictObject({
  id: text,
  tenant: text,
  owner: text.nullable().meta({ description: 'user/… or key/….' }),
  model: text,
  tool: text,
  arguments: text.meta({
    description: 'JSON, as it would be acted upon. It is kept nowhere else.',
  }),
  reasons: z.array(z.strictObject({ guard: text, category: text })),
  askedAt: text,
  endsAt: text,
}) satisfies z.ZodType<ApprovalView>;

const showApproval = ({ id, question, argumentsText, askedMs, endsMs }: Waiting) => ({
  id: APPROVAL_PREFIX + id,
  tenant: question.tenant,
  owner: question.owner,
  model: question.model,
  tool: question.call.name,
  arguments: argumentsText,
  reasons: question.reasons.map(({ guard, category }) => ({ guard, category })),
  askedAt: timeText(askedMs),
  endsAt: timeText(endsMs),
});

const list = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path,
    summary: 'Tool calls that wait for a person, the oldest first. One page holds them all.',
    permission: 'approvals.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(approvalView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query);
    if (!scoped.ok) return scoped;
    const { tenant } = scoped.value;
    const waiting = ports.approvals
      .waiting()
      .filter(({ question }) => tenant === undefined || question.tenant === tenant);
    return ok({ body: { items: waiting.map(showApproval), next: null } });
  },
);

const decision = { method: 'POST', permission: 'approvals.decide', scope: 'tenant' } as const;
const nothing = { body: null, query: null, ifMatch: false, status: 200 } as const;

const approve = defineRoute(
  {
    ...decision,
    ...nothing,
    path: `${path}/{id}/approve`,
    summary: 'Lets the tool call go on to its caller.',
    audit: 'approval.approve',
    response: approvalView,
  },
  (call) => decide(call, true),
);

const refuse = defineRoute(
  {
    ...decision,
    ...nothing,
    path: `${path}/{id}/refuse`,
    summary: 'Blocks the tool call.',
    audit: 'approval.refuse',
    response: approvalView,
  },
  (call) => decide(call, false),
);

/** Who decided is in the log before the call goes on. The arguments are not: they are personal. */
async function decide(call: AdminCall<'id', null, null>, isApproved: boolean) {
  const { actor, params, ports } = call;
  const id = innerId(params.id, APPROVAL_PREFIX);
  const waiting = id === null ? null : ports.approvals.find(id);
  if (waiting === null || !sees(actor, waiting.question.tenant)) return err(problem('not-found'));
  const { tenant, model, reasons } = waiting.question;
  const diff = { model, reasons: reasons.map(({ guard, category }) => `${guard}, ${category}`) };
  const resource = `approval/${params.id}`;
  const noted = await change(call, { resource, tenant, diff }, async () => ok(null));
  if (!noted.ok) return noted;
  // Between the two the caller may have left: then the record says what was meant, and nothing goes.
  const isHeard = ports.approvals.decide(waiting.id, isApproved);
  return isHeard ? ok({ body: showApproval(waiting) }) : err(problem('not-found'));
}

export const approvalRoutes: readonly AdminRoute[] = [list, approve, refuse];
