/** `/scim/v2/Groups`. */
import type { GroupRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';
import { ok, type Result } from '#stdx/result.ts';

import { GROUP_TYPE } from './attributes.ts';
import { listGroups } from './group-list.ts';
import { groupBody, groupLocation, showScimGroup, writableGroup } from './group-resource.ts';
import { createGroup, editGroup, removeGroup, shownGroup } from './group-service.ts';
import { selected } from './list-query.ts';
import { patchResource, readOperations, readResource } from './read-resource.ts';
import type { ScimProblem } from './scim-problem.ts';
import type { ScimCall, ScimReply, ScimRoute } from './scim-route.ts';

type Answer = Result<ScimReply, ScimProblem>;

const reply = (
  record: GroupRecord,
  query: ScimCall['query'],
  more: Partial<ScimReply> = {},
): Answer => {
  const body: JsonObject = selected(showScimGroup(record), query, GROUP_TYPE);
  return ok({ body, version: record.version, ...more });
};

const list: ScimRoute = {
  method: 'GET',
  path: '/Groups',
  permission: 'scim.read',
  audit: null,
  status: 200,
  handle: async (call) => {
    const listed = await listGroups(call);
    return listed.ok ? ok({ body: listed.value }) : listed;
  },
};

const one: ScimRoute = {
  method: 'GET',
  path: '/Groups/{id}',
  permission: 'scim.read',
  audit: null,
  status: 200,
  handle: async (call) => {
    const found = await shownGroup(call);
    return found.ok ? reply(found.value, call.query) : found;
  },
};

const create: ScimRoute = {
  method: 'POST',
  path: '/Groups',
  permission: 'scim.write',
  audit: 'scim-group.create',
  status: 201,
  handle: async (call) => {
    const body = readResource(call.body, GROUP_TYPE, groupBody);
    if (!body.ok) return body;
    const created = await createGroup(call, body.value);
    if (!created.ok) return created;
    return reply(created.value, call.query, { location: groupLocation(created.value.id) });
  },
};

const replace: ScimRoute = {
  method: 'PUT',
  path: '/Groups/{id}',
  permission: 'scim.write',
  audit: 'scim-group.update',
  status: 200,
  handle: async (call) => {
    const body = readResource(call.body, GROUP_TYPE, groupBody);
    if (!body.ok) return body;
    const edited = await editGroup(call, () => body);
    return edited.ok ? reply(edited.value, call.query) : edited;
  },
};

const patch: ScimRoute = {
  method: 'PATCH',
  path: '/Groups/{id}',
  permission: 'scim.write',
  audit: 'scim-group.update',
  status: 200,
  handle: async (call) => {
    const operations = readOperations(call.body);
    if (!operations.ok) return operations;
    const edited = await editGroup(call, (record) =>
      patchResource(writableGroup(record), operations.value, GROUP_TYPE, groupBody),
    );
    return edited.ok ? reply(edited.value, call.query) : edited;
  },
};

const remove: ScimRoute = {
  method: 'DELETE',
  path: '/Groups/{id}',
  permission: 'scim.write',
  audit: 'scim-group.delete',
  status: 204,
  handle: async (call) => {
    const removed = await removeGroup(call);
    return removed.ok ? ok({ body: null }) : removed;
  },
};

export const scimGroupRoutes: readonly ScimRoute[] = [list, one, create, replace, patch, remove];
