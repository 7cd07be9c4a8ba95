/** Roles and bindings: what a tenant lets its people and keys do. Nothing is allowed by default. */
import type { ToolDefinition } from '#domain/tool-definition.ts';
import type { Action } from '#domain/call.ts';
import type { Principal } from '#domain/principal.ts';

import { matchesGlob } from './glob.ts';

export interface AllowRule {
  readonly actions: readonly (Action | '*')[];
  /** Model aliases, with `*`. */
  readonly models: readonly string[];
  /** Names of tools, with `*`; left out: all. */
  readonly tools?: readonly string[] | undefined;
}

export interface Role {
  readonly name: string;
  readonly allow: readonly AllowRule[];
}

/** Gives a role to people and keys of its tenant. `*` is everyone. */
export interface Binding {
  readonly role: string;
  readonly users: readonly string[];
  readonly teams: readonly string[];
  readonly keys: readonly string[];
}

export interface TenantPolicy {
  readonly roles: ReadonlyMap<string, Role>;
  readonly bindings: readonly Binding[];
}

/** Roles that every tenant has, unless it declares its own of that name. */
export const BUILT_IN_ROLES: ReadonlyMap<string, Role> = new Map([
  ['developer', { name: 'developer', allow: [{ actions: ['*'], models: ['*'] }] }],
  ['viewer', { name: 'viewer', allow: [{ actions: ['models'], models: ['*'] }] }],
]);

export interface Permission {
  readonly role: string;
  /** `role[index]`: the rule that allowed it, for the record and for people who ask why. */
  readonly rule: string;
  readonly tools: readonly string[] | null;
}

const binds = (names: readonly string[], name: string | null): boolean =>
  name !== null && (names.includes(name) || names.includes('*'));

/** The roles of a principal: those of its proof, and those that bindings give it. */
export function rolesOf(principal: Principal, policy: TenantPolicy): readonly Role[] {
  const { user, team, keyId } = principal;
  const names = new Set(principal.roles);
  for (const binding of policy.bindings) {
    const isBound =
      binds(binding.users, user) || binds(binding.teams, team) || binds(binding.keys, keyId);
    if (isBound) names.add(binding.role);
  }
  const roles: Role[] = [];
  for (const name of names) {
    // A role that was deleted gives nothing; a proof that still names it is no error.
    const role = policy.roles.get(name) ?? BUILT_IN_ROLES.get(name);
    if (role !== undefined) roles.push(role);
  }
  return roles;
}

/** The rules that allow the action on the model, in order; none: nothing does. */
export function permissionsFor(
  roles: readonly Role[],
  action: Action,
  model: string | null,
): readonly Permission[] {
  const permissions: Permission[] = [];
  for (const role of roles) {
    let index = 0;
    for (const { actions, models, tools } of role.allow) {
      const isAction = actions.includes('*') || actions.includes(action);
      const isModel = model === null || models.some((pattern) => matchesGlob(pattern, model));
      if (isAction && isModel) {
        const rule = `${role.name}[${index}]`;
        permissions.push({ role: role.name, rule, tools: tools ?? null });
      }
      index += 1;
    }
  }
  return permissions;
}

/** Whether a permission covers every tool that a call offers. */
export const coversTools = ({ tools }: Permission, declared: readonly ToolDefinition[]): boolean =>
  tools === null ||
  declared.every(({ name }) => tools.some((pattern) => matchesGlob(pattern, name)));
