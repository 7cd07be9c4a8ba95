/**
 * `AuditIndex` in a SQLite file of its own, 0600. The table is in the order of time, so that a page is
 * read from one end of it; whoever holds it runs it off the event loop of calls. `secure_delete`
 * overwrites what is deleted, and the write-ahead log is emptied behind an erasure.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';

import { assert } from '#stdx/assert.ts';
import { Fault } from '#domain/fault.ts';

import {
  type AuditIndex,
  costBucket,
  type IndexFilter,
  type IndexPage,
  type IndexPerson,
  type IndexPlace,
  type IndexQuery,
  type IndexRow,
  type IndexSpan,
  PAGE_MAX,
  pageOfRows,
  type Tally,
  type TallyBy,
} from '../audit-index.ts';
import { type Folding, foldSamples } from '../rollups/fold.ts';
import { type RollupGroup, type RollupQuery, rollupView } from '../rollups/view.ts';
import { placesOf, type Read, SCHEMA, talliesOf } from './audit-index-search.ts';
import { addCells, clearRollups, ROLLUP_SCHEMA, rollupRows, trimRollups } from './rollup-rows.ts';
import { Shapes } from './shapes.ts';
import type { Sql } from './sql.ts';

const BUSY_MS = 10_000;

/** Throws `Fault('storage-failed')` where the file is not one of ours, or cannot be made. */
export function openAuditIndex(dataDir: string): AuditIndex {
  const path = join(dataDir, 'audit-index.db');
  try {
    return new SqliteIndex(opened(dataDir, path));
  } catch {
    // SQLite's own error names files of this machine; this one is the operator's to remove.
    throw new Fault(
      'storage-failed',
      'audit-index.db cannot be used: stop the gateway, remove it, and run `llmproxy audit reindex`',
    );
  }
}

function opened(dataDir: string, path: string): DatabaseSync {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  fs.closeSync(fs.openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  // What a loss of power takes from it is read from the log again: its position goes with its rows.
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON',
  );
  // Rows of one moment touch many pages: each is written to its place once for many batches.
  database.exec('PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 16384');
  database.exec(SCHEMA + ROLLUP_SCHEMA);
  return database;
}

type Row = Record<string, SQLOutputValue>;

