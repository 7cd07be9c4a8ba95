/**
 * Tables of the store in PostgreSQL. Steps of the migrations: none of them ever changes.
 *
 * A record is a document with the columns that it is found by. Those that are inside the document are
 * generated columns, not indexes over expressions: behind a row policy PostgreSQL uses an index only
 * with functions that leak nothing, and reading JSON is none of them.
 */
import type { SchemaStep } from '../schema-steps.ts';

/** Sorted by bytes, so that pages are the same everywhere. */
const name = (column: string): string => `${column} text COLLATE "C"`;
const derived = (column: string, type: string, from: string): string =>
  `${column} ${type} GENERATED ALWAYS AS (${from}) STORED`;
const text = (column: string, from: string): string => derived(column, 'text COLLATE "C"', from);
const number = (column: string, from: string): string =>
  derived(column, 'bigint', `(${from})::bigint`);

/**
 * The second wall between tenants: a statement sees the rows of the scope that its transaction has set,
 * whatever its own conditions say. Without a scope it sees none. Forced, so that it holds for the owner.
 */
const wall = (table: string): string => `
  ALTER TABLE llmproxy.${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE llmproxy.${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant_wall ON llmproxy.${table} USING (
    current_setting('llmproxy.scope', true) = '*'
    OR tenant = substr(current_setting('llmproxy.scope', true), 2));`;

const documents = (table: string, columns: readonly string[] = []): string => `
  CREATE TABLE llmproxy.${table} (
    ${[`${name('id')} PRIMARY KEY`, name('tenant'), 'version bigint NOT NULL', 'document jsonb NOT NULL', ...columns].join(', ')});
  CREATE INDEX ${table}_by_tenant ON llmproxy.${table} (tenant, id);`;

/** Records of nobody in particular have no wall. */
const OF_ALL = ['settings', 'alert_silences', 'saved_views', 'config_changes'];
const OF_TENANTS = [
  'tenants',
  'teams',
  'roles',
  'bindings',
  'admin_tokens',
  'tool_pins',
  'accounts',
  'key_rings',
  'provider_secrets',
  'judgements',
];

const RECORDS = `
  ${OF_ALL.map((table) => documents(table)).join('')}
  ${OF_TENANTS.map((table) => documents(table)).join('')}
  ${documents('keys', [
    text('run_path', "document->'run'->>'path'"),
    text('run_holder', "document->'run'->>'holder'"),
    number('ends_ms', "document->>'expiresMs'"),
    number('revoked_ms', "document->>'revokedMs'"),
  ])}
  CREATE INDEX keys_that_are_no_runs ON llmproxy.keys (tenant, id) WHERE run_path IS NULL;
  CREATE INDEX runs_by_tenant ON llmproxy.keys (tenant, id) WHERE run_path IS NOT NULL;
  CREATE INDEX runs_by_holder ON llmproxy.keys (run_holder, ends_ms) WHERE run_path IS NOT NULL;
  CREATE INDEX runs_by_path ON llmproxy.keys (run_path) WHERE run_path IS NOT NULL;
  CREATE INDEX runs_by_end ON llmproxy.keys (ends_ms) WHERE run_path IS NOT NULL;
  ${documents('sessions', [
    text('owner', "document->>'owner'"),
    text('sid_hash', "document->>'sidHash'"),
    number('created_ms', "document->>'createdMs'"),
    number('seen_ms', "document->>'seenMs'"),
    number('ends_ms', "document->>'endsMs'"),
  ])}
  CREATE INDEX sessions_by_owner ON llmproxy.sessions (owner, created_ms);
  CREATE INDEX sessions_by_sid ON llmproxy.sessions (sid_hash, created_ms);
  ${documents('users', [
    text('name', "document->>'id'"),
    text('folded', `lower((document->>'id') COLLATE "C")`),
    text('external_id', "document->'provisioned'->>'externalId'"),
    derived('is_provisioned', 'boolean', "(document->'provisioned'->>'id') IS NOT NULL"),
    derived('is_removed', 'boolean', "(document->'provisioned'->>'removedMs') IS NOT NULL"),
    derived(
      'is_locked_out',
      'boolean',
      `coalesce(document->>'status' = 'suspended', false)
        OR coalesce(document->'provisioned'->>'isActive' = 'false', false)
        OR (document->'provisioned'->>'removedMs') IS NOT NULL`,
    ),
  ])}
  CREATE UNIQUE INDEX users_by_name ON llmproxy.users (tenant, name);
  CREATE UNIQUE INDEX users_provisioned ON llmproxy.users (tenant, folded) WHERE is_provisioned;
  CREATE INDEX users_by_folded_name ON llmproxy.users (tenant, folded);
  CREATE INDEX users_by_external_id ON llmproxy.users (tenant, external_id)
    WHERE external_id IS NOT NULL;
  CREATE INDEX users_locked_out ON llmproxy.users (tenant, name) WHERE is_locked_out;
  ${documents('groups', [
    text('display_name', "document->>'displayName'"),
    text('folded', `lower((document->>'displayName') COLLATE "C")`),
  ])}
  CREATE UNIQUE INDEX groups_by_name ON llmproxy.groups (tenant, folded);
  ${[...OF_TENANTS, 'keys', 'sessions', 'users', 'groups'].map(wall).join('')}`;

