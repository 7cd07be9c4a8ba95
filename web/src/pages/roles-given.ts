/** The roles of administrators, in words. */
import type { AdminRole } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Option } from '../parts/fields.ts';

const WORDS = {
  viewer: t('viewer: looks, changes nothing'),
  operator: t('operator: keys, people, approvals'),
  'security-auditor': t('security auditor: the log, holds, content with leave'),
  'tenant-admin': t('tenant administrator: everything of one tenant'),
  'platform-admin': t('platform administrator: everything'),
  provisioner: t('provisioner: an identity provider, by SCIM'),
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
