/** Which role a provisioned group gives: only one that the tenant names for it. */
import type { Config } from '#config/config.ts';
import type { TenantRecord } from '#storage/records.ts';

/**
 * By tenant and name of the group, as it is written. For a tenant that the file declares, the file
 * says it. The name comes from outside, so only own members of the table count.
 */
export function groupRoles(
  stored: readonly Pick<TenantRecord, 'id' | 'groupRoles'>[],
  declared: Config['tenants'],
): (tenant: string, displayName: string) => string | null {
  const tables = new Map(stored.map(({ id, groupRoles }) => [id, groupRoles]));
  for (const { id, scim } of declared) tables.set(id, scim.groupRoles);
  return (tenant, displayName) => {
    const table = tables.get(tenant) ?? {};
    return Object.hasOwn(table, displayName) ? (table[displayName] ?? null) : null;
  };
}
