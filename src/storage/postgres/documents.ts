/**
 * One kind of record in PostgreSQL: a document by id, with bound parameters only. The names of tables
 * are constants of ours; nothing that a caller sends becomes part of a statement.
 */
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
import type { Query, Row } from './postgres.ts';
import type { Scoped } from './scope.ts';

/** As text: our own reader takes no `__proto__`, and the shape is checked as everywhere else. */
export const COLUMNS = 'id, document::text AS document';

interface Versioned {
  readonly version: number;
}

async function found<R>(query: Query, kind: Kind<R>, id: string): Promise<R | null> {
  const [row] = await query(`SELECT ${COLUMNS} FROM llmproxy.${kind.table} WHERE id = $1`, [id]);
  return row === undefined ? null : recordOf(kind, row);
}

export interface ReadPorts {
  readonly query: Query;
  readonly scoped: Scoped;
}

export class DocumentReads<R> implements Repository<R> {
  readonly #ports: ReadPorts;
  readonly #kind: Kind<R>;
  readonly #reader: RecordReader<R>;
  readonly #listed: string;

  /** `listed`: what `list` has, as a condition. */
  constructor(ports: ReadPorts, kind: Kind<R>, listed = 'true') {
    this.#ports = ports;
    this.#kind = kind;
    this.#reader = new RecordReader(kind);
    this.#listed = listed;
  }

  find(id: string): Promise<R | null> {
    return found(this.#ports.query, this.#kind, id);
  }

  async list({ tenant, after = '', limit }: PageQuery): Promise<Page<R>> {
    const count = Math.min(Math.max(1, limit), PAGE_MAX);
    // One more than asked for says whether there is a next page.
    const rows = await this.#rows(tenant, after, count + 1);
    const items = rows.slice(0, count).map((row) => this.#reader.of(row));
    const last = items.at(-1);
    const next = rows.length > count && last !== undefined ? this.#kind.id(last) : null;
    return { items, next };
  }

  #rows(tenant: string | undefined, after: string, count: number): Promise<readonly Row[]> {
    const { query, scoped } = this.#ports;
    const from = `SELECT ${COLUMNS} FROM llmproxy.${this.#kind.table} WHERE ${this.#listed}`;
    if (tenant === undefined) {
      return query(`${from} AND id > $1 ORDER BY id LIMIT $2`, [after, count]);
    }
    return scoped(tenant, (own) =>
      own(`${from} AND tenant = $1 AND id > $2 ORDER BY id LIMIT $3`, [tenant, after, count]),
    );
  }
}

export class DocumentWrites<R extends Versioned> implements WriteRepository<R> {
  readonly #query: Query;
  readonly #kind: Kind<R>;
  readonly #isFree: string;

  /** `isFree`: of `$1` (tenant), `$2` (document), `$3` (id): no other record has its name. */
  constructor(query: Query, kind: Kind<R>, isFree = 'true') {
    this.#query = query;
    this.#kind = kind;
    this.#isFree = isFree;
  }

  find(id: string): Promise<R | null> {
    return found(this.#query, this.#kind, id);
  }

  async insert(record: R): ReturnType<WriteRepository<R>['insert']> {
    const { table, id, tenant } = this.#kind;
    const made = await this.#query(
      `INSERT INTO llmproxy.${table} (id, tenant, version, document) VALUES ($1, $2, $3, $4::jsonb)
      ON CONFLICT DO NOTHING RETURNING id`,
      [id(record), tenant(record), record.version, JSON.stringify(record)],
    );
    return made.length === 0 ? err({ reason: 'already-exists' }) : ok(record);
  }

  async update(record: R): ReturnType<WriteRepository<R>['update']> {
    const { table, id, tenant } = this.#kind;
    const [before] = await this.#query(
      `SELECT ${COLUMNS} FROM llmproxy.${table} WHERE id = $1 AND version = $2`,
      [id(record), record.version],
    );
    if (before === undefined) return err({ reason: 'stale-version' });
    const next = { ...record, version: record.version + 1 };
    const text = withUnread(String(before['document']), recordOf(this.#kind, before), next);
    // A name that another record has is a conflict, and changes nothing. Changes are made one after
    // another, so nobody takes the name between the look and the write.
    const made = await this.#query(
      `UPDATE llmproxy.${table} SET tenant = $1, document = $2::jsonb, version = $4
      WHERE id = $3 AND version = $5 AND ${this.#isFree} RETURNING id`,
      [tenant(record), text, id(record), next.version, record.version],
    );
    return made.length === 0 ? err({ reason: 'stale-version' }) : ok(next);
  }

  async remove(id: string, version: number): ReturnType<WriteRepository<R>['remove']> {
    const gone = await this.#query(
      `DELETE FROM llmproxy.${this.#kind.table} WHERE id = $1 AND version = $2 RETURNING id`,
      [id, version],
    );
    return gone.length === 0 ? err({ reason: 'stale-version' }) : ok(null);
  }
}
