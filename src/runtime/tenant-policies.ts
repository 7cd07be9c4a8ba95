/** The roles and bindings of file and store, as policies: conditions compiled, the file's word last. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { groupRoles } from '#admin/scim/group-roles.ts';
import type { Config } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';
import { type Action, actions } from '#domain/action.ts';
import { LateCondition } from '#policy/access/late-condition.ts';
import { UTC } from '#policy/access/local-time.ts';
import type { Residency } from '#policy/access/residency.ts';
import type { Binding, Role, RoleRule, TenantPolicy } from '#policy/access/roles.ts';
import type {
  BindingRecord,
  RoleRecord,
  RoleRule as Written,
  ServiceAccountRecord,
  TenantRecord,
} from '#storage/records.ts';
import type { Page, PageQuery, Storage } from '#storage/storage.ts';

const PAGE = 1_000;
/**
 * A store with more objects than this of one kind is not read into memory: not in part either, because what
 * was left out could be what denies.
 */
export const OBJECTS_MAX = 100_000;

/** A tenant's policy while it is put together. */
interface Building {
  readonly roles: Map<string, Role>;
  readonly bindings: Binding[];
  readonly groupRoles: Map<string, string[]>;
  timeZone: string;
  residency?: Residency;
}

export interface StoredPolicies {
  readonly tenants: readonly TenantRecord[];
  readonly roles: readonly RoleRecord[];
  readonly bindings: readonly BindingRecord[];
  readonly groups: readonly StoredGroup[];
  readonly serviceAccounts: readonly ServiceAccountRecord[];
}

/** A provisioned group that gives a role, with the user ids of those who are in it now. */
export interface StoredGroup {
  readonly tenant: string;
  readonly role: string;
  readonly users: readonly string[];
}

export async function storedPolicies(
  storage: Storage,
  declared: Config['tenants'],
): Promise<StoredPolicies> {
  const [tenants, roles, bindings, serviceAccounts] = await Promise.all([
    all((query) => storage.tenants.list(query)),
    all((query) => storage.roles.list(query)),
    all((query) => storage.bindings.list(query)),
    all((query) => storage.serviceAccounts.list(query)),
  ]);
  const groups: StoredGroup[] = [];
  const roleOfGroup = groupRoles(tenants, declared);
  for (const { id, tenant, displayName } of await storage.provisioning.groupNames()) {
    const role = roleOfGroup(tenant, displayName);
    if (role === null) continue;
    groups.push({ tenant, role, users: await storage.provisioning.memberNames(id) });
    // Large groups are read one by one, and calls have their turn between them.
    await nextTurn();
  }
  return { tenants, roles, bindings, groups, serviceAccounts };
}

export const NOTHING_STORED: StoredPolicies = {
  tenants: [],
  roles: [],
  bindings: [],
  groups: [],
  serviceAccounts: [],
};

export function tenantPolicies({
  tenants,
  roles,
  bindings,
  groups,
  declared,
}: Omit<StoredPolicies, 'serviceAccounts'> & { readonly declared: Config['tenants'] }): ReadonlyMap<
  string,
  TenantPolicy
> {
  const building = new Map<string, Building>();
  const of = (tenant: string): Building => {
    const known = building.get(tenant) ?? empty();
    building.set(tenant, known);
    return known;
  };
  for (const { id } of tenants) of(id);
  for (const { tenant, name, ...rules } of roles) of(tenant).roles.set(name, roleOf(name, rules));
  for (const { tenant, ...binding } of bindings) of(tenant).bindings.push(binding);
  // The file comes last: what it declares, it owns.
  for (const tenant of declared) addDeclared(of(tenant.id), tenant);
  for (const { tenant, role, users } of groups) {
    for (const user of users) addTo(of(tenant).groupRoles, user, role);
  }
  return building;
}

const empty = (): Building => ({
  roles: new Map(),
  bindings: [],
  groupRoles: new Map(),
  timeZone: UTC,
});

function addTo(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function addDeclared(policy: Building, tenant: Config['tenants'][number]): void {
  policy.timeZone = tenant.timeZone;
  if (tenant.residency !== undefined) policy.residency = tenant.residency;
  for (const [name, rules] of Object.entries(tenant.roles)) {
    policy.roles.set(name, roleOf(name, rules));
  }
  for (const { role, users, serviceAccounts, teams, keys, claims } of tenant.bindings) {
    policy.bindings.push({ role, users, serviceAccounts, teams, keys, claims });
  }
}

interface Rules {
  readonly allow: readonly Written[];
  readonly deny: readonly Written[];
}

const roleOf = (name: string, { allow, deny }: Rules): Role => ({
  name,
  allow: allow.map(ruleOf),
  deny: deny.map(ruleOf),
});

const isAction = (name: string): name is Action | '*' =>
  name === '*' || actions.some((action) => action === name);

/** Actions that nobody knows concern nothing; they stay in the record for people to see. */
const ruleOf = ({ actions: named, models, tools, guards, when }: Written): RoleRule => ({
  actions: named.filter(isAction),
  models,
  tools,
  guards,
  condition: when === undefined ? undefined : new LateCondition(when),
});

export async function all<R>(list: (query: PageQuery) => Promise<Page<R>>): Promise<readonly R[]> {
  const items: R[] = [];
  let after: string | undefined;
  while (items.length < OBJECTS_MAX) {
    const page = await list({ after, limit: PAGE });
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
  throw new Fault('storage-failed', `the store has more than ${OBJECTS_MAX} objects of one kind`);
}
