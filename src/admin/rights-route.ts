/** `/admin/v1/rights`: what the caller may do, so that no page offers what would be refused. */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import { ok } from '#stdx/result.ts';

import type { RightsView } from './rights-contract.ts';
import { rightsOf } from './permissions.ts';
import { type AdminRoute, defineRoute } from './route.ts';

const text = z.string();

const rightsView = z.strictObject({
  role: z.enum(adminRoles),
  tenant: text.nullable().meta({ description: 'Null: the whole gateway.' }),
  isOneTime: z.boolean().meta({ description: 'A one-time token: exchange it at `sessions`.' }),
  permissions: z.array(text),
}) satisfies z.ZodType<RightsView>;

export const rightsRoute: AdminRoute = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'own',
    path: '/admin/v1/rights',
    summary: 'What the caller may do here. Every credential may ask.',
    permission: 'rights.read',
    query: null,
    status: 200,
    response: rightsView,
  },
  async ({ actor }) => {
    const { role, tenant, isOneTime } = actor;
    return ok({ body: { role, tenant, isOneTime, permissions: [...rightsOf(actor)] } });
  },
);
