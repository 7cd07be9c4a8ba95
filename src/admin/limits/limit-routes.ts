/** `/admin/v1/limits` and `/admin/v1/budgets`: what is left of each, now. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { BudgetView, LimitView } from '../limits-contract.ts';
import { type Actor, sees } from '../permissions.ts';
import { type Problem, problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { budgetStates } from './budget-states.ts';

const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;
const query = z.strictObject({ tenant: nameField.optional() });

const text = z.string();
const names = z.array(text.nullable());
const limitView = z.strictObject({
  name: text,
  algorithm: text,
  unit: text,
  amount: z.number(),
  windowSeconds: z.number(),
  per: z.array(text),
  count: z.int(),
  counters: z.array(
    z.strictObject({
      names,
      remaining: z.number(),
      resetSeconds: z.int(),
      heardSeconds: z.int(),
    }),
  ),
  isShared: z.boolean(),
}) satisfies z.ZodType<LimitView>;

const budgetView = z.strictObject({
  name: text,
  per: z.array(text),
  names,
  from: text,
  to: text,
  amountNanoUsd: z.int(),
  carriedNanoUsd: z.int(),
  spentNanoUsd: z.int(),
  heldNanoUsd: z.int(),
  alertAt: z.array(z.number()),
  onExceeded: text,
  forecastNanoUsd: z.int().nullable(),
  usedUpAt: text.nullable(),
}) satisfies z.ZodType<BudgetView>;

const shownLimit = ({ per, counters, ...limit }: LimitView) => ({
  ...limit,
  per: [...per],
  counters: counters?.map((counter) => ({ ...counter, names: [...counter.names] })) ?? null,
});

const shownBudget = ({ per, names: owner, alertAt, ...budget }: BudgetView) => ({
  ...budget,
  per: [...per],
  names: [...owner],
  alertAt: [...alertAt],
});

/** A confined administrator sees its tenant, whether it says so or not. */
function tenantFor(actor: Actor, asked: string | undefined): Result<string | null, Problem> {
  if (asked !== undefined && !sees(actor, asked)) return err(problem('not-found', 'tenant'));
  return ok(asked ?? actor.tenant);
}

const limits = defineRoute(
  {
    ...read,
    path: '/admin/v1/limits',
    summary: 'Every limit, and the counters of it with the least left, as this gateway has them.',
    permission: 'usage.read',
    query,
    status: 200,
    response: z.strictObject({ items: z.array(limitView) }),
  },
  async ({ actor, query: { tenant: asked }, ports }) => {
    const tenant = tenantFor(actor, asked);
    if (!tenant.ok) return tenant;
    const items = await ports.counters.limits(tenant.value);
    return ok({ body: { items: items.map(shownLimit) } });
  },
);

const budgets = defineRoute(
  {
    ...read,
    path: '/admin/v1/budgets',
    summary:
      'Every budget by whom it counts, in the period that runs: spent, held, and where it leads.',
    permission: 'usage.read',
    query,
    status: 200,
    response: z.strictObject({ items: z.array(budgetView) }),
  },
  async ({ actor, query: { tenant: asked }, ports }) => {
    const tenant = tenantFor(actor, asked);
    if (!tenant.ok) return tenant;
    const held = await ports.counters.held();
    const items = await budgetStates(ports.storage.ledger, {
      budgets: ports.config().budgets,
      tenant: tenant.value,
      nowMs: ports.clock.nowMs(),
      held: held.filter(({ scope }) => {
        const owner = scope?.where.tenant;
        return tenant.value === null || owner === tenant.value;
      }),
    });
    return ok({ body: { items: items.map(shownBudget) } });
  },
);

export const limitRoutes: readonly AdminRoute[] = [limits, budgets];
