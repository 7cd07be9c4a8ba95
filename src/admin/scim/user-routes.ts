/**
 * `/scim/v2/Users`. The user name is what keys and tokens carry, so it cannot be changed: the keys of
 * the old name would be nobody's, and locking the user out would not reach them.
 */
import type { UserRecord } from '#storage/records.ts';
import type { JsonObject } from '#stdx/json.ts';
import { ok, type Result } from '#stdx/result.ts';

import { USER_TYPE } from './attributes.ts';
import { selected } from './list-query.ts';
import { patchResource, readOperations, readResource } from './read-resource.ts';
import type { ScimProblem } from './scim-problem.ts';
import type { ScimCall, ScimReply, ScimRoute } from './scim-route.ts';
import { listUsers } from './user-list.ts';
import { showScimUser, userBody, userLocation, writableUser } from './user-resource.ts';
import { createUser, editUser, type Provisioned, removeUser, shownUser } from './user-service.ts';

type Answer = Result<ScimReply, ScimProblem>;

const reply = (
  { record, provisioned }: Provisioned,
  query: ScimCall['query'],
  more: Partial<ScimReply> = {},
): Answer => {
  const body: JsonObject = selected(showScimUser(record, provisioned), query, USER_TYPE);
  return ok({ body, version: record.version, ...more });
};

const list: ScimRoute = {
  method: 'GET',
  path: '/Users',
  permission: 'scim.read',
  audit: null,
  status: 200,
  handle: async (call) => {
    const listed = await listUsers(call);
    return listed.ok ? ok({ body: listed.value }) : listed;
  },
};

const one: ScimRoute = {
  method: 'GET',
  path: '/Users/{id}',
  permission: 'scim.read',
  audit: null,
  status: 200,
  handle: async (call) => {
    const found = await shownUser(call);
    return found.ok ? reply(found.value, call.query) : found;
  },
};

const create: ScimRoute = {
  method: 'POST',
  path: '/Users',
  permission: 'scim.write',
  audit: 'scim-user.create',
  status: 201,
  handle: async (call) => {
    const body = readResource(call.body, USER_TYPE, userBody);
    if (!body.ok) return body;
    const created = await createUser(call, body.value);
    if (!created.ok) return created;
    const location = userLocation(created.value.provisioned.id);
    return reply(created.value, call.query, { location });
  },
};

const replace: ScimRoute = {
  method: 'PUT',
  path: '/Users/{id}',
  permission: 'scim.write',
  audit: 'scim-user.update',
  status: 200,
  handle: async (call) => {
    const body = readResource(call.body, USER_TYPE, userBody);
    if (!body.ok) return body;
    const edited = await editUser(call, () => body);
    return edited.ok ? reply(edited.value, call.query) : edited;
  },
};

const patch: ScimRoute = {
  method: 'PATCH',
  path: '/Users/{id}',
  permission: 'scim.write',
  audit: 'scim-user.update',
  status: 200,
  handle: async (call) => {
    const operations = readOperations(call.body);
    if (!operations.ok) return operations;
    const next = (record: UserRecord) =>
      patchResource(writableUser(record), operations.value, USER_TYPE, userBody);
    const edited = await editUser(call, next);
    return edited.ok ? reply(edited.value, call.query) : edited;
  },
};

const remove: ScimRoute = {
  method: 'DELETE',
  path: '/Users/{id}',
  permission: 'scim.write',
  audit: 'scim-user.delete',
  status: 204,
  handle: async (call) => {
    const removed = await removeUser(call);
    return removed.ok ? ok({ body: null }) : removed;
  },
};

export const scimUserRoutes: readonly ScimRoute[] = [list, one, create, replace, patch, remove];
