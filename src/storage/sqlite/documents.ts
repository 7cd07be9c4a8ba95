/**
 * One kind of record in SQLite: a document by id, with bound parameters only. The names of tables are
 * constants of ours; nothing that a caller sends becomes part of a statement.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { err, ok } from '#stdx/result.ts';

import type { Kind } from '../kinds.ts';
import { RecordReader, recordOf } from '../read-record.ts';
import {
  type Page,
  PAGE_MAX,
  type PageQuery,
  type Repository,
  type WriteRepository,
} from '../storage.ts';
import { withUnread } from '../unread-fields.ts';

interface Versioned {
  readonly version: number;
}

export class DocumentReads<R> implements Repository<R> {
  readonly #find: StatementSync;
  readonly #list: StatementSync;
  readonly #listOfTenant: StatementSync;
  readonly #kind: Kind<R>;
  readonly #reader: RecordReader<R>;

  /** `listed`: what `list` has, as a condition. */
  constructor(database: DatabaseSync, kind: Kind<R>, listed = 'true') {
    const { table } = kind;
    this.#kind = kind;
    this.#reader = new RecordReader(kind);
    this.#find = database.prepare(`SELECT id, document FROM ${table} WHERE id = ?`);
    const page = `AND ${listed} ORDER BY id LIMIT ?`;
    this.#list = database.prepare(`SELECT id, document FROM ${table} WHERE id > ? ${page}`);
    this.#listOfTenant = database.prepare(
      `SELECT id, document FROM ${table} WHERE tenant = ? AND id > ? ${page}`,
    );
  }

  async find(id: string): Promise<R | null> {
    const row = this.#find.get(id);
    return row === undefined ? null : recordOf(this.#kind, row);
  }

  async list({ tenant, after = '', limit }: PageQuery): Promise<Page<R>> {
    const count = Math.min(Math.max(1, limit), PAGE_MAX);
    // One more than asked for says whether there is a next page.
    const rows =
      tenant === undefined
        ? this.#list.all(after, count + 1)
        : this.#listOfTenant.all(tenant, after, count + 1);
    const items = rows.slice(0, count).map((row) => this.#reader.of(row));
    const last = items.at(-1);
    const next = rows.length > count && last !== undefined ? this.#kind.id(last) : null;
    return { items, next };
  }
}

export class DocumentWrites<R extends Versioned> implements WriteRepository<R> {
  readonly #kind: Kind<R>;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync, kind: Kind<R>) {
    const { table } = kind;
    this.#kind = kind;
    this.#find = database.prepare(`SELECT id, document FROM ${table} WHERE id = ?`);
    this.#insert = database.prepare(
      `INSERT INTO ${table} (id, tenant, version, document) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    // A name that another record has is a conflict, and changes nothing.
    this.#update = database.prepare(
      `UPDATE OR IGNORE ${table} SET tenant = ?, version = ?, document = ? WHERE id = ? AND version = ?`,
    );
    this.#remove = database.prepare(`DELETE FROM ${table} WHERE id = ? AND version = ?`);
  }

  async find(id: string): Promise<R | null> {
    const row = this.#find.get(id);
    return row === undefined ? null : recordOf(this.#kind, row);
  }

  async insert(record: R): ReturnType<WriteRepository<R>['insert']> {
    const { id, tenant } = this.#kind;
    const text = JSON.stringify(record);
    const { changes } = this.#insert.run(id(record), tenant(record), record.version, text);
    return changes === 0 ? err({ reason: 'already-exists' }) : ok(record);
  }

  async update(record: R): ReturnType<WriteRepository<R>['update']> {
    const { id, tenant } = this.#kind;
    const before = this.#find.get(id(record));
    if (before === undefined) return err({ reason: 'stale-version' });
    const next = { ...record, version: record.version + 1 };
    const text = withUnread(String(before['document']), recordOf(this.#kind, before), next);
    const { changes } = this.#update.run(
      tenant(record),
      next.version,
      text,
      id(record),
      record.version,
    );
    return changes === 0 ? err({ reason: 'stale-version' }) : ok(next);
  }

  async remove(id: string, version: number): ReturnType<WriteRepository<R>['remove']> {
    const { changes } = this.#remove.run(id, version);
    return changes === 0 ? err({ reason: 'stale-version' }) : ok(null);
  }
}
