/** `/admin/v1/alert-rules`: rules on metrics, and the state of each. The file says what they are. */
import { z } from 'zod';

import { ok } from '#stdx/result.ts';

import type { AdminAlertRule, AdminAlertState } from '../alert-contract.ts';
import { pageOf } from '../page.ts';
import { type AdminRoute, defineRoute } from '../route.ts';

const stateView = z.strictObject({
  subject: z.string(),
  state: z.enum(['pending', 'firing', 'resolved']),
  since: z.string(),
  value: z.number().nullable(),
  isSilenced: z.boolean(),
}) satisfies z.ZodType<AdminAlertState>;

const ruleView = z.strictObject({
  name: z.string(),
  type: z.string(),
  severity: z.enum(['low', 'medium', 'high']),
  threshold: z.number(),
  windowSeconds: z.number(),
  forSeconds: z.number(),
  receivers: z.array(z.string()).readonly(),
  states: z.array(stateView).readonly(),
}) satisfies z.ZodType<AdminAlertRule>;

const list = defineRoute(
  {
    method: 'GET',
    path: '/admin/v1/alert-rules',
    summary:
      'Rules on metrics, and what of each is pending, fires, or was resolved within an hour.',
    permission: 'alert-rules.read',
    scope: 'platform',
    audit: null,
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: pageOf(ruleView),
  },
  // The file bounds how many there are, so this is always one page.
  async ({ ports }) => ok({ body: { items: [...ports.alertRules()], next: null } }),
);

export const alertRuleRoutes: readonly AdminRoute[] = [list];
