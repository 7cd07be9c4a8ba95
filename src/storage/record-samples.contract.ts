/** One record of each kind, for the contract of stores. */
import type { KeyRecord, TenantRecord } from './records.ts';

export const keyOf = (id: string, tenant = 'acme'): KeyRecord => ({
  id,
  mode: 'live',
  tenant,
  team: null,
  user: 'ann',
  serviceAccount: null,
  name: "Robert'); DROP TABLE keys;--",
  roles: ['analyst'],
  createdMs: 1,
  expiresMs: null,
  revokedMs: null,
  parent: null,
  run: null,
  scope: null,
  isHoney: false,
  quarantinedMs: null,
  secrets: [{ macHex: 'ab'.repeat(32), pepperVersion: 1, last4: 'wxyz', notAfterMs: null }],
  version: 1,
});

export const tenantOf = (id: string): TenantRecord => ({
  id,
  name: null,
  status: 'active',
  keyLifeMsMax: null,
  boundTokens: true,
  groupRoles: {},
  createdMs: 1,
  version: 1,
});

export const role = {
  tenant: 'acme',
  name: 'analyst',
  allow: [{ actions: ['chat'], models: ['*'] }],
  deny: [],
  version: 1,
};

export const user = {
  id: 'ann',
  tenant: 'acme',
  team: null,
  name: 'Ann',
  status: 'active' as const,
  provisioned: null,
  createdMs: 1,
  version: 1,
};

export const serviceAccount = {
  id: 'sa1',
  tenant: 'acme',
  name: 'ci',
  description: null,
  team: null,
  status: 'active' as const,
  createdMs: 1,
  version: 1,
};

export const team = { id: 'core', tenant: 'acme', name: null, createdMs: 1, version: 1 };

export const binding = {
  id: 'b1',
  tenant: 'acme',
  role: 'analyst',
  users: ['*'],
  serviceAccounts: [],
  teams: [],
  keys: [],
  claims: { department: ['risk'] },
  version: 1,
};

export const token = {
  id: 't1',
  macHex: 'cd',
  pepperVersion: 1,
  role: 'viewer' as const,
  tenant: null,
  isOneTime: true,
  madeBy: null,
  createdMs: 1,
  expiresMs: 2,
  usedMs: null,
  revokedMs: null,
  version: 1,
};

export const ring = {
  id: '*',
  tenant: null,
  keys: [{ number: 1, root: 'local/r', wrapped: 'w', createdMs: 1 }],
  version: 1,
};

export const secret = {
  id: 'acme/openai',
  tenant: 'acme',
  provider: 'openai',
  origin: 'https://api.example.com',
  sealed: 's',
  createdMs: 1,
  setMs: 1,
  version: 1,
};
const view = { id: 'v1', name: 'denied', query: { decision: 'deny' }, savedMs: 1 };

export const views = { id: 'admin:t1', views: [view], version: 1 };

export const leave = {
  id: 'l1',
  tenant: 'acme',
  asker: 'admin:t1',
  party: 'admin:t1',
  reason: 'a case',
  minutes: 5,
  askedMs: 1,
  agreedBy: null,
  endsMs: 2,
  version: 1,
};

export const held = {
  id: 'hld_1',
  tenant: null,
  user: null,
  reason: 'a case',
  actor: 'admin:t1',
  isOfPlatform: true,
  atMs: 1,
  version: 1,
};
