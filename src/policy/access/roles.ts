/** Roles and bindings: what a tenant lets its people and keys do. Nothing is allowed by default. */
import type { Action } from '#domain/action.ts';
import type { Principal } from '#domain/principal.ts';

import type { Condition } from './condition.ts';
import { matchesGlob } from './glob.ts';
import { UTC } from './local-time.ts';
import type { Residency } from './residency.ts';

export interface RoleRule {
  readonly actions: readonly (Action | '*')[];
  /** Model aliases, with `*`. */
  readonly models: readonly string[];
  /** Names of tools, with `*`; left out: all. */
  readonly tools?: readonly string[] | undefined;
  /** Names of guards that must read what it allows. */
  readonly guards?: readonly string[] | undefined;
  /** Left out: always. */
  readonly condition?: Condition | undefined;
}

export interface Role {
  readonly name: string;
  readonly allow: readonly RoleRule[];
  /** What it denies, no role allows. */
  readonly deny: readonly RoleRule[];
}

/** What a token must say, by the names of claims: of each one, one of its values. */
export type BoundClaims = Readonly<Record<string, readonly string[]>>;

/** Gives a role to people, keys and tokens of its tenant. `*` is everyone. */
export interface Binding {
  readonly role: string;
  readonly users: readonly string[];
  /** By name. */
  readonly serviceAccounts?: readonly string[] | undefined;
  readonly teams: readonly string[];
  readonly keys: readonly string[];
  readonly claims?: BoundClaims | undefined;
}

export interface TenantPolicy {
  readonly roles: ReadonlyMap<string, Role>;
  readonly bindings: readonly Binding[];
  /** Roles by user that groups of an identity provider give: looked up, as groups may be large. */
  readonly groupRoles?: ReadonlyMap<string, readonly string[]> | undefined;
  /** What hours and weekdays are in conditions. */
  readonly timeZone: string;
  /** Left out: its calls may go anywhere. */
  readonly residency?: Residency | undefined;
}

export const NO_POLICY: TenantPolicy = { roles: new Map(), bindings: [], timeZone: UTC };

/** Roles that every tenant has, unless it declares its own of that name. */
export const BUILT_IN_ROLES: ReadonlyMap<string, Role> = new Map([
  ['developer', { name: 'developer', allow: [{ actions: ['*'], models: ['*'] }], deny: [] }],
  ['viewer', { name: 'viewer', allow: [{ actions: ['models'], models: ['*'] }], deny: [] }],
]);

const NOBODY: readonly string[] = [];

const binds = (names: readonly string[], name: string | null): boolean =>
  name !== null && (names.includes(name) || names.includes('*'));

/**
 * Every claim that is named must be there with one of its values, so that `iss` beside another claim says
 * whose word it is. No claim named binds nobody. Read from what an issuer signed and nothing else.
 */
function bindsClaims(bound: BoundClaims | undefined, { claims }: Principal): boolean {
  const wanted = Object.entries(bound ?? {});
  return (
    wanted.length > 0 &&
    wanted.every(([name, values]) => {
      const said = Object.hasOwn(claims, name) ? claims[name] : undefined;
      if (said === undefined) return false;
      return typeof said === 'string'
        ? values.includes(said)
        : said.some((one) => values.includes(one));
    })
  );
}

/** The names of a principal's roles: those of its proof, and those that bindings give it. */
export function roleNamesOf(principal: Principal, policy: TenantPolicy): ReadonlySet<string> {
  const { user, serviceAccount, team, keyId } = principal;
  const names = new Set(principal.roles);
  for (const binding of policy.bindings) {
    const isBound =
      binds(binding.users, user) ||
      (serviceAccount !== null && binds(binding.serviceAccounts ?? NOBODY, serviceAccount.name)) ||
      binds(binding.teams, team) ||
      binds(binding.keys, keyId) ||
      bindsClaims(binding.claims, principal);
    if (isBound) names.add(binding.role);
  }
  for (const role of (user !== null && policy.groupRoles?.get(user)) || []) names.add(role);
  return names;
}

/** A role that was deleted gives nothing; a proof that still names it is no error. */
export const roleNamed = (name: string, { roles }: TenantPolicy): Role | undefined =>
  roles.get(name) ?? BUILT_IN_ROLES.get(name);

export const rolesOf = (principal: Principal, policy: TenantPolicy): readonly Role[] =>
  [...roleNamesOf(principal, policy)].flatMap((name) => roleNamed(name, policy) ?? []);

export const isForAction = ({ actions }: RoleRule, action: Action): boolean =>
  actions.includes('*') || actions.includes(action);

export const isForModel = ({ models }: RoleRule, model: string): boolean =>
  models.some((pattern) => matchesGlob(pattern, model));

/** `role[index]`, `role.deny[index]`: for the record and for people who ask why. */
export const ruleName = (role: Role, kind: 'allow' | 'deny', index: number): string =>
  kind === 'allow' ? `${role.name}[${index}]` : `${role.name}.deny[${index}]`;
