/** The roles of administrators, in words. */
import type { AdminRole } from '../../../src/admin/contract.ts';

import type { Option } from '../parts/fields.ts';

const WORDS = {
  viewer: 'viewer: looks, changes nothing',
  operator: 'operator: keys, people, approvals',
  'security-auditor': 'security auditor: the log, holds, content with leave',
  'tenant-admin': 'tenant administrator: everything of one tenant',
  'platform-admin': 'platform administrator: everything',
  provisioner: 'provisioner: an identity provider, by SCIM',
} as const satisfies Record<AdminRole, string>;

const ROLES: readonly AdminRole[] = [
  'viewer',
  'operator',
  'security-auditor',
  'tenant-admin',
  'platform-admin',
  'provisioner',
];

export const roleOptions: readonly Option[] = ROLES.map((value) => ({
  value,
  label: WORDS[value],
}));

/** What somebody chose; the least, where it is none that is known. */
export const roleOf = (text: string): AdminRole => ROLES.find((one) => one === text) ?? 'viewer';
