/** What each administrative role may do: one table, and the only place that says so. */
import type { SessionRecord } from '#storage/people-records.ts';

import type { AdminRole } from './contract.ts';

const reads = [
  'status.read',
  'config.read',
  'models.read',
  'tenants.read',
  'teams.read',
  'users.read',
  'roles.read',
  'policy.explain',
  'bindings.read',
  'keys.read',
  'admin-tokens.read',
  'tool-pins.read',
  'secrets.read',
] as const;

const operations = [
  'config.reload',
  'alerts.test',
  'teams.write',
  'users.write',
  'bindings.write',
  'keys.write',
  'tool-pins.write',
  // The arguments of a call are content: who only looks at the gateway does not see them.
  'approvals.read',
  'approvals.decide',
] as const;

const administration = [
  'config.write',
  'secrets.write',
  'secrets.rewrap',
  'tenants.write',
  'roles.write',
  'admin-tokens.write',
  'accounts.read',
  'accounts.write',
  'sessions.read',
  'sessions.write',
] as const;

/** What people do with their own session and account. A token is nobody's, so it has neither. */
const own = ['me.read', 'me.write'] as const;

/** Held by no role: only an unused one-time token opens a session. */
const ONE_TIME = 'session.create';

export type AdminPermission =
  | (typeof reads)[number]
  | (typeof operations)[number]
  | (typeof administration)[number]
  | (typeof own)[number]
  | typeof ONE_TIME;

const byRole: Readonly<Record<AdminRole, ReadonlySet<AdminPermission>>> = {
  viewer: new Set(reads),
  operator: new Set([...reads, ...operations]),
  'platform-admin': new Set([...reads, ...operations, ...administration]),
};

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
  readonly role: AdminRole;
  /** Non-null: nothing outside this tenant exists for the actor. */
  readonly tenant: string | null;
  readonly isOneTime: boolean;
}

export function mayDo(actor: Actor, permission: AdminPermission): boolean {
  const { role, isOneTime, person } = actor;
  if (ownOnly.has(permission)) return person !== null;
  if (person?.isRestricted === true) return false;
  return permission === ONE_TIME ? isOneTime : byRole[role].has(permission);
}

/** Whether a tenant exists for the actor at all. */
export const sees = (actor: Actor, tenant: string | null): boolean =>
  actor.tenant === null || actor.tenant === tenant;
