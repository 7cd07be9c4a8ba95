/**
 * What leaves the gateway about each record, named field by field. A record is never spread into an
 * answer: the next field that it gets may be a secret.
 */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import type {
  AdminTokenRecord,
  BindingRecord,
  KeyRecord,
  RoleRecord,
  TeamRecord,
  TenantRecord,
  ToolPinRecord,
  UserRecord,
} from '#storage/records.ts';
import { isLockedOut, userStoreId } from '#storage/records.ts';

import { shownScope } from './key-service.ts';
import { durationText } from '#config/duration.ts';
import type * as contract from './contract.ts';

export const KEY_PREFIX = 'key_';
export const APPROVAL_PREFIX = 'apr_';
export const PIN_PREFIX = 'pin_';
export const TOKEN_PREFIX = 'adm_';
export const BINDING_PREFIX = 'bnd_';

/** The inner id, or null for what is no id of the kind. */
export function innerId(id: string, prefix: string): string | null {
  return id.startsWith(prefix) && id.length > prefix.length ? id.slice(prefix.length) : null;
}

export const timeText = (ms: number): string => new Date(ms).toISOString();
export const maybeTime = (ms: number | null): string | null => (ms === null ? null : timeText(ms));

const text = z.string();
const maybe = text.nullable();
const texts = z.array(text);
const version = z.int();
const maybeVersion = z.int().nullable();
export const lifecycle = z.enum(['active', 'suspended']);
const managedBy = z.enum(['file', 'store']);

export const tenantView = z.strictObject({
  id: text,
  name: maybe,
  status: lifecycle,
  managedBy,
  keyLifetimeMax: maybe,
  boundTokens: z.boolean(),
  groupRoles: z.record(text, text),
  createdAt: maybe,
  version: maybeVersion,
}) satisfies z.ZodType<contract.TenantView>;

export const teamView = z.strictObject({
  id: text,
  tenant: text,
  name: maybe,
  createdAt: text,
  version,
}) satisfies z.ZodType<contract.TeamView>;

export const userView = z.strictObject({
  id: text,
  user: text.meta({ description: 'What keys, tokens and bindings carry.' }),
  tenant: text,
  team: maybe,
  name: maybe,
  status: lifecycle,
  provisioned: z.enum(['active', 'inactive', 'removed']).nullable(),
  createdAt: text,
  version,
}) satisfies z.ZodType<contract.UserView>;

const ruleView = z.strictObject({
  actions: texts,
  models: texts,
  tools: texts.optional(),
  guards: texts.optional(),
  when: text.optional(),
});

export const roleView = z.strictObject({
  tenant: text,
  name: text,
  allow: z.array(ruleView),
  deny: z.array(ruleView),
  managedBy,
  version: maybeVersion,
}) satisfies z.ZodType<contract.RoleView>;

export const bindingView = z.strictObject({
  id: text,
  tenant: text,
  role: text,
  users: texts,
  serviceAccounts: texts,
  teams: texts,
  keys: texts,
  claims: z.record(text, texts),
  managedBy: z.enum(['file', 'store', 'scim']),
  version: maybeVersion,
}) satisfies z.ZodType<contract.BindingView>;

const keyScopeView = z.strictObject({
  actions: texts.nullable(),
  models: texts.nullable(),
  tools: texts.nullable(),
  networks: texts.nullable(),
  hours: texts.nullable(),
  when: maybe,
}) satisfies z.ZodType<contract.KeyScopeView>;

export const keyView = z.strictObject({
  id: text,
  mode: z.enum(['live', 'test']),
  tenant: text,
  team: maybe,
  user: maybe,
  serviceAccount: maybe,
  name: maybe,
  roles: texts,
  parent: maybe,
  scope: keyScopeView.nullable(),
  isHoney: z.boolean(),
  createdAt: text,
  expiresAt: maybe,
  revokedAt: maybe,
  quarantinedAt: maybe,
  lastUsedAt: maybe,
  secrets: z.array(z.strictObject({ last4: text, expiresAt: maybe })),
  version,
}) satisfies z.ZodType<contract.KeyView>;

export const adminTokenView = z.strictObject({
  id: text,
  role: z.enum(adminRoles),
  tenant: maybe,
  isOneTime: z.boolean(),
  madeBy: maybe.meta({
    description:
      'Whose hand it is, through whatever tokens: what a person has made goes on when the person goes.',
  }),
  createdAt: text,
  expiresAt: maybe,
  usedAt: maybe,
  revokedAt: maybe,
  version,
}) satisfies z.ZodType<contract.AdminTokenView>;

