/**
 * Audit records in a table of an operator's database. A row is written once: its key is (writer, seq, hash),
 * as writers of two gateways have one name, and a copy changes nothing. A table of before has no hash in its
 * key, and takes one gateway's records alone: another's are refused, and not taken for copies. The role
 * needs INSERT and SELECT; the table is made where it is not there.
 */
import { exact, PostgresFault, type PostgresLink } from './postgres.ts';

/** SQLSTATE: another row has the key. */
const UNIQUE = '23505';

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
    const [found] = await this.#link.query(
      `WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS row(writer text, seq bigint,
         at timestamptz, kind text, tenant text, prev text, hash text, record text)),
       put AS (INSERT INTO ${this.#table} (writer, seq, at, kind, tenant, prev, hash, record)
         SELECT writer, seq, at, kind, tenant, prev, hash, record::jsonb FROM given
         ORDER BY writer, seq ON CONFLICT DO NOTHING RETURNING 1)
       SELECT (SELECT count(*) FROM put) + (SELECT count(*) FROM given JOIN ${this.#table} AS there
         USING (writer, seq, hash)) AS count`,
      [JSON.stringify(rows)],
    );
    if (exact(found?.['count']) !== rows.length)
      throw new PostgresFault(UNIQUE, `taken: ${UNIQUE}`);
  }

  async #make(): Promise<void> {
    const [found] = await this.#link.query('SELECT to_regclass($1) AS it', [this.#table]);
    if (found?.['it'] === null) {
      await this.#link.query(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (
           writer text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL, kind text NOT NULL,
           tenant text, prev text NOT NULL, hash text NOT NULL, record jsonb NOT NULL,
           PRIMARY KEY (writer, seq, hash))`,
      );
    }
    this.#isThere = true;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}
