/** `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`: made from what runs, so they cannot drift. */
import type { JsonObject } from '#stdx/json.ts';
import { err, ok } from '#stdx/result.ts';

import { type Attribute, GROUP_TYPE, type ResourceType, USER_TYPE } from './attributes.ts';
import { COUNT_MAX, listBody } from './list-query.ts';
import { notFound, scimProblem } from './scim-problem.ts';
import { SCIM_BASE, type ScimRoute } from './scim-route.ts';

const TYPES: readonly ResourceType[] = [USER_TYPE, GROUP_TYPE];
const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

const serviceProviderConfig: JsonObject = {
  schemas: [`${CORE}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: COUNT_MAX },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Admin token',
      description: 'An admin token of one tenant, in the header `authorization: Bearer`.',
      primary: true,
    },
  ],
  meta: {
    resourceType: 'ServiceProviderConfig',
    location: `${SCIM_BASE}/ServiceProviderConfig`,
  },
};

const resourceType = ({ name, endpoint, urn }: ResourceType): JsonObject => ({
  schemas: [`${CORE}:ResourceType`],
  id: name,
  name,
  endpoint,
  schema: urn,
  meta: { resourceType: 'ResourceType', location: `${SCIM_BASE}/ResourceTypes/${name}` },
});

const shownAttribute = (attribute: Attribute): JsonObject => ({
  name: attribute.name,
  type: attribute.type,
  multiValued: attribute.isMulti,
  description: attribute.description,
  required: attribute.isRequired,
  caseExact: attribute.isCaseExact,
  mutability: attribute.mutability,
  returned: 'default',
  uniqueness: attribute.uniqueness,
  ...(attribute.sub.length > 0 && { subAttributes: attribute.sub.map(shownAttribute) }),
});

/** What every resource has is in none of the schemas (RFC 7643 section 3.1). */
const COMMON = new Set(['schemas', 'id', 'externalId', 'meta']);

const schemaOf = ({ name, urn, attributes }: ResourceType): JsonObject => ({
  schemas: [`${CORE}:Schema`],
  id: urn,
  name,
  description: name,
  attributes: attributes.filter((one) => !COMMON.has(one.name)).map(shownAttribute),
  meta: { resourceType: 'Schema', location: `${SCIM_BASE}/Schemas/${urn}` },
});

const read = { method: 'GET', permission: 'scim.read', audit: null, status: 200 } as const;

/** These lists are whole; a filter on them is refused, as the standard asks (RFC 7644 section 4). */
const listed = (path: string, items: readonly JsonObject[]): ScimRoute => ({
  ...read,
  path,
  handle: async ({ query }) => {
    if (!query.has('filter')) return ok({ body: listBody(items, items.length, 1) });
    const refused = scimProblem('invalidFilter', 'This list takes no filter.');
    return err({ ...refused, status: 403 });
  },
});

const each = (path: string, items: readonly JsonObject[]): ScimRoute => ({
  ...read,
  path: `${path}/{id}`,
  handle: async ({ id }) => {
    const found = items.find((item) => item['id'] === id);
    return found === undefined ? err(notFound) : ok({ body: found });
  },
});

const resourceTypes = TYPES.map(resourceType);
const schemas = TYPES.map(schemaOf);

export const scimDiscoveryRoutes: readonly ScimRoute[] = [
  {
    ...read,
    path: '/ServiceProviderConfig',
    handle: async () => ok({ body: serviceProviderConfig }),
  },
  listed('/ResourceTypes', resourceTypes),
  each('/ResourceTypes', resourceTypes),
  listed('/Schemas', schemas),
  each('/Schemas', schemas),
];
