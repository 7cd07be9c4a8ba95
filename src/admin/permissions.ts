/** What there is to be permitted, who acts, and whether they may. */
import type { SessionRecord } from '#storage/people-records.ts';

import { type AdminRole, adminRoles } from '#domain/admin-role.ts';

import { ADMIN_ROLES, roleAllows } from './admin-roles.ts';

const reads = [
  'status.read',
  'config.read',
  'models.read',
  'tenants.read',
  'teams.read',
  'users.read',
  'service-accounts.read',
  'roles.read',
  'policy.explain',
  'bindings.read',
  'keys.read',
  'runs.read',
  'admin-tokens.read',
  'tool-pins.read',
  'secrets.read',
  'usage.read',
  'audit-sinks.read',
  'alert-rules.read',
  'audit.read',
  'records.read',
  'findings.read',
  'reports.read',
  'holds.read',
  'content.read',
] as const;

const operations = [
  'config.reload',
  'alerts.test',
  'alerts.silence',
  'audit.verify',
  'audit-sinks.test',
  'teams.write',
  'users.write',
  'service-accounts.write',
  'bindings.write',
  'keys.write',
  'runs.write',
  'tool-pins.write',
  'findings.judge',
  // A call with a key that one has: what it may, the key says.
  'playground.use',
  // The arguments of a call are content: who only looks at the gateway does not see them.
  'approvals.read',
  'approvals.decide',
] as const;

/** What identity providers do, by SCIM. Users and groups alone: no reading of anything else. */
const provisioning = ['scim.read', 'scim.write'] as const;

const administration = [
  'config.write',
  'secrets.write',
  'secrets.rewrap',
  'tenants.write',
  // Everything of a tenant at once, accounts and addresses of people included.
  'tenants.export',
  'roles.write',
  'admin-tokens.write',
  'accounts.read',
  'accounts.write',
  'sessions.read',
  'sessions.write',
  'holds.write',
  // Users, end users and addresses in records.
  'records.personal',
  // Not undone by anything.
  'subjects.erase',
  // What people wrote: with leave, and each time recorded.
  'content.reveal',
  'content.agree',
] as const;

/** What people do with their own session and account. A token is nobody's, so it has neither. */
const own = ['me.read', 'me.write'] as const;

/** Held by whoever is proven: what one may do is no secret to oneself. */
const ANYBODY = 'rights.read';

/** Held by no role: only an unused one-time token opens a session. */
const ONE_TIME = 'session.create';

export type AdminPermission =
  | (typeof reads)[number]
  | (typeof operations)[number]
  | (typeof provisioning)[number]
  | (typeof administration)[number]
  | (typeof own)[number]
  | typeof ANYBODY
  | typeof ONE_TIME;

/** Every permission that a role can give; the rules of roles are about these names. */
export const grantable: readonly AdminPermission[] = [
  ...reads,
  ...operations,
  ...provisioning,
  ...administration,
];

/** Worked out once: each request asks. */
const byRole: ReadonlyMap<AdminRole, ReadonlySet<AdminPermission>> = new Map(
  adminRoles.map((role) => [role, new Set(grantable.filter((one) => roleAllows(role, one)))]),
);

/** Nobody gives what they do not have: a role, or reach beyond their tenant. */
export function mayGive(actor: Actor, role: AdminRole, tenant: string | null): boolean {
  if (!sees(actor, tenant) || (ADMIN_ROLES[role].isOfTenant && tenant === null)) return false;
  const [own, given] = [byRole.get(actor.role), byRole.get(role)];
  return given?.isSubsetOf(own ?? new Set()) === true;
}

const ownOnly: ReadonlySet<string> = new Set(own);

/** A person, by a session that was proven in this request. */
export interface Person {
  /** In the log: `account:acc_…` or `oidc:…`. */
  readonly name: string;
  readonly session: SessionRecord;
  readonly csrf: string;
  /** Signing in is not complete: nothing but what completes it. */
  readonly isRestricted: boolean;
}

/** Who acts: a token or a session that was proven in this request. */
export interface Actor {
  /** Empty for a person. */
  readonly tokenId: string;
  readonly person: Person | null;
  /** Whose hand it is: a token acts for whoever made it. Of one hand are no two people. */
  readonly party: string;
  readonly role: AdminRole;
  /** Non-null: nothing outside this tenant exists for the actor. */
  readonly tenant: string | null;
  readonly isOneTime: boolean;
}

export function mayDo(actor: Actor, permission: AdminPermission): boolean {
  const { role, isOneTime, person, tenant } = actor;
  if (permission === ANYBODY) return true;
  if (ownOnly.has(permission)) return person !== null;
  if (person?.isRestricted === true) return false;
  // A role of tenants that is of none was written into the store by hand: it may do nothing.
  if (ADMIN_ROLES[role].isOfTenant && tenant === null) return false;
  return permission === ONE_TIME ? isOneTime : byRole.get(role)?.has(permission) === true;
}

const everything: readonly AdminPermission[] = [...grantable, ...own, ANYBODY, ONE_TIME];

/** Everything that `mayDo` says yes to. */
export const rightsOf = (actor: Actor): readonly AdminPermission[] =>
  everything.filter((one) => mayDo(actor, one));

/** Whether a tenant exists for the actor at all. */
export const sees = (actor: Actor, tenant: string | null): boolean =>
  actor.tenant === null || actor.tenant === tenant;
