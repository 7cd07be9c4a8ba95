/** Each kind of record as stores keep it: a document by id, with its tenant beside it. */
import type { z } from 'zod';

import { configChangeRecord } from './change-records.ts';
import { keyRingRecord, providerSecretRecord } from './custody-schemas.ts';
import { judgementRecord } from './judgement-records.ts';
import { holdRecord } from './hold-records.ts';
import { contentLeaveRecord } from './leave-records.ts';
import { accountRecord, sessionRecord } from './people-schemas.ts';
import {
  adminTokenRecord,
  alertSilenceRecord,
  bindingRecord,
  groupRecord,
  keyRecord,
  roleRecord,
  serviceAccountRecord,
  settingRecord,
  teamRecord,
  tenantRecord,
  toolPinRecord,
  userRecord,
} from './record-schemas.ts';
import { roleId, userStoreId } from './records.ts';
import type { RecordKinds } from './storage.ts';
import { savedViewsRecord } from './view-records.ts';

/** What a store must know of a record to keep it. */
export interface Kind<R> {
  /** A constant of ours: it is put into statements. */
  readonly table: string;
  readonly schema: z.ZodType<R>;
  readonly id: (record: R) => string;
  readonly tenant: (record: R) => string | null;
  /** Whose it is, is said by where it lies: a document that was copied to another row is of that row. */
  readonly isPlaced?: true;
  /** All of it is read again when anything has changed. */
  readonly isReread?: true;
}

export const kinds: { readonly [Name in keyof RecordKinds]: Kind<RecordKinds[Name]> } = {
  keys: {
    table: 'keys',
    schema: keyRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  tenants: {
    table: 'tenants',
    schema: tenantRecord,
    id: ({ id }) => id,
    tenant: ({ id }) => id,
    isReread: true,
  },
  teams: { table: 'teams', schema: teamRecord, id: ({ id }) => id, tenant: ({ tenant }) => tenant },
  users: { table: 'users', schema: userRecord, id: userStoreId, tenant: ({ tenant }) => tenant },
  serviceAccounts: {
    table: 'service_accounts',
    schema: serviceAccountRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
    isReread: true,
  },
  groups: {
    table: 'groups',
    schema: groupRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  roles: {
    table: 'roles',
    schema: roleRecord,
    id: roleId,
    tenant: ({ tenant }) => tenant,
    isReread: true,
  },
  bindings: {
    table: 'bindings',
    schema: bindingRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
    isReread: true,
  },
  settings: { table: 'settings', schema: settingRecord, id: ({ id }) => id, tenant: () => null },
  adminTokens: {
    table: 'admin_tokens',
    schema: adminTokenRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  toolPins: {
    table: 'tool_pins',
    schema: toolPinRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  alertSilences: {
    table: 'alert_silences',
    schema: alertSilenceRecord,
    id: ({ id }) => id,
    tenant: () => null,
  },
  accounts: {
    table: 'accounts',
    schema: accountRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  sessions: {
    table: 'sessions',
    schema: sessionRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  keyRings: {
    table: 'key_rings',
    schema: keyRingRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
    isPlaced: true,
  },
  savedViews: {
    table: 'saved_views',
    schema: savedViewsRecord,
    id: ({ id }) => id,
    tenant: () => null,
  },
  configChanges: {
    table: 'config_changes',
    schema: configChangeRecord,
    id: ({ id }) => id,
    tenant: () => null,
  },
  judgements: {
    table: 'judgements',
    schema: judgementRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  contentLeaves: {
    table: 'content_leaves',
    schema: contentLeaveRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  holds: {
    table: 'legal_holds',
    schema: holdRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
  },
  providerSecrets: {
    table: 'provider_secrets',
    schema: providerSecretRecord,
    id: ({ id }) => id,
    tenant: ({ tenant }) => tenant,
    isPlaced: true,
  },
};