/** `claimed_by`: the gateway that brings the row into its log. An owner of '' is a contested id. */
const REST = `
  CREATE TABLE llmproxy.data_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL);
  INSERT INTO llmproxy.data_version (version) VALUES (0);
  CREATE TABLE llmproxy.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${name('id')} NOT NULL UNIQUE,
    at bigint NOT NULL, actor text NOT NULL, action text NOT NULL, resource text NOT NULL,
    tenant text, diff text NOT NULL, claimed_by text NOT NULL, claimed_until timestamptz NOT NULL);
  CREATE TABLE llmproxy.held_state (
    ${name('id_hash')} PRIMARY KEY, ${name('tenant')} NOT NULL, ${name('owner')} NOT NULL,
    deployment text NOT NULL, expires_ms bigint NOT NULL);
  CREATE INDEX held_state_by_owner ON llmproxy.held_state (tenant, owner, expires_ms);
  CREATE INDEX held_state_by_expiry ON llmproxy.held_state (expires_ms);
  ${wall('held_state')}
  CREATE TABLE llmproxy.key_uses (${name('id')} PRIMARY KEY, last_used_ms bigint NOT NULL);
  CREATE TABLE llmproxy.once_keys (${name('id')} PRIMARY KEY, at_ms bigint NOT NULL);
  CREATE INDEX once_keys_by_time ON llmproxy.once_keys (at_ms);
  CREATE TABLE llmproxy.meter_receivers (
    ${name('receiver')} PRIMARY KEY, since_quarter bigint NOT NULL,
    collected_quarter bigint NOT NULL);
  CREATE TABLE llmproxy.meter_told (
    ${name('receiver')}, quarter bigint, ${name('tenant')}, ${name('model')}, ${name('provider')},
    ${name('price_version')}, times bigint NOT NULL, sums text NOT NULL,
    PRIMARY KEY (receiver, quarter, tenant, model, provider, price_version));
  CREATE TABLE llmproxy.meter_outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${name('receiver')} NOT NULL,
    ${name('id')} NOT NULL UNIQUE, event text NOT NULL);
  CREATE INDEX meter_outbox_by_receiver ON llmproxy.meter_outbox (receiver, position);
  CREATE TABLE llmproxy.marks (${name('name')} PRIMARY KEY, value text NOT NULL);`;

/** Checkpoints of the gateways, and the signed end of the list of them. */
const FLEET_LOG = `
  CREATE TABLE llmproxy.fleet_log (position bigint PRIMARY KEY, entry text NOT NULL);
  CREATE TABLE llmproxy.fleet_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), size bigint NOT NULL, note text NOT NULL);`;

export const storageSteps: readonly SchemaStep[] = [
  { number: 1, sql: RECORDS + REST },
  { number: 2, compatibleFrom: 1, sql: documents('content_leaves') + wall('content_leaves') },
  // The program before goes by its copy beside the texts, as it always did.
  { number: 3, compatibleFrom: 2, sql: documents('legal_holds') + wall('legal_holds') },
  {
    number: 4,
    // What a program before does with keys of service accounts: see step 19 of SQLite.
    compatibleFrom: 3,
    sql: `${documents('service_accounts', [text('name', "document->>'name'")])}
  CREATE UNIQUE INDEX service_accounts_by_name ON llmproxy.service_accounts (tenant, name);
  ${wall('service_accounts')}`,
  },
  { number: 5, compatibleFrom: 4, sql: FLEET_LOG },
];
