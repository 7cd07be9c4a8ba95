/**
 * Whether a tenant has the roles that a key or a binding is to name: built in, of the file, or of the
 * store. A name of nothing gives nothing, and every call is refused without a word of why.
 */
import type { Config } from '#config/config.ts';
import { BUILT_IN_ROLES } from '#policy/access/roles.ts';
import { roleId } from '#storage/records.ts';
import type { Storage } from '#storage/storage.ts';

import { declaredRoles } from './declared.ts';
import type { Problem } from './problem.ts';

/** Names that an answer lists; a tenant may have hundreds. */
const NAMES_MAX = 20;

interface RolePlaces {
  readonly config: Config;
  readonly storage: Pick<Storage, 'roles'>;
}

export interface UnknownRole {
  /** Its place in what was asked for. */
  readonly at: number;
  /** The roles that there are, as a text: names of the tenant's own, and nothing that was sent. */
  readonly known: string;
}

/** The first of `roles` that the tenant does not have; null: it has them all. */
export async function unknownRole(
  roles: readonly string[],
  tenant: string,
  { config, storage }: RolePlaces,
): Promise<UnknownRole | null> {
  const declared = declaredRoles(config, tenant).map(({ name }) => name);
  const near = new Set([...declared, ...BUILT_IN_ROLES.keys()]);
  for (const [at, name] of roles.entries()) {
    if (near.has(name) || (await storage.roles.find(roleId({ tenant, name }))) !== null) continue;
    const stored = await storage.roles.list({ tenant, limit: NAMES_MAX });
    const names = new Set([...near, ...stored.items.map((role) => role.name)]);
    const isAll = stored.next === null && names.size <= NAMES_MAX;
    const shown = [...names].sort((a, b) => (a < b ? -1 : 1)).slice(0, NAMES_MAX);
    return { at, known: shown.join(', ') + (isAll ? '' : ' and more') };
  }
  return null;
}

/** `fieldAt`: the field that names the role at a place. */
export async function rolesProblem(
  roles: readonly string[],
  tenant: string,
  places: RolePlaces & { readonly fieldAt: (at: number) => string },
): Promise<Problem | null> {
  const unknown = await unknownRole(roles, tenant, places);
  if (unknown === null) return null;
  const problem = `the tenant has no such role; it has ${unknown.known}`;
  return { reason: 'request-malformed', errors: [{ field: places.fieldAt(unknown.at), problem }] };
}
