/** What provisioned groups give, as bindings: to be seen, and changed at the identity provider alone. */
import type { TenantRecord } from '#storage/records.ts';

import type { AdminPorts } from '../route.ts';
import { BINDING_PREFIX, type BindingOut } from '../views.ts';
import { groupRoles } from './group-roles.ts';

/** A hyphen is in no id that the store makes, and `file` is no `scim`. */
const PREFIX = `${BINDING_PREFIX}scim-`;

export const isGroupBinding = (id: string): boolean => id.startsWith(PREFIX);

type Ports = Pick<AdminPorts, 'storage' | 'config'>;

export async function groupBindings(
  { storage, config }: Ports,
  tenant: string | undefined,
): Promise<readonly BindingOut[]> {
  const all = await storage.provisioning.groupNames();
  const groups = all.filter((group) => tenant === undefined || group.tenant === tenant);
  const stored: TenantRecord[] = [];
  for (const id of new Set(groups.map((group) => group.tenant))) {
    const record = await storage.tenants.find(id);
    if (record !== null) stored.push(record);
  }
  const roleOfGroup = groupRoles(stored, config().tenants);
  const bindings: BindingOut[] = [];
  for (const group of groups) {
    const role = roleOfGroup(group.tenant, group.displayName);
    if (role === null) continue;
    bindings.push({
      id: PREFIX + group.id,
      tenant: group.tenant,
      role,
      users: [...(await storage.provisioning.memberNames(group.id))],
      serviceAccounts: [],
      teams: [],
      keys: [],
      claims: {},
      managedBy: 'scim',
      version: null,
    });
  }
  return bindings;
}
