/** `/admin/v1/sessions`: who is signed in, for administrators. Their own tenant's, if confined. */
import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from '../page.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { innerId } from '../views.ts';
import { SESSION_PREFIX, sessionView, showSession } from './people-views.ts';
import { endSessions } from './sessions.ts';

const path = '/admin/v1/sessions';

const list = defineRoute(
  {
    method: 'GET',
    path,
    summary: 'Sessions of people, by id.',
    permission: 'sessions.read',
    scope: 'tenant',
    audit: null,
    body: null,
    ifMatch: false,
    query: tenantPageQuery,
    status: 200,
    response: pageOf(sessionView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, SESSION_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.sessions.list(scoped.value);
    return ok({ body: mapPage(page, showSession, SESSION_PREFIX) });
  },
);

const end = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Ends a session of a person at once.',
    permission: 'sessions.write',
    scope: 'tenant',
    audit: 'session.revoke',
    body: null,
    query: null,
    ifMatch: false,
    status: 204,
    response: null,
  },
  async (call) => {
    const id = innerId(call.params.id, SESSION_PREFIX) ?? '';
    const record = await call.ports.storage.sessions.find(id);
    if (record === null || !sees(call.actor, record.tenant)) return err(problem('not-found'));
    const resource = `session/${SESSION_PREFIX}${id}`;
    const changed = { resource, tenant: record.tenant, diff: null };
    const ended = await change(call, changed, async (tx) => {
      await endSessions([id], tx);
      return ok(null);
    });
    return ended.ok ? ok({ body: null }) : ended;
  },
);

export const sessionRoutes: readonly AdminRoute[] = [list, end];
