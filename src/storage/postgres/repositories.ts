/** Every kind of record: for reading, and for writing inside one transaction. */
import { kinds } from '../kinds.ts';
import type { StorageReads, StorageWrites } from '../storage.ts';
import { DocumentReads, DocumentWrites, type ReadPorts } from './documents.ts';
import type { Query } from './postgres.ts';
import { IS_NO_RUN } from './runs.ts';

/** A user id is given once in a tenant; provisioned ones once in any case of their letters. */
const IS_FREE_USER = `NOT EXISTS (SELECT FROM llmproxy.users AS other
  WHERE other.id <> $3 AND other.tenant = $1 AND (other.name = $2::jsonb->>'id'
    OR (other.is_provisioned AND ($2::jsonb->'provisioned'->>'id') IS NOT NULL
      AND other.folded = lower(($2::jsonb->>'id') COLLATE "C"))))`;

const IS_FREE_GROUP = `NOT EXISTS (SELECT FROM llmproxy.groups AS other
  WHERE other.id <> $3 AND other.tenant = $1
    AND other.folded = lower(($2::jsonb->>'displayName') COLLATE "C"))`;

export const readsOf = (ports: ReadPorts): StorageReads => ({
  keys: new DocumentReads(ports, kinds.keys, IS_NO_RUN),
  tenants: new DocumentReads(ports, kinds.tenants),
  teams: new DocumentReads(ports, kinds.teams),
  users: new DocumentReads(ports, kinds.users),
  serviceAccounts: new DocumentReads(ports, kinds.serviceAccounts),
  groups: new DocumentReads(ports, kinds.groups),
  roles: new DocumentReads(ports, kinds.roles),
  bindings: new DocumentReads(ports, kinds.bindings),
  settings: new DocumentReads(ports, kinds.settings),
  adminTokens: new DocumentReads(ports, kinds.adminTokens),
  toolPins: new DocumentReads(ports, kinds.toolPins),
  alertSilences: new DocumentReads(ports, kinds.alertSilences),
  accounts: new DocumentReads(ports, kinds.accounts),
  sessions: new DocumentReads(ports, kinds.sessions),
  keyRings: new DocumentReads(ports, kinds.keyRings),
  providerSecrets: new DocumentReads(ports, kinds.providerSecrets),
  savedViews: new DocumentReads(ports, kinds.savedViews),
  judgements: new DocumentReads(ports, kinds.judgements),
  configChanges: new DocumentReads(ports, kinds.configChanges),
  contentLeaves: new DocumentReads(ports, kinds.contentLeaves),
  holds: new DocumentReads(ports, kinds.holds),
});

export const writesOf = (query: Query): StorageWrites => ({
  keys: new DocumentWrites(query, kinds.keys),
  tenants: new DocumentWrites(query, kinds.tenants),
  teams: new DocumentWrites(query, kinds.teams),
  users: new DocumentWrites(query, kinds.users, IS_FREE_USER),
  serviceAccounts: new DocumentWrites(query, kinds.serviceAccounts),
  groups: new DocumentWrites(query, kinds.groups, IS_FREE_GROUP),
  roles: new DocumentWrites(query, kinds.roles),
  bindings: new DocumentWrites(query, kinds.bindings),
  settings: new DocumentWrites(query, kinds.settings),
  adminTokens: new DocumentWrites(query, kinds.adminTokens),
  toolPins: new DocumentWrites(query, kinds.toolPins),
  alertSilences: new DocumentWrites(query, kinds.alertSilences),
  accounts: new DocumentWrites(query, kinds.accounts),
  sessions: new DocumentWrites(query, kinds.sessions),
  keyRings: new DocumentWrites(query, kinds.keyRings),
  providerSecrets: new DocumentWrites(query, kinds.providerSecrets),
  savedViews: new DocumentWrites(query, kinds.savedViews),
  judgements: new DocumentWrites(query, kinds.judgements),
  configChanges: new DocumentWrites(query, kinds.configChanges),
  contentLeaves: new DocumentWrites(query, kinds.contentLeaves),
  holds: new DocumentWrites(query, kinds.holds),
});
