/** `/admin/v1/runs`: what agents were given for pieces of work. They are minted with keys, never here. */
import { z } from 'zod';

import type { KeyRecord } from '#storage/records.ts';
import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import type { RunDetail } from '../run-contract.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from '../page.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from '../route.ts';
import { innerId } from '../views.ts';
import { adminRun, runView } from './admin-run.ts';
import { endOfRun, RUN_PREFIX, runChain } from './run-service.ts';
import { runStateOf, spentOf, usdOf } from './run-views.ts';

const path = '/admin/v1/runs';
/** Of its own caps; what runs above it have spent is theirs. */
const runDetail = z.strictObject({
  ...runView.shape,
  state: z.enum(['live', 'ended', 'over']).meta({
    description: 'ended: by somebody, itself or a run or key above it. over: its time is.',
  }),
  spentUsd: z.number().meta({ description: 'By the ledger, with all runs under it.' }),
  spentCalls: z.int().meta({ description: 'By the ledger, with all runs under it.' }),
}) satisfies z.ZodType<RunDetail>;

const list = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path,
    summary: 'Runs, by id, also those that have ended; a day after their end they are gone.',
    permission: 'runs.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(runView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, RUN_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.runs.list(scoped.value);
    return ok({ body: mapPage(page, adminRun, RUN_PREFIX) });
  },
);

/** Null: there is none, or none that the actor may see. */
async function runOf({ actor, params, ports }: AdminCall<'id'>): Promise<KeyRecord | null> {
  const id = innerId(params.id, RUN_PREFIX);
  const record = id === null ? null : await ports.storage.keys.find(id);
  return record !== null && record.run !== null && sees(actor, record.tenant) ? record : null;
}

const read = defineRoute(
  {
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'A run, whether it is live, and what it has spent.',
    permission: 'runs.read',
    scope: 'tenant',
    audit: null,
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: runDetail,
  },
  async (call) => {
    const record = await runOf(call);
    if (record === null) return err(problem('not-found'));
    const { storage, clock } = call.ports;
    const { nanoUsd, calls: spentCalls } = await spentOf(storage.ledger, record);
    const chain = (await runChain(storage, record.id, record.tenant)) ?? [record];
    const state = runStateOf(chain, clock.nowMs());
    return ok({ body: { ...adminRun(record), state, spentUsd: usdOf(nanoUsd) ?? 0, spentCalls } });
  },
);

const end = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Ends a run and every run under it. Running streams end within seconds; records stay.',
    permission: 'runs.write',
    scope: 'tenant',
    audit: 'run.end',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: runView,
  },
  async (call) => {
    const record = await runOf(call);
    if (record === null) return err(problem('not-found'));
    // It is so already, which is what was asked for.
    if (record.revokedMs !== null) return ok({ body: adminRun(record) });
    const { diff, work } = await endOfRun(call.ports, record);
    const told = { resource: `run/${call.params.id}`, tenant: record.tenant, diff };
    const ended = await change(call, told, work);
    if (!ended.ok) return ended;
    return ok({ body: adminRun({ ...record, revokedMs: call.ports.clock.nowMs() }) });
  },
);

export const runRoutes: readonly AdminRoute[] = [list, read, end];
