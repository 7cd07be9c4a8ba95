/** Which role may which route of the admin plane, as it is decided: from the routes and the rules that run. */
import { type AdminRole, adminRoles } from '#domain/admin-role.ts';
import { ADMIN_ROLES } from '#admin/admin-roles.ts';
import { type Actor, type AdminPermission, grantable, mayDo } from '#admin/permissions.ts';
import { adminRoutes } from '#admin/routes.ts';
import { SCIM_BASE } from '#admin/scim/scim-route.ts';
import { scimRoutes } from '#admin/scim/scim-routes.ts';

import { code, table } from './docs-table.ts';

interface Right {
  readonly route: string;
  readonly permission: AdminPermission;
  readonly scope: 'platform' | 'tenant' | 'own';
}

/** Every route that needs a proof. */
const rights: readonly Right[] = [
  ...adminRoutes.map(({ method, path, permission, scope }) => ({
    route: `${method} ${path}`,
    permission,
    scope,
  })),
  ...scimRoutes.map(({ method, path, permission }) => ({
    route: `${method} ${SCIM_BASE}${path}`,
    permission,
    scope: 'tenant' as const,
  })),
];

const actorOf = (role: AdminRole, isConfined: boolean): Actor => ({
  tokenId: 'any',
  person: null,
  party: 'admin:any',
  role,
  tenant: isConfined ? 'any' : null,
  isOneTime: false,
});

/** `yes`: everywhere; `tenant`: only in the tenant that the token or the account is of. */
function cellOf({ permission, scope }: Right, role: AdminRole): string {
  const { isOfTenant } = ADMIN_ROLES[role];
  if (!mayDo(actorOf(role, isOfTenant), permission)) return '';
  if (isOfTenant && scope === 'platform') return '';
  // SCIM has no place to name a tenant: whoever is of none has none to provision.
  return isOfTenant || permission.startsWith('scim.') ? 'tenant' : 'yes';
}

const OTHERS: Readonly<Partial<Record<AdminPermission, string>>> = {
  'session.create': 'one-time token',
  'me.read': 'whoever is signed in',
  'me.write': 'whoever is signed in',
};

/** What no route asks for: it decides what is in the answers of others. */
const inAnswers: readonly Right[] = grantable
  .filter((permission) => rights.every((right) => right.permission !== permission))
  .map((permission) => ({ route: '', permission, scope: 'tenant' }));

export function rightsBlock(): string {
  const rows = [...rights, ...inAnswers].map((right) => {
    const { route, permission, scope } = right;
    const other = OTHERS[permission];
    const cells = adminRoles.map((role) => cellOf(right, role));
    return [
      route === '' ? 'in answers of others' : code(route),
      other ?? code(permission),
      scope,
      ...cells,
    ];
  });
  return table(['route', 'permission', 'about', ...adminRoles.map(code)], rows);
}
