/**
 * The built-in administrative roles, written as roles of tenants are: rules that allow, and rules that
 * deny, which win. The names are of `AdminPermission`, with `*` for any characters.
 */
import type { AdminRole } from '#domain/admin-role.ts';
import { matchesGlob } from '#policy/access/glob.ts';

export interface AdminRule {
  readonly actions: readonly string[];
}

export interface AdminRoleRules {
  readonly allow: readonly AdminRule[];
  readonly deny: readonly AdminRule[];
  /** Means nothing without a tenant, and is given to nobody without one. */
  readonly isOfTenant: boolean;
}

/** What is read of people, and what they wrote: not for everybody who may look at a gateway. */
const PERSONAL = ['accounts.*', 'sessions.*', 'approvals.*', 'holds.*', 'content.*', 'reports.*'];
const LOOK: AdminRule = { actions: ['*.read', 'policy.explain'] };
const OPERATE: AdminRule = {
  actions: [
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
    'playground.use',
    'approvals.*',
    'scim.*',
  ],
};

export const ADMIN_ROLES: Readonly<Record<AdminRole, AdminRoleRules>> = {
  // Addresses of people, as their identity provider has them, are personal too.
  viewer: { allow: [LOOK], deny: [{ actions: [...PERSONAL, 'scim.*'] }], isOfTenant: false },
  operator: {
    allow: [LOOK, OPERATE],
    deny: [{ actions: ['accounts.*', 'sessions.*', 'holds.*', 'content.*', 'reports.*'] }],
    isOfTenant: false,
  },
  // Sees who there is and who is signed in, and none of the arguments that calls wait with.
  'security-auditor': {
    allow: [
      LOOK,
      {
        actions: [
          'audit.verify',
          'findings.judge',
          'content.reveal',
          'content.agree',
          'holds.write',
          'records.personal',
        ],
      },
    ],
    deny: [{ actions: ['approvals.*'] }],
    isOfTenant: false,
  },
  'tenant-admin': {
    allow: [{ actions: ['*'] }],
    // What else is of the whole gateway is closed to whoever is confined, by the scope of its routes.
    deny: [{ actions: ['config.write', 'secrets.rewrap', 'tenants.write'] }],
    isOfTenant: true,
  },
  'platform-admin': { allow: [{ actions: ['*'] }], deny: [], isOfTenant: false },
  // For the token of an identity provider. SCIM has no place to name a tenant: the token's is meant.
  provisioner: { allow: [{ actions: ['scim.*'] }], deny: [], isOfTenant: true },
};

const concerns = (rules: readonly AdminRule[], permission: string): boolean =>
  rules.some(({ actions }) => actions.some((pattern) => matchesGlob(pattern, permission)));

export function roleAllows(role: AdminRole, permission: string): boolean {
  const { allow, deny } = ADMIN_ROLES[role];
  return concerns(allow, permission) && !concerns(deny, permission);
}
