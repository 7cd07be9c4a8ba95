/** Where guards stand in a file as it was read: for everybody, and for one tenant. */
import type { JsonValue } from '#stdx/json.ts';

import type { Path } from './issue.ts';
import { below } from './known-keys.ts';

export interface GuardEntry {
  readonly entry: JsonValue;
  readonly path: Path;
}

export function guardEntries(root: JsonValue): GuardEntry[] {
  const at = (holder: JsonValue | undefined, path: Path): GuardEntry[] => {
    const guards = below(holder, 'guards');
    if (!Array.isArray(guards)) return [];
    return guards.map((entry, index) => ({ entry, path: [...path, 'guards', index] }));
  };
  const tenants = below(root, 'tenants');
  const own = Array.isArray(tenants)
    ? tenants.flatMap((tenant, index) => at(tenant, ['tenants', index]))
    : [];
  return [...at(root, []), ...own];
}
