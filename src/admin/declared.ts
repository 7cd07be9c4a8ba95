/** What the configuration file declares, as this API shows it: read-only, and the file's to change. */
import type { Config } from '#config/config.ts';
import type { Storage } from '#storage/storage.ts';

import {
  BINDING_PREFIX,
  type BindingOut,
  type RoleOut,
  shownClaims,
  showRules,
  type TenantOut,
} from './views.ts';

type Tenants = Config['tenants'];

export const declaredTenant = (config: Config, id: string): Tenants[number] | undefined =>
  config.tenants.find((tenant) => tenant.id === id);

export const declaredTenants = ({ tenants }: Config): readonly TenantOut[] =>
  tenants.map(({ id, name, keys, boundTokens, scim }) => ({
    id,
    name: name ?? null,
    status: 'active',
    managedBy: 'file',
    keyLifetimeMax: keys.lifetimeMax?.toJSON() ?? null,
    boundTokens,
    groupRoles: scim.groupRoles,
    createdAt: null,
    version: null,
  }));

export function declaredRoles(config: Config, tenant: string): readonly RoleOut[] {
  const roles = declaredTenant(config, tenant)?.roles ?? {};
  return Object.entries(roles).map(([name, { allow, deny }]) => ({
    tenant,
    name,
    allow: showRules(allow),
    deny: showRules(deny),
    managedBy: 'file',
    version: null,
  }));
}

/** Their ids are their places. A hyphen is in no id that the store makes, so the two never meet. */
export const declaredBindings = (
  config: Config,
  tenant: string | undefined,
): readonly BindingOut[] =>
  config.tenants
    .filter(({ id }) => tenant === undefined || id === tenant)
    .flatMap(({ id, bindings }) =>
      bindings.map((binding, index) => ({
        id: `${BINDING_PREFIX}file-${id}-${index}`,
        tenant: id,
        role: binding.role,
        users: [...binding.users],
        serviceAccounts: [...binding.serviceAccounts],
        teams: [...binding.teams],
        keys: [...binding.keys],
        claims: shownClaims(binding.claims),
        managedBy: 'file' as const,
        version: null,
      })),
    );

/** How long a key of the tenant works at most; null: as long as the key says. */
export async function keyLifeMsMax(
  config: Config,
  storage: Storage,
  tenant: string,
): Promise<number | null> {
  const declared = declaredTenant(config, tenant);
  if (declared !== undefined) return declared.keys.lifetimeMax?.ms ?? null;
  return (await storage.tenants.find(tenant))?.keyLifeMsMax ?? null;
}

/** Whether a tenant exists, wherever it is kept. */
export const tenantExists = async (
  config: Config,
  storage: Storage,
  id: string,
): Promise<boolean> =>
  declaredTenant(config, id) !== undefined || (await storage.tenants.find(id)) !== null;
