/** Receivers of alerts: whether a signed test event arrives. Where they are is the file's to say. */
import { z } from 'zod';

import { err, ok } from '#stdx/result.ts';

import { change } from './change.ts';
import type { AdminAlertTest } from './contract.ts';
import { problem } from './problem.ts';
import { type AdminRoute, defineRoute } from './route.ts';

const testView = z.strictObject({
  target: z.string(),
  isDelivered: z.boolean(),
  status: z.int().nullable(),
  problem: z.string().nullable(),
  ms: z.int(),
}) satisfies z.ZodType<AdminAlertTest>;

const test = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/alerts/{name}/test',
    summary: 'Sends a signed test event to a receiver of alerts, once, and says what came back.',
    permission: 'alerts.test',
    scope: 'platform',
    audit: 'alert.test',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: testView,
  },
  async (call) => {
    const tested = await call.ports.testAlert(call.params.name);
    if (tested === null) return err(problem('not-found'));
    const { target, isDelivered, status } = tested;
    const changed = { resource: `alert/${target}`, tenant: null, diff: { isDelivered, status } };
    return await change(call, changed, async () => ok({ body: tested }));
  },
);

export const alertRoutes: readonly AdminRoute[] = [test];
