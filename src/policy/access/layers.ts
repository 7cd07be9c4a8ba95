/**
 * Whose rights a call needs: those of the principal's roles, within the scope of its key, within the
 * rights of the key that it was made from, and so on upwards. Each layer must allow the call by itself,
 * at the time of the call: a parent that was narrowed has narrowed its children.
 */
import { holderOf, type Principal } from '#domain/principal.ts';

import type { Rights } from './rights.ts';
import { type Role, rolesOf, type TenantPolicy } from './roles.ts';
import { scopeRoles } from './scope.ts';

export interface Layer {
  readonly kind: 'own' | 'scope' | 'parent';
  /** Whose facts conditions are about: a parent's rights are those that the parent itself has. */
  readonly principal: Principal;
  readonly roles: readonly Role[];
  /** What stands before the names of its roles. */
  readonly prefix: string;
  /** By action and alias: bounded, because only aliases that exist are asked about. */
  readonly rights: Map<string, Rights>;
}

/**
 * The first is of the principal's own roles. A run has no roles: its own are those of the key that it
 * was minted from, within its scope and those of the runs above it.
 */
export function layersOf(principal: Principal, policy: TenantPolicy): readonly [Layer, ...Layer[]] {
  const holder = holderOf(principal);
  const own = layer('own', holder, rolesOf(holder, policy));
  const above: Layer[] = [];
  for (let run = principal; run !== holder && run.parent !== null; run = run.parent) {
    above.push(...scopeLayers(run));
  }
  above.push(...scopeLayers(holder));
  for (let parent = holder.parent; parent !== null; parent = parent.parent) {
    const prefix = `key_${parent.keyId}/`;
    const named = rolesOf(parent, policy).map((role) => ({ ...role, name: prefix + role.name }));
    above.push(layer('parent', parent, named, prefix), ...scopeLayers(parent));
  }
  return [own, ...above];
}

const layer = (
  kind: Layer['kind'],
  principal: Principal,
  roles: readonly Role[],
  prefix = '',
): Layer => ({ kind, principal, roles, prefix, rights: new Map() });

function scopeLayers(principal: Principal): Layer[] {
  const { scope, keyId } = principal;
  if (scope === null) return [];
  return scopeRoles(`key_${keyId}/scope`, scope).map((role) => layer('scope', principal, [role]));
}