export const toolPinView = z.strictObject({
  id: text,
  tenant: text,
  owner: maybe.meta({ description: 'user/… or key/…; null: all callers of the tenant.' }),
  tool: text,
  digest: text.meta({ description: 'SHA-256 of the canonical definition, base64url.' }),
  pinnedAt: text,
  changedDigest: maybe.meta({ description: 'The last other definition that was declared.' }),
  changedAt: maybe,
  version,
}) satisfies z.ZodType<contract.ToolPinView>;

export type TenantOut = z.infer<typeof tenantView>;
export type RoleOut = z.infer<typeof roleView>;
export type BindingOut = z.infer<typeof bindingView>;

export const showTenant = ({
  id,
  name,
  status,
  keyLifeMsMax,
  boundTokens,
  groupRoles,
  createdMs,
  version,
}: TenantRecord): TenantOut => ({
  id,
  name,
  status,
  managedBy: 'store',
  keyLifetimeMax: keyLifeMsMax === null ? null : durationText(keyLifeMsMax),
  boundTokens,
  groupRoles: { ...groupRoles },
  createdAt: timeText(createdMs),
  version,
});

export const showTeam = ({ id, tenant, name, createdMs, version }: TeamRecord) => ({
  id,
  tenant,
  name,
  createdAt: timeText(createdMs),
  version,
});

export const showUser = (record: UserRecord) => ({
  id: userStoreId(record),
  user: record.id,
  tenant: record.tenant,
  team: record.team,
  name: record.name,
  status: isLockedOut(record) ? ('suspended' as const) : ('active' as const),
  provisioned: provisionedState(record),
  createdAt: timeText(record.createdMs),
  version: record.version,
});

function provisionedState({ provisioned }: UserRecord): contract.UserView['provisioned'] {
  if (provisioned === null) return null;
  if (provisioned.removedMs !== null) return 'removed';
  return provisioned.isActive ? 'active' : 'inactive';
}

export const showRules = (rules: RoleRecord['allow']) =>
  rules.map(({ actions, models, tools, guards, when }) => ({
    actions: [...actions],
    models: [...models],
    ...(tools !== undefined && { tools: [...tools] }),
    ...(guards !== undefined && { guards: [...guards] }),
    ...(when !== undefined && { when }),
  }));

export const showRole = ({ tenant, name, allow, deny, version }: RoleRecord): RoleOut => ({
  tenant,
  name,
  allow: showRules(allow),
  deny: showRules(deny),
  managedBy: 'store',
  version,
});

export const shownClaims = (claims: BindingRecord['claims']): Record<string, string[]> =>
  Object.fromEntries(Object.entries(claims).map(([name, values]) => [name, [...values]]));

export const showBinding = (record: BindingRecord): BindingOut => ({
  id: BINDING_PREFIX + record.id,
  tenant: record.tenant,
  role: record.role,
  users: [...record.users],
  serviceAccounts: [...record.serviceAccounts],
  teams: [...record.teams],
  keys: [...record.keys],
  claims: shownClaims(record.claims),
  managedBy: 'store',
  version: record.version,
});

/** `lastUsedMs`: null where it was never used. */
export const showKey = (record: KeyRecord, lastUsedMs: number | null) => ({
  id: KEY_PREFIX + record.id,
  mode: record.mode,
  tenant: record.tenant,
  team: record.team,
  user: record.user,
  serviceAccount: record.serviceAccount?.name ?? null,
  name: record.name,
  roles: [...record.roles],
  parent: record.parent === null ? null : KEY_PREFIX + record.parent,
  scope: record.scope === null ? null : shownScope(record.scope),
  isHoney: record.isHoney,
  createdAt: timeText(record.createdMs),
  expiresAt: maybeTime(record.expiresMs),
  revokedAt: maybeTime(record.revokedMs),
  quarantinedAt: maybeTime(record.quarantinedMs),
  lastUsedAt: maybeTime(lastUsedMs),
  secrets: record.secrets.map(({ last4, notAfterMs }) => ({
    last4,
    expiresAt: maybeTime(notAfterMs),
  })),
  version: record.version,
});

export const showAdminToken = (record: AdminTokenRecord) => ({
  id: TOKEN_PREFIX + record.id,
  role: record.role,
  tenant: record.tenant,
  isOneTime: record.isOneTime,
  madeBy: record.madeBy,
  createdAt: timeText(record.createdMs),
  expiresAt: maybeTime(record.expiresMs),
  usedAt: maybeTime(record.usedMs),
  revokedAt: maybeTime(record.revokedMs),
  version: record.version,
});

export const showToolPin = (record: ToolPinRecord) => ({
  id: PIN_PREFIX + record.id,
  tenant: record.tenant,
  owner: record.owner === '' ? null : record.owner,
  tool: record.name,
  digest: record.digest,
  pinnedAt: timeText(record.createdMs),
  changedDigest: record.changedDigest,
  changedAt: maybeTime(record.changedMs),
  version: record.version,
});
