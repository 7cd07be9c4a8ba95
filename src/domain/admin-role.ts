/** Built-in roles of people and tokens that administer. `developer`, which calls models, is none. */
export const adminRoles = [
  'viewer',
  'operator',
  'security-auditor',
  'tenant-admin',
  'platform-admin',
  'provisioner',
] as const;
export type AdminRole = (typeof adminRoles)[number];
