/** Receivers of audit records: how far each is, and whether a marked event arrives. */
import { z } from 'zod';

import { err, ok } from '#stdx/result.ts';

import { change } from './change.ts';
import { pageOf } from './page.ts';
import { problem } from './problem.ts';
import { type AdminRoute, defineRoute } from './route.ts';
import type { AdminSink, AdminSinkTest } from './sink-contract.ts';

const sinkView = z.strictObject({
  name: z.string(),
  type: z.string(),
  isRequired: z.boolean(),
  state: z.string(),
  lagRecords: z.int(),
  lagMs: z.int(),
  lagBytes: z.int(),
  delivered: z.int(),
  failures: z.int(),
  lastError: z.string().nullable(),
}) satisfies z.ZodType<AdminSink>;

const testView = z.strictObject({
  sink: z.string(),
  isDelivered: z.boolean(),
  problem: z.string().nullable(),
  ms: z.int(),
}) satisfies z.ZodType<AdminSinkTest>;

const list = defineRoute(
  {
    method: 'GET',
    path: '/admin/v1/audit/sinks',
    summary: 'The receivers of audit records, and how far each is.',
    permission: 'audit-sinks.read',
    scope: 'platform',
    audit: null,
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: pageOf(sinkView),
  },
  // The file bounds how many there are, so this is always one page.
  async ({ ports }) => ok({ body: { items: [...ports.sinks.status()], next: null } }),
);

const test = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/audit/sinks/{name}/test',
    summary: 'Sends one marked event to a receiver of audit records, and says what became of it.',
    permission: 'audit-sinks.test',
    scope: 'platform',
    audit: 'audit-sink.test',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: testView,
  },
  async (call) => {
    const sink = call.params.name;
    const tested = await call.ports.sinks.test(sink);
    if (tested === null) return err(problem('not-found'));
    const isDelivered = tested.code === null;
    const body = { sink, isDelivered, problem: tested.code, ms: tested.ms };
    const changed = { resource: `sink/${sink}`, tenant: null, diff: { isDelivered } };
    return await change(call, changed, async () => ok({ body }));
  },
);

export const sinkRoutes: readonly AdminRoute[] = [list, test];
