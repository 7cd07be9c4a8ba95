/**
 * How much of roles and bindings the store keeps for one tenant. All of it is in the memory of the gateway,
 * and a decision about a call may look at all of it: without a bound the administrators of one tenant could
 * keep the calls of every other one waiting.
 *
 * It is counted in what is in force, which is a moment behind the store: writes at the same time may go
 * beyond by as many as there are of them. What the file declares counts, and is not bounded.
 */
import type { Binding, Role, RoleRule, TenantPolicy } from '#policy/access/roles.ts';

import { type Problem, problem } from './problem.ts';

export const ROLES_MAX = 500;
/** Names of models and tools in all roles of a tenant: about 10 ms where a call looks at each. */
export const RULE_NAMES_MAX = 20_000;
export const BINDINGS_MAX = 2_000;
/** Names of users, teams and keys, and values of claims, in all bindings of a tenant. */
export const BOUND_NAMES_MAX = 100_000;

type Policy = Pick<TenantPolicy, 'roles' | 'bindings'> | undefined;
type Rules = {
  readonly [Kind in 'allow' | 'deny']: readonly Pick<RoleRule, 'models' | 'tools'>[];
};

const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0);

const namesOfRole = ({ allow, deny }: Rules): number =>
  sum([...allow, ...deny].map(({ models, tools }) => models.length + (tools?.length ?? 0)));

/** Null: it fits in, or takes the place of one that was no smaller. */
export function roomForRole(policy: Policy, next: Pick<Role, 'name'> & Rules): Problem | null {
  const roles = [...(policy?.roles.values() ?? [])];
  const others = roles.filter(({ name }) => name !== next.name);
  const before = policy?.roles.get(next.name);
  if (before === undefined && others.length >= ROLES_MAX) return problem('too-many', 'name');
  const isLarger = before === undefined || namesOfRole(next) > namesOfRole(before);
  const names = sum(others.map(namesOfRole)) + namesOfRole(next);
  return isLarger && names > RULE_NAMES_MAX ? problem('too-many', 'allow') : null;
}

type Named = Pick<Binding, 'users' | 'serviceAccounts' | 'teams' | 'keys' | 'claims'>;

const namesOfBinding = ({ users, serviceAccounts = [], teams, keys, claims = {} }: Named): number =>
  sum([users, serviceAccounts, teams, keys, ...Object.values(claims)].map((all) => all.length));

/** `before`: what it takes the place of. */
export function roomForBinding(
  policy: Policy,
  next: Named,
  before: Named | null = null,
): Problem | null {
  const bindings = policy?.bindings ?? [];
  if (before === null && bindings.length >= BINDINGS_MAX) return problem('too-many', 'role');
  const added = namesOfBinding(next) - (before === null ? 0 : namesOfBinding(before));
  const names = sum(bindings.map(namesOfBinding)) + added;
  return added > 0 && names > BOUND_NAMES_MAX ? problem('too-many', 'users') : null;
}
