/** Records as they come, as server-sent events: `record` with a row, `missed` with how many were not sent. */
import { z } from 'zod';

import { matchesRow } from '#storage/index-match.ts';
import { ok } from '#stdx/result.ts';

import type { EventSource } from '../event-stream.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { recordFilterFields, rowViewFor, scopedFilter } from './record-fields.ts';

/** What the index brings now may have been written a moment ago; what is older is no news. */
const FRESH_MS = 2_000;

const tail = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path: '/admin/v1/audit/tail',
    summary:
      'Records as they come, as server-sent events: `record`, `missed` with a count for a reader that is too slow, `end`.',
    permission: 'records.read',
    query: z.strictObject(recordFilterFields),
    status: 200,
    response: 'events',
  },
  async ({ actor, query, ports }) => {
    const fromMs = ports.clock.nowMs() - FRESH_MS;
    const scoped = scopedFilter(actor, { ...query, fromMs });
    if (!scoped.ok) return scoped;
    const view = rowViewFor(actor);
    const source: EventSource = (tell) =>
      ports.audit.onRows((rows) => {
        for (const row of rows) {
          if (!matchesRow(row, scoped.value)) continue;
          tell({ event: 'record', id: `${row.writer}:${row.seq}`, data: view(row) });
        }
      });
    return ok({ body: source });
  },
);

export const auditTailRoutes: readonly AdminRoute[] = [tail];
