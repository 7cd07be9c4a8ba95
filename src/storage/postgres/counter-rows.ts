/** Rows of counters in PostgreSQL, as the steps of shared counters use them. */
import { Fault } from '#domain/fault.ts';

import type { SchemaStep } from '../schema-steps.ts';
import { migratePostgres } from './migrations.ts';
import { exact, type PostgresLink, type Query, type Row } from './postgres.ts';
import { preparedLink } from './prepared.ts';

/**
 * Unlogged: a crash and a failover empty them, the row of the epoch with the others. A new epoch begins
 * then, and budgets begin from the ledger: there is no third way between all of it and nothing.
 */
const steps: readonly SchemaStep[] = [
  {
    number: 1,
    sql: `
  CREATE UNLOGGED TABLE llmproxy.counters (
    namespace text NOT NULL, key text COLLATE "C" NOT NULL, state jsonb, ends_ms bigint NOT NULL,
    PRIMARY KEY (namespace, key)) WITH (fillfactor = 50);
  CREATE INDEX counters_by_end ON llmproxy.counters (ends_ms);
  CREATE UNLOGGED TABLE llmproxy.reservations (
    namespace text NOT NULL, id text COLLATE "C" NOT NULL, ends_ms bigint NOT NULL,
    held jsonb NOT NULL, PRIMARY KEY (namespace, id));
  CREATE INDEX reservations_by_end ON llmproxy.reservations (namespace, ends_ms);
  CREATE UNLOGGED TABLE llmproxy.instances (
    namespace text NOT NULL, id text NOT NULL, ends_ms bigint NOT NULL,
    PRIMARY KEY (namespace, id));`,
  },
];

/** How many rows that are over go at once. */
const CLEANED_MAX = 200;
/** How long a row stays that has nothing in it: a counter that is asked for, and never changed. */
const PLACE_KEPT_MS = 60_000;
const LOCK_TURNS_MAX = 3;

export interface HeldJson {
  readonly id: string;
  readonly endsMs: number;
}

export interface ChangeJson {
  readonly key: string;
  readonly state: unknown;
  readonly keepMs: number;
}

/** On a server that is away they are opened all the same: each step is a fault until it is there. */
export async function openCounterRows(server: PostgresLink, namespace: string) {
  const link = await preparedLink(server, () => migratePostgres(server, 'counters', steps));
  return {
    step<T>(givenMs: number | null, run: (rows: RowsOf) => Promise<T>): Promise<T> {
      return link.transaction(async (query) => {
        const [row] = await query(
          `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
            (SELECT state FROM llmproxy.counters WHERE namespace = $1 AND key = 'epoch') AS epoch`,
          [namespace],
        );
        return await run(new RowsOf(query, namespace, givenMs ?? exact(row?.['now']), row));
      });
    },
  };
}

export class RowsOf {
  readonly nowMs: number;
  readonly epoch: never;
  readonly #query: Query;
  readonly #namespace: string;

  constructor(query: Query, namespace: string, nowMs: number, row: Row | undefined) {
    this.#query = query;
    this.#namespace = namespace;
    this.nowMs = nowMs;
    // Written by the steps, and read by them: this room only keeps it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    this.epoch = (row?.['epoch'] ?? null) as never;
  }

  /**
   * Those that are not there are made first, by everybody in the order of their names, and then all are
   * locked in that order. Who locked what there is and then made the rest would hold a later one while
   * it waits for an earlier one, and somebody waits the other way round.
   */
  async lock(keys: readonly string[]): Promise<ReadonlyMap<string, never>> {
    for (let turn = 0; turn < LOCK_TURNS_MAX; turn += 1) {
      await this.#query(
        `INSERT INTO llmproxy.counters SELECT $1, key, NULL, $3 FROM unnest($2::text[]) AS key
        ORDER BY key COLLATE "C" ON CONFLICT DO NOTHING`,
        [this.#namespace, keys, this.nowMs + PLACE_KEPT_MS],
      );
      const rows = await this.#query(
        `SELECT key, state FROM llmproxy.counters WHERE namespace = $1 AND key = ANY($2)
        ORDER BY key FOR UPDATE`,
        [this.#namespace, keys],
      );
      // As above.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const states = new Map(rows.map(({ key, state }) => [String(key), state as never]));
      if (states.size === keys.length) return states;
      // One was over, and cleaned away between the two.
    }
    throw new Fault('storage-failed', 'counters were cleaned away again and again');
  }

  async read(key: string): Promise<never> {
    const [row] = await this.#query(
      'SELECT state FROM llmproxy.counters WHERE namespace = $1 AND key = $2',
      [this.#namespace, key],
    );
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (row?.['state'] ?? null) as never;
  }

  async held(id: string): Promise<never> {
    const [row] = await this.#query(
      'SELECT held FROM llmproxy.reservations WHERE namespace = $1 AND id = $2 FOR UPDATE',
      [this.#namespace, id],
    );
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return (row?.['held'] ?? null) as never;
  }

  async expired(countMax: number): Promise<readonly never[]> {
    const rows = await this.#query(
      `SELECT held FROM llmproxy.reservations WHERE namespace = $1 AND ends_ms <= $2
      ORDER BY ends_ms, id LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [this.#namespace, this.nowMs, countMax],
    );
    // As above.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return rows.map(({ held }) => held as never);
  }

  async keep(held: HeldJson): Promise<void> {
    await this.#query(
      `INSERT INTO llmproxy.reservations VALUES ($1, $2, $3, $4) ON CONFLICT (namespace, id)
      DO UPDATE SET ends_ms = excluded.ends_ms, held = excluded.held`,
      [this.#namespace, held.id, held.endsMs, JSON.stringify(held)],
    );
  }

  async drop(ids: readonly string[]): Promise<void> {
    await this.#query('DELETE FROM llmproxy.reservations WHERE namespace = $1 AND id = ANY($2)', [
      this.#namespace,
      ids,
    ]);
  }

  async write(changes: readonly ChangeJson[]): Promise<void> {
    if (changes.length === 0) return;
    const rows = changes.map(({ key, state, keepMs }) => ({
      key,
      state,
      ends_ms: this.nowMs + keepMs,
    }));
    await this.#query(
      `INSERT INTO llmproxy.counters SELECT $1, key, nullif(state, 'null'::jsonb), ends_ms
      FROM jsonb_to_recordset($2::jsonb) AS rows(key text, state jsonb, ends_ms bigint)
      ON CONFLICT (namespace, key) DO UPDATE SET state = excluded.state, ends_ms = excluded.ends_ms`,
      [this.#namespace, JSON.stringify(rows)],
    );
  }

  async members(id: string, aliveMs: number): Promise<number> {
    await this.#query(
      `INSERT INTO llmproxy.instances VALUES ($1, $2, $3) ON CONFLICT (namespace, id)
      DO UPDATE SET ends_ms = excluded.ends_ms`,
      [this.#namespace, id, this.nowMs + aliveMs],
    );
    // What nobody will ask for again goes here, a little at a time; whoever has it locked keeps it.
    await this.#query(
      `DELETE FROM llmproxy.counters WHERE (namespace, key) IN (
        SELECT namespace, key FROM llmproxy.counters WHERE namespace = $1 AND ends_ms < $2
        LIMIT ${CLEANED_MAX} FOR UPDATE SKIP LOCKED)`,
      [this.#namespace, this.nowMs],
    );
    const [row] = await this.#query(
      'SELECT count(*) AS members FROM llmproxy.instances WHERE namespace = $1 AND ends_ms > $2',
      [this.#namespace, this.nowMs],
    );
    return exact(row?.['members']);
  }
}
