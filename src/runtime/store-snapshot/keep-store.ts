/** Begins to keep what a gateway needs of its store, the groups that give a role among it. */
import { groupRoles } from '#admin/scim/group-roles.ts';
import type { Config } from '#config/config.ts';
import { kinds } from '#storage/kinds.ts';
import { recordOf } from '#storage/read-record.ts';

import type { World } from '../world.ts';

/** `declared`: what the file says of tenants now. */
export function keepStore(
  { store, peppers }: Pick<World, 'store' | 'peppers'>,
  declared: () => Config['tenants'],
): void {
  store.keep({
    peppers,
    givesRole: (rows) => {
      const tenants = rows.map((row) => recordOf(kinds.tenants, { ...row }));
      const roleOf = groupRoles(tenants, declared());
      return (tenant, displayName) => roleOf(tenant, displayName) !== null;
    },
  });
}
