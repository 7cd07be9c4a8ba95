/** The steps of the schema of the embedded store. */
import type { DatabaseSync } from 'node:sqlite';

import {
  type AppliedStep,
  checksumOf,
  planOf,
  type SchemaPlan,
  type SchemaStep,
} from '../schema-steps.ts';
import { LEDGER_SQL } from './ledger-schema.ts';
import { METER_SQL } from './meter-outbox.ts';
import { RUNS_SQL } from './runs-schema.ts';

/** A record is a document with the columns that it is found by. Roles are found by tenant/name. */
const documents = (table: string): string => `
  CREATE TABLE ${table} (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT,
    version INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ${table}_by_tenant ON ${table} (tenant, id);`;

export const migrations: readonly SchemaStep[] = [
  {
    number: 1,
    sql: `${['keys', 'tenants', 'teams', 'users', 'roles', 'bindings', 'admin_tokens'].map(documents).join('')}
  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    tenant TEXT,
    diff TEXT NOT NULL
  ) STRICT;`,
  },
  {
    number: 2,
    // An owner of '' is a contested id.
    sql: `
  CREATE TABLE held_state (
    id_hash TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    owner TEXT NOT NULL,
    deployment TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX held_state_by_owner ON held_state (tenant, owner, expires_ms);
  CREATE INDEX held_state_by_expiry ON held_state (expires_ms);`,
  },
  { number: 3, sql: documents('tool_pins') },
  {
    number: 4,
    sql: `
  CREATE TABLE key_uses (
    id TEXT NOT NULL PRIMARY KEY,
    last_used_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`,
  },
  { number: 5, sql: documents('settings') },
  {
    number: 6,
    sql: `${['accounts', 'sessions'].map(documents).join('')}
  CREATE INDEX sessions_by_owner ON sessions (json_extract(document, '$.owner'));
  CREATE INDEX sessions_by_sid ON sessions (json_extract(document, '$.sidHash'));`,
  },
  {
    number: 7,
    // A user id is given once in a tenant; provisioned ones and groups once in any case of their letters.
    sql: `${documents('groups')}
  CREATE UNIQUE INDEX groups_by_name ON groups (tenant, lower(json_extract(document, '$.displayName')));
  CREATE UNIQUE INDEX users_by_name ON users (tenant, json_extract(document, '$.id'));
  CREATE UNIQUE INDEX users_provisioned ON users (tenant, lower(json_extract(document, '$.id')))
    WHERE json_extract(document, '$.provisioned.id') IS NOT NULL;
  CREATE INDEX users_by_folded_name ON users (tenant, lower(json_extract(document, '$.id')));
  CREATE INDEX users_by_external_id ON users (tenant, json_extract(document, '$.provisioned.externalId'))
    WHERE json_extract(document, '$.provisioned.externalId') IS NOT NULL;
  CREATE INDEX users_locked_out ON users (tenant, json_extract(document, '$.id'))
    WHERE json_extract(document, '$.status') = 'suspended'
      OR json_extract(document, '$.provisioned.isActive') = 0
      OR json_extract(document, '$.provisioned.removedMs') IS NOT NULL;`,
  },
  { number: 8, sql: ['key_rings', 'provider_secrets'].map(documents).join('') },
  {
    number: 9,
    sql: `
  CREATE TABLE once_keys (
    id TEXT NOT NULL PRIMARY KEY,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX once_keys_by_time ON once_keys (at_ms);`,
  },
  { number: 10, sql: LEDGER_SQL },
  { number: 11, sql: METER_SQL },
  { number: 12, sql: RUNS_SQL },
  { number: 13, sql: documents('saved_views') },
  { number: 14, sql: documents('judgements') },
  { number: 15, sql: documents('config_changes') },
  { number: 16, sql: documents('alert_silences') },
  { number: 17, compatibleFrom: 16, sql: documents('content_leaves') },
  // The program before goes by its copy beside the texts, as it always did.
  { number: 18, compatibleFrom: 17, sql: documents('legal_holds') },
  {
    number: 19,
    // A program before knows no service accounts: to it their keys are keys of nobody in particular, also
    // while one is suspended. The manual says what to do meanwhile (docs/operations/upgrade.md).
    compatibleFrom: 18,
    sql: `${documents('service_accounts')}
  CREATE UNIQUE INDEX service_accounts_by_name
    ON service_accounts (tenant, json_extract(document, '$.name'));`,
  },
];

/**
 * Brings a database up to date in one transaction; the caller retries when it is busy. Returns the
 * numbers of steps that a newer program has applied.
 */
export function migrate(
  database: DatabaseSync,
  nowMs: number,
  steps: readonly SchemaStep[] = migrations,
): SchemaPlan['newer'] {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(`CREATE TABLE IF NOT EXISTS migrations (
      number INTEGER NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL
    ) STRICT`);
    const { missing, newer } = planOf(['storage'], appliedOf(database), steps);
    if (missing.length > 0) {
      // Tables of the first versions have no such column.
      if (!hasColumn(database)) {
        database.exec('ALTER TABLE migrations ADD COLUMN compatible_from INTEGER');
      }
      const note = database.prepare(
        'INSERT INTO migrations (number, checksum, applied_ms, compatible_from) VALUES (?, ?, ?, ?)',
      );
      for (const step of missing) {
        database.exec(step.sql);
        note.run(step.number, checksumOf(step), nowMs, step.compatibleFrom ?? null);
      }
    }
    database.exec('COMMIT');
    return newer;
  } catch (thrown) {
    database.exec('ROLLBACK');
    throw thrown;
  }
}

const hasColumn = (database: DatabaseSync): boolean =>
  database
    .prepare("SELECT 1 FROM pragma_table_info('migrations') WHERE name = 'compatible_from'")
    .get() !== undefined;

function appliedOf(database: DatabaseSync): AppliedStep[] {
  const from = hasColumn(database) ? 'compatible_from' : 'NULL AS compatible_from';
  const rows = database
    .prepare(`SELECT number, checksum, ${from} FROM migrations ORDER BY number`)
    .all();
  return rows.map(({ number, checksum, compatible_from: compatible }) => ({
    number: Number(number),
    checksum: String(checksum),
    compatibleFrom: compatible === null ? null : Number(compatible),
  }));
}
