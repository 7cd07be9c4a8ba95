/** `/scim/v2/Groups`. */
import { GROUP_TYPE } from './attributes.ts';
import { listGroups } from './group-list.ts';
import { groupBody, groupLocation, showScimGroup, writableGroup } from './group-resource.ts';
import { createGroup, editGroup, removeGroup, shownGroup } from './group-service.ts';
import { resourceRoutes } from './resource-routes.ts';

export const scimGroupRoutes = resourceRoutes({
  path: '/Groups',
  type: GROUP_TYPE,
  audit: 'scim-group',
  body: groupBody,
  show: showScimGroup,
  versionOf: ({ version }) => version,
  locationOf: ({ id }) => groupLocation(id),
  writable: writableGroup,
  list: listGroups,
  find: shownGroup,
  create: createGroup,
  edit: editGroup,
  remove: removeGroup,
});
