/** The shapes of stored records, checked when they are read: a file may have been edited by hand. */
import { z } from 'zod';

import { adminRoles } from '#domain/admin-role.ts';
import type { JsonValue } from '#stdx/json.ts';
import { actions } from '#domain/action.ts';

import type {
  AdminTokenRecord,
  AlertSilenceRecord,
  BindingRecord,
  GroupRecord,
  KeyRecord,
  RoleRecord,
  ServiceAccountRecord,
  SettingRecord,
  TeamRecord,
  TenantRecord,
  ToolPinRecord,
  UserRecord,
} from './records.ts';

const text = z.string();
const maybeText = text.nullable();
const int = z.int();
const maybeMs = int.nullable();
const texts = z.array(text);
const status = z.enum(['active', 'suspended']);

const keySecret = z.object({ macHex: text, pepperVersion: int, last4: text, notAfterMs: maybeMs });

const keyScope = z.object({
  actions: z.array(z.enum([...actions, '*'])).nullable(),
  models: texts.nullable(),
  tools: texts.nullable(),
  networks: texts.nullable(),
  hours: texts.nullable(),
  when: maybeText,
});

const keyRun = z.object({
  nanoUsd: int.nullable(),
  calls: int.nullable(),
  depth: int,
  holder: text,
  path: text,
});

export const keyRecord: z.ZodType<KeyRecord> = z.object({
  id: text,
  mode: z.enum(['live', 'test']),
  tenant: text,
  team: maybeText,
  user: maybeText,
  name: maybeText,
  roles: texts,
  // Records of earlier versions have none of these.
  serviceAccount: z.object({ id: text, name: text }).nullable().default(null),
  parent: maybeText.default(null),
  scope: keyScope.nullable().default(null),
  run: keyRun.nullable().default(null),
  isHoney: z.boolean().default(false),
  createdMs: int,
  expiresMs: maybeMs,
  revokedMs: maybeMs,
  quarantinedMs: maybeMs.default(null),
  secrets: z.array(keySecret).min(1).max(2),
  version: int,
});

export const tenantRecord: z.ZodType<TenantRecord> = z.object({
  id: text,
  name: maybeText,
  status,
  // Records of earlier versions have none of these.
  keyLifeMsMax: maybeMs.default(null),
  boundTokens: z.boolean().default(false),
  groupRoles: z.record(text, text).default({}),
  createdMs: int,
  version: int,
});

export const teamRecord: z.ZodType<TeamRecord> = z.object({
  id: text,
  tenant: text,
  name: maybeText,
  createdMs: int,
  version: int,
});

const provisionedUser = z.object({
  id: text,
  externalId: maybeText,
  isActive: z.boolean(),
  removedMs: maybeMs,
  displayName: maybeText,
  formatted: maybeText,
  givenName: maybeText,
  familyName: maybeText,
  emails: z.array(z.object({ value: text, type: maybeText, isPrimary: z.boolean() })),
  changedMs: int,
});

export const userRecord: z.ZodType<UserRecord> = z.object({
  id: text,
  tenant: text,
  team: maybeText,
  name: maybeText,
  status,
  // Records of earlier versions have none.
  provisioned: provisionedUser.nullable().default(null),
  createdMs: int,
  version: int,
});

export const serviceAccountRecord: z.ZodType<ServiceAccountRecord> = z.object({
  id: text,
  tenant: text,
  name: text,
  description: maybeText,
  team: maybeText,
  status,
  createdMs: int,
  version: int,
});

export const groupRecord: z.ZodType<GroupRecord> = z.object({
  id: text,
  tenant: text,
  displayName: text,
  externalId: maybeText,
  members: texts,
  createdMs: int,
  changedMs: int,
  version: int,
});

const roleRule = z.object({
  actions: texts,
  models: texts,
  tools: texts.optional(),
  guards: texts.optional(),
  when: text.optional(),
});

export const roleRecord: z.ZodType<RoleRecord> = z.object({
  tenant: text,
  name: text,
  allow: z.array(roleRule),
  // Records of earlier versions have none.
  deny: z.array(roleRule).default([]),
  version: int,
});

export const bindingRecord: z.ZodType<BindingRecord> = z.object({
  id: text,
  tenant: text,
  role: text,
  users: texts,
  teams: texts,
  keys: texts,
  // Records of earlier versions have neither.
  serviceAccounts: texts.default([]),
  claims: z.record(text, texts).default({}),
  version: int,
});

export const adminTokenRecord: z.ZodType<AdminTokenRecord> = z.object({
  id: text,
  macHex: text,
  pepperVersion: int,
  role: z.enum(adminRoles),
  tenant: maybeText,
  isOneTime: z.boolean(),
  madeBy: maybeText.default(null),
  createdMs: int,
  expiresMs: maybeMs,
  usedMs: maybeMs,
  revokedMs: maybeMs,
  version: int,
});

const json: z.ZodType<JsonValue> = z.json();

export const settingRecord: z.ZodType<SettingRecord> = z.object({
  id: text,
  section: text,
  name: text,
  value: z.record(text, json),
  createdMs: int,
  version: int,
});

export const alertSilenceRecord: z.ZodType<AlertSilenceRecord> = z.object({
  id: text,
  rule: maybeText,
  subject: maybeText,
  reason: text,
  endsMs: int,
  createdMs: int,
  createdBy: text,
  version: int,
});

export const toolPinRecord: z.ZodType<ToolPinRecord> = z.object({
  id: text,
  tenant: text,
  owner: text,
  name: text,
  digest: text,
  createdMs: int,
  changedDigest: maybeText,
  changedMs: maybeMs,
  version: int,
});
