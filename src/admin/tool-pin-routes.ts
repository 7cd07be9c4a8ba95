/** `/admin/v1/tool-pins`: what tools were when they were first declared. Calls make them. */
import { err, ok } from '#stdx/result.ts';

import { change, editable } from './change.ts';
import { mapPage, pageOf, scopedQuery, tenantPageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { innerId, PIN_PREFIX, showToolPin, toolPinView } from './views.ts';

const path = '/admin/v1/tool-pins';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'Pinned tool definitions, by id.',
    permission: 'tool-pins.read',
    query: tenantPageQuery,
    status: 200,
    response: pageOf(toolPinView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, PIN_PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.toolPins.list(scoped.value);
    return ok({ body: mapPage(page, showToolPin, PIN_PREFIX) });
  },
);

const storedPin = async ({ params, ports }: Pick<AdminCall<'id'>, 'params' | 'ports'>) => {
  const id = innerId(params.id, PIN_PREFIX);
  return id === null ? null : await ports.storage.toolPins.find(id);
};

const one = defineRoute(
  {
    ...read,
    path: `${path}/{id}`,
    summary: 'One pinned tool definition.',
    permission: 'tool-pins.read',
    query: null,
    status: 200,
    response: toolPinView,
  },
  async (call) => {
    const record = await storedPin(call);
    if (record === null || !sees(call.actor, record.tenant)) return err(problem('not-found'));
    return ok({ body: showToolPin(record), version: record.version });
  },
);

const forget = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Forgets a pin: the definition that is declared next is the one that counts.',
    permission: 'tool-pins.write',
    scope: 'tenant',
    audit: 'tool-pin.delete',
    body: null,
    query: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const record = await storedPin(call);
    const found = editable(record, record?.tenant ?? null, call);
    if (!found.ok) return found;
    const { id, tenant, version, digest, changedDigest } = found.value;
    const resource = `tool-pin/${call.params.id}`;
    const changed = { resource, tenant, diff: { digest, changedDigest } };
    const removed = await change(call, changed, (tx) => tx.toolPins.remove(id, version));
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const toolPinRoutes: readonly AdminRoute[] = [list, one, forget];
