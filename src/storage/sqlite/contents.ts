/**
 * `Contents` in a SQLite file of its own, 0600. `secure_delete` overwrites what is deleted, and the
 * write-ahead log is emptied behind an erasure: a key that was destroyed is in no page of any file.
 * Statements are short and indexed; each blocks the event loop for well below a millisecond.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

import { Fault } from '#domain/fault.ts';

import type {
  ContentItem,
  Contents,
  Erased,
  Hold,
  Person,
  Subject,
  SubjectRecord,
  TenantContentKey,
} from '../contents.ts';

const BUSY_MS = 2_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tenant_keys (
    tenant TEXT NOT NULL PRIMARY KEY, root TEXT NOT NULL, wrapped TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS subjects (
    id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, user TEXT NOT NULL, end_user TEXT NOT NULL,
    key TEXT NOT NULL, wrapped BLOB NOT NULL, UNIQUE (tenant, user, end_user, key)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS subjects_by_end_user ON subjects (tenant, end_user);
  CREATE TABLE IF NOT EXISTS items (
    id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, request_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL, sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS items_by_subject ON items (subject, id);
  CREATE INDEX IF NOT EXISTS items_by_time ON items (at_ms);
  CREATE TABLE IF NOT EXISTS holds (
    id TEXT NOT NULL PRIMARY KEY, tenant TEXT, user TEXT, reason TEXT NOT NULL,
    actor TEXT NOT NULL, at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS holds_of_tenants (
    id TEXT NOT NULL PRIMARY KEY
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS holds_of_store (
    id TEXT NOT NULL PRIMARY KEY
  ) STRICT, WITHOUT ROWID;`;

export function openContents(dataDir: string): Contents {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'content.db');
  fs.closeSync(fs.openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
  database.exec(SCHEMA);
  return new SqliteContents(database);
}

type Row = Record<string, SQLOutputValue>;

class SqliteContents implements Contents {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  tenantKey(tenant: string): TenantContentKey | null {
    const row = this.#get('SELECT * FROM tenant_keys WHERE tenant = ?', tenant);
    return row && tenantKeyOf(row);
  }

  tenantKeys(): readonly TenantContentKey[] {
    return this.#all('SELECT * FROM tenant_keys').map(tenantKeyOf);
  }

  addTenantKey({ tenant, root, wrapped }: TenantContentKey): TenantContentKey {
    const sql = 'INSERT INTO tenant_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    this.#run(sql, tenant, root, wrapped);
    return this.tenantKey(tenant) ?? lost();
  }

  replaceTenantKey({ tenant, root, wrapped }: TenantContentKey): void {
    this.#run(
      'UPDATE tenant_keys SET root = ?, wrapped = ? WHERE tenant = ?',
      root,
      wrapped,
      tenant,
    );
  }

  subject({ tenant, user, endUser, key }: Subject): SubjectRecord | null {
    const sql = 'SELECT * FROM subjects WHERE tenant = ? AND user = ? AND end_user = ? AND key = ?';
    const row = this.#get(sql, tenant, user ?? '', endUser ?? '', key ?? '');
    return row && subjectOf(row);
  }

  subjectOf(id: string): SubjectRecord | null {
    const row = this.#get('SELECT * FROM subjects WHERE id = ?', id);
    return row && subjectOf(row);
  }

  addSubject(record: SubjectRecord): SubjectRecord {
    const { id, tenant, user, endUser, key, wrapped } = record;
    const sql = 'INSERT INTO subjects VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';
    this.#run(sql, id, tenant, user ?? '', endUser ?? '', key ?? '', wrapped);
    return this.subject(record) ?? lost();
  }

  subjectsOf({ tenant, user, endUser }: Person): readonly SubjectRecord[] {
    const sql = `SELECT * FROM subjects WHERE tenant = ?
      AND (?2 IS NULL OR user = ?2) AND (?3 IS NULL OR end_user = ?3)`;
    return this.#all(
      sql.replace('tenant = ?', 'tenant = ?1'),
      tenant,
      user ?? null,
      endUser ?? null,
    ).map(subjectOf);
  }

  add({ id, subject, requestId, atMs, sealed }: ContentItem): void {
    this.#run('INSERT INTO items VALUES (?, ?, ?, ?, ?)', id, subject, requestId, atMs, sealed);
  }

  find(id: string): ContentItem | null {
    const row = this.#get('SELECT * FROM items WHERE id = ?', id);
    return row && itemOf(row);
  }

  itemsOf(subject: string, after: string, limit: number): readonly ContentItem[] {
    const sql = 'SELECT * FROM items WHERE subject = ? AND id > ? ORDER BY id LIMIT ?';
    return this.#all(sql, subject, after, limit).map(itemOf);
  }

  erase(subjects: readonly string[]): Erased {
    const list = JSON.stringify(subjects);
    const erased = this.#together(() => {
      const where = 'IN (SELECT value FROM json_each(?))';
      // Keys first in meaning, one transaction in fact: without the key a text is noise.
      const keys = this.#run(`DELETE FROM subjects WHERE id ${where}`, list);
      const items = this.#run(`DELETE FROM items WHERE subject ${where}`, list);
      return { subjects: keys, items };
    });
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return erased;
  }

  expire(beforeMs: number, kept: readonly string[], limit: number): number {
    const list = JSON.stringify(kept);
    return this.#together(() => {
      const gone = this.#run(
        `DELETE FROM items WHERE id IN (SELECT id FROM items WHERE at_ms < ?
          AND subject NOT IN (SELECT value FROM json_each(?)) ORDER BY at_ms LIMIT ?)`,
        beforeMs,
        list,
        limit,
      );
      const sql = 'DELETE FROM subjects WHERE id NOT IN (SELECT subject FROM items)';
      if (gone > 0) this.#run(sql);
      return gone;
    });
  }

  /**
   * That one is a copy, and that a tenant set it, are rows beside it, and no columns: a program from before
   * goes on to write holds here. Those say nothing of who may end them. They are the platform's: one that
   * should have been the tenant's costs a question, the other way round what was kept is gone.
   */
  copyHolds(stored: readonly Hold[]): void {
    const ids = JSON.stringify(stored.map(({ id }) => id));
    const gone = `SELECT id FROM holds_of_store WHERE id NOT IN (SELECT value FROM json_each(?))`;
    this.#together(() => {
      this.#run(`DELETE FROM holds_of_tenants WHERE id IN (${gone})`, ids);
      this.#run(`DELETE FROM holds WHERE id IN (${gone})`, ids);
      this.#run(`DELETE FROM holds_of_store WHERE id IN (${gone})`, ids);
      for (const { id, tenant, user, reason, actor, isOfPlatform, atMs } of stored) {
        const sql = 'INSERT OR IGNORE INTO holds VALUES (?, ?, ?, ?, ?, ?)';
        this.#run(sql, id, tenant, user, reason, actor, atMs);
        this.#run('INSERT OR IGNORE INTO holds_of_store VALUES (?)', id);
        if (!isOfPlatform) this.#run('INSERT OR IGNORE INTO holds_of_tenants VALUES (?)', id);
      }
    });
  }

  ownHolds(): readonly Hold[] {
    return this.#holds('WHERE holds.id NOT IN (SELECT id FROM holds_of_store)');
  }

  holds(): readonly Hold[] {
    return this.#holds('');
  }

  #holds(where: string): readonly Hold[] {
    const sql = `SELECT holds.*, own.id IS NULL AS is_of_platform FROM holds
      LEFT JOIN holds_of_tenants AS own ON own.id = holds.id ${where} ORDER BY holds.id`;
    return this.#all(sql).map((row) => ({
      id: String(row['id']),
      tenant: textOrNull(row['tenant']),
      user: textOrNull(row['user']),
      reason: String(row['reason']),
      actor: String(row['actor']),
      isOfPlatform: row['is_of_platform'] === 1,
      atMs: Number(row['at_ms']),
    }));
  }

  close(): void {
    this.#database.close();
  }

  #together<T>(work: () => T): T {
    this.#guarded(() => this.#database.exec('BEGIN IMMEDIATE'));
    try {
      const done = work();
      this.#guarded(() => this.#database.exec('COMMIT'));
      return done;
    } catch (thrown) {
      this.#database.exec('ROLLBACK');
      throw thrown;
    }
  }

  #prepared(sql: string) {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #get(sql: string, ...values: readonly (string | number | null)[]): Row | null {
    return this.#guarded(() => this.#prepared(sql).get(...values)) ?? null;
  }

  #all(sql: string, ...values: readonly (string | number | null)[]): Row[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  #run(sql: string, ...values: readonly (string | number | null | Buffer)[]): number {
    return this.#guarded(() => Number(this.#prepared(sql).run(...values).changes));
  }

  /** SQLite's own error names files of this machine. */
  #guarded<T>(step: () => T): T {
    try {
      return step();
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      throw new Fault('storage-failed', 'the store of content');
    }
  }
}

const lost = (): never => {
  throw new Fault('storage-failed', 'a key of content was destroyed while it was made');
};

const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const bytesOf = (value: SQLOutputValue | undefined): Buffer =>
  value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);

const tenantKeyOf = (row: Row): TenantContentKey => ({
  tenant: String(row['tenant']),
  root: String(row['root']),
  wrapped: String(row['wrapped']),
});

const subjectOf = (row: Row): SubjectRecord => ({
  id: String(row['id']),
  tenant: String(row['tenant']),
  user: textOrNull(row['user']),
  endUser: textOrNull(row['end_user']),
  key: textOrNull(row['key']),
  wrapped: bytesOf(row['wrapped']),
});

const itemOf = (row: Row): ContentItem => ({
  id: String(row['id']),
  subject: String(row['subject']),
  requestId: String(row['request_id']),
  atMs: Number(row['at_ms']),
  sealed: bytesOf(row['sealed']),
});
