/**
 * Audit records in a table of an operator's database. A row is written once: its key is (writer, seq),
 * and a copy changes nothing. The role needs INSERT and SELECT; the table is made where it is not there.
 */
import type { PostgresLink } from './postgres.ts';

export interface AuditRow {
  readonly writer: string;
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly tenant: string | null;
  readonly prev: string;
  readonly hash: string;
  /** JSON; `jsonb` takes neither U+0000 nor half a character, so none of them is in it. */
  readonly record: string;
}

export class AuditTable {
  readonly #link: PostgresLink;
  readonly #table: string;
  #isThere = false;

  /** `table` is a name that the configuration has checked: it is put into statements. */
  constructor(link: PostgresLink, table: string) {
    this.#link = link;
    this.#table = table;
  }

  /** All or none of them. Throws a `Fault`. */
  async insert(rows: readonly AuditRow[]): Promise<void> {
    if (!this.#isThere) await this.#make();
    await this.#link.query(
      `INSERT INTO ${this.#table} (writer, seq, at, kind, tenant, prev, hash, record)
       SELECT writer, seq, at, kind, tenant, prev, hash, record::jsonb
       FROM jsonb_to_recordset($1::jsonb) AS row(writer text, seq bigint, at timestamptz, kind text,
         tenant text, prev text, hash text, record text)
       ORDER BY writer, seq
       ON CONFLICT (writer, seq) DO NOTHING`,
      [JSON.stringify(rows)],
    );
  }

  async #make(): Promise<void> {
    const [found] = await this.#link.query('SELECT to_regclass($1) AS it', [this.#table]);
    if (found?.['it'] === null) {
      await this.#link.query(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (
           writer text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL, kind text NOT NULL,
           tenant text, prev text NOT NULL, hash text NOT NULL, record jsonb NOT NULL,
           PRIMARY KEY (writer, seq))`,
      );
    }
    this.#isThere = true;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}
