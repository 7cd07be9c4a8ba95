/**
 * `/scim/v2/Users`. The user name is what keys and tokens carry, so it cannot be changed: the keys of
 * the old name would be nobody's, and locking the user out would not reach them.
 */
import { USER_TYPE } from './attributes.ts';
import { resourceRoutes } from './resource-routes.ts';
import { listUsers } from './user-list.ts';
import { showScimUser, userBody, userLocation, writableUser } from './user-resource.ts';
import { createUser, editUser, type Provisioned, removeUser, shownUser } from './user-service.ts';

export const scimUserRoutes = resourceRoutes({
  path: '/Users',
  type: USER_TYPE,
  audit: 'scim-user',
  body: userBody,
  show: ({ record, provisioned }: Provisioned) => showScimUser(record, provisioned),
  versionOf: ({ record }) => record.version,
  locationOf: ({ provisioned }) => userLocation(provisioned.id),
  writable: writableUser,
  list: listUsers,
  find: shownUser,
  create: createUser,
  edit: editUser,
  remove: removeUser,
});