class SqliteIndex implements AuditIndex {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  readonly #sql: Sql = {
    all: (sql, ...values) => this.#all(sql, ...values),
    run: (sql, ...values) => this.#run(sql, ...values),
  };
  readonly #shapes = new Shapes(this.#sql);

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async add(
    rows: readonly IndexRow[],
    { writer, after, through }: IndexSpan,
    folding?: Folding,
  ): Promise<number> {
    return this.#together(() => {
      for (const row of rows) this.#insert(row);
      const known = this.#seqOf(writer);
      if (known < after || known >= through) return known;
      if (folding !== undefined) addCells(this.#sql, writer, foldSamples(folding, known));
      const sql = `INSERT INTO positions VALUES (?, ?)
        ON CONFLICT (writer) DO UPDATE SET seq = max(seq, excluded.seq)`;
      this.#run(sql, writer, through);
      return through;
    });
  }

  async position(writer: string): Promise<number> {
    return this.#guarded(() => this.#seqOf(writer));
  }

  async search({ filter, limit, after }: IndexQuery): Promise<IndexPage> {
    assert(limit >= 1 && limit <= PAGE_MAX, 'a page of the index is bounded');
    return this.#guarded(() => {
      const shapes = this.#shapes.matching(filter);
      if (shapes?.length === 0) return { rows: [], next: null };
      const read: Read = (sql, ...values) => this.#all(sql, ...values);
      const places = placesOf(read, { filter, limit: limit + 1, after }, shapes);
      const rows = places.map((place) => this.#row(place)).filter((row) => row !== null);
      return pageOfRows(rows, limit);
    });
  }

  async find(writer: string, seq: number): Promise<IndexRow | null> {
    const sql = 'SELECT * FROM records WHERE writer = ? AND seq = ?';
    return this.#guarded(() => {
      const [row] = this.#all(sql, writer, seq);
      return row === undefined ? null : this.#shown(row);
    });
  }

  async tally(filter: IndexFilter, by: TallyBy = 'key'): Promise<readonly Tally[]> {
    return this.#guarded(() => {
      const shapes = this.#shapes.matching(filter);
      const read: Read = (sql, ...values) => this.#all(sql, ...values);
      return talliesOf(read, { filter, by }, shapes).map((row) => ({
        shape: this.#shapes.shape(Number(row['shape'])),
        key: typeof row['key'] === 'string' ? row['key'] : null,
        count: Number(row['count']),
        firstMs: Number(row['first_ms']),
        lastMs: Number(row['last_ms']),
      }));
    });
  }

  async rollups(query: RollupQuery): Promise<readonly RollupGroup[]> {
    return this.#guarded(() => rollupView(rollupRows(this.#sql, query), query));
  }

  async trimRollups(nowMs: number): Promise<number> {
    return this.#together(() => trimRollups(this.#sql, nowMs));
  }

  async erasePerson({ tenant, user, endUser }: IndexPerson): Promise<number> {
    const conditions = ['shape IN (SELECT id FROM shapes WHERE tenant = ?)'];
    const values: SQLInputValue[] = [tenant];
    if (user !== undefined) conditions.push(`user = ?${values.push(user)}`);
    if (endUser !== undefined) conditions.push(`end_user = ?${values.push(endUser)}`);
    assert(values.length > 1, 'a person has a name');
    const [first, ...rest] = conditions;
    const where = [first?.replace('?', '?1'), ...rest].join(' AND ');
    const sql = `UPDATE records SET user = NULL, end_user = NULL, ip = NULL WHERE ${where}`;
    const erased = this.#together(() => this.#run(sql, ...values));
    this.#guarded(() => this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    return erased;
  }

  async removeThrough(writer: string, seq: number): Promise<number> {
    const sql = 'DELETE FROM records WHERE writer = ? AND seq <= ?';
    return this.#together(() => this.#run(sql, writer, seq));
  }

  async clear(writer: string): Promise<void> {
    this.#together(() => {
      this.#run('DELETE FROM records WHERE writer = ?', writer);
      this.#run('DELETE FROM positions WHERE writer = ?', writer);
      clearRollups(this.#sql, writer);
    });
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #seqOf(writer: string): number {
    const [row] = this.#all('SELECT seq FROM positions WHERE writer = ?', writer);
    return Number(row?.['seq'] ?? 0);
  }

  #insert(row: IndexRow): void {
    const { costNanoUsd: cost } = row;
    this.#run(
      `INSERT INTO records VALUES (${Array(16).fill('?').join(', ')}) ON CONFLICT DO NOTHING`,
      row.atMs,
      row.writer,
      row.seq,
      this.#shapes.idOf(row.shape),
      row.requestId,
      row.user,
      row.endUser,
      row.ip,
      row.key,
      row.resource,
      cost,
      row.count,
      cost === null ? null : costBucket(cost),
      row.epoch,
      row.n,
      row.offset,
    );
  }

  #row({ atMs, writer, seq }: IndexPlace): IndexRow | null {
    const sql = 'SELECT * FROM records WHERE at_ms = ? AND writer = ? AND seq = ?';
    const [row] = this.#all(sql, atMs, writer, seq);
    return row === undefined ? null : this.#shown(row);
  }

  #shown(row: Row): IndexRow {
    const text = (name: string): string | null => {
      const value = row[name];
      return typeof value === 'string' ? value : null;
    };
    return {
      atMs: Number(row['at_ms']),
      writer: String(row['writer']),
      seq: Number(row['seq']),
      shape: this.#shapes.shape(Number(row['shape'])),
      requestId: text('request_id'),
      user: text('user'),
      endUser: text('end_user'),
      ip: text('ip'),
      key: text('key'),
      resource: text('resource'),
      costNanoUsd: row['cost'] === null ? null : Number(row['cost']),
      count: Number(row['count']),
      epoch: Number(row['epoch']),
      n: Number(row['n']),
      offset: Number(row['place']),
    };
  }

  #together<T>(work: () => T): T {
    return this.#guarded(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const done = work();
        this.#database.exec('COMMIT');
        return done;
      } catch (thrown) {
        this.#database.exec('ROLLBACK');
        this.#shapes.forget();
        throw thrown;
      }
    });
  }

  #prepared(sql: string) {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #all(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values);
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** SQLite's own error names files of this machine. */
  #guarded<T>(step: () => T): T {
    try {
      return step();
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      throw new Fault('storage-failed', 'the index of the audit log');
    }
  }
}
