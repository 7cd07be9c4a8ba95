/** What each administrative role may do: one table, and the only place that says so. */
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
  'tenants.write',
  'roles.write',
  'admin-tokens.write',
] as const;

/** Held by no role: only an unused one-time token opens a session. */
const ONE_TIME = 'session.create';

export type AdminPermission =
  | (typeof reads)[number]
  | (typeof operations)[number]
  | (typeof administration)[number]
  | typeof ONE_TIME;

const byRole: Readonly<Record<AdminRole, ReadonlySet<AdminPermission>>> = {
  viewer: new Set(reads),
  operator: new Set([...reads, ...operations]),
  'platform-admin': new Set([...reads, ...operations, ...administration]),
};

/** Who acts: a token that was proven in this request. */
export interface Actor {
  readonly tokenId: string;
  readonly role: AdminRole;
  /** Non-null: nothing outside this tenant exists for the actor. */
  readonly tenant: string | null;
  readonly isOneTime: boolean;
}

export function mayDo({ role, isOneTime }: Actor, permission: AdminPermission): boolean {
  return permission === ONE_TIME ? isOneTime : byRole[role].has(permission);
}

/** Whether a tenant exists for the actor at all. */
export const sees = (actor: Actor, tenant: string | null): boolean =>
  actor.tenant === null || actor.tenant === tenant;
