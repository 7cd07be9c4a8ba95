/** Events of usage for receivers, made from the ledger of the same database in one transaction. */
import { USAGE_MS } from '#domain/ledger-entry.ts';
import { type MeterEvent, meterMeasures } from '#domain/meter-event.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { eventOf, most, newEvent, type Place, sumsOf } from '../meter-events.ts';
import type { MeterOutbox } from '../meter-outbox.ts';
import { exact, type PostgresLink, type Query, type Row } from './postgres.ts';

/** Events of one transaction. */
const BATCH_MAX = 1_000;

const PLACE = 'quarter, tenant, model, provider, price_version';
const SUMS = `sum(requests) AS requests, sum(input_tokens) AS "inputTokens",
  sum(output_tokens) AS "outputTokens", sum(cache_read_tokens) AS "cacheReadTokens",
  sum(cache_write_tokens) AS "cacheWriteTokens", sum(reasoning_tokens) AS "reasoningTokens",
  sum(cost_nano_usd) AS "costNanoUsd"`;

/** Whose tables: of the store, or of a ledger that is apart from its store. Both may be in one database. */
const TABLES = { store: 'llmproxy.meter', ledger: 'llmproxy.ledger_meter' } as const;
type Tables = (typeof TABLES)[keyof typeof TABLES];

export const meterOutboxOf = (
  { query, transaction }: Pick<PostgresLink, 'query' | 'transaction'>,
  { of }: { readonly of: keyof typeof TABLES },
): MeterOutbox => ({
  collect: (receiver, fromMs, beforeMs) =>
    transaction((own) => new Collecting(own, TABLES[of], receiver).collect([fromMs, beforeMs])),
  async pending(receiver, limit) {
    const rows = await query(
      `SELECT event FROM ${TABLES[of]}_outbox WHERE receiver = $1 ORDER BY position LIMIT $2`,
      [receiver, limit],
    );
    return rows.flatMap((row) => eventOf(String(row['event'])));
  },
  async done(receiver, ids) {
    await query(`DELETE FROM ${TABLES[of]}_outbox WHERE receiver = $1 AND id = ANY($2)`, [
      receiver,
      ids,
    ]);
  },
});

/** One turn for one receiver, in a transaction of its own. */
class Collecting {
  readonly #query: Query;
  readonly #tables: Tables;
  readonly #receiver: string;

  constructor(query: Query, tables: Tables, receiver: string) {
    this.#query = query;
    this.#tables = tables;
    this.#receiver = receiver;
  }

  async collect([fromMs, beforeMs]: readonly [number, number]): Promise<number> {
    const receivers = `${this.#tables}_receivers`;
    const before = Math.floor(beforeMs / USAGE_MS);
    await this.#query(`INSERT INTO ${receivers} VALUES ($1, $2, $2) ON CONFLICT DO NOTHING`, [
      this.#receiver,
      before,
    ]);
    // Gateways that collect for one receiver wait for each other here.
    const [named] = await this.#query(
      `SELECT since_quarter, collected_quarter FROM ${receivers} WHERE receiver = $1 FOR UPDATE`,
      [this.#receiver],
    );
    // As far back as it was told last, however long nobody was here to tell.
    const oldest = Math.min(exact(named?.['collected_quarter']), Math.floor(fromMs / USAGE_MS));
    const from = Math.max(exact(named?.['since_quarter']), oldest);
    const made = (await this.#grown(from, before)).slice(0, BATCH_MAX);
    await this.#write(made);
    if (made.length < BATCH_MAX) {
      await this.#query(`UPDATE ${receivers} SET collected_quarter = $1 WHERE receiver = $2`, [
        before,
        this.#receiver,
      ]);
    }
    return made.length;
  }

  /** The sums that are more than this receiver was told. */
  async #grown(from: number, before: number): Promise<Made[]> {
    const rows = await this.#query(
      `SELECT used.*, told.times, told.sums FROM (SELECT ${PLACE}, ${SUMS}
          FROM llmproxy.ledger_usage WHERE quarter >= $2 AND quarter < $3 GROUP BY ${PLACE}) AS used
        LEFT JOIN (SELECT ${PLACE}, times, sums FROM ${this.#tables}_told WHERE receiver = $1) AS told
          USING (${PLACE}) ORDER BY ${PLACE}`,
      [this.#receiver, from, before],
    );
    return rows.flatMap((row) => madeOf(this.#receiver, row));
  }

  async #write(made: readonly Made[]): Promise<void> {
    if (made.length === 0) return;
    const told = made.map(({ place, times, sums }) => {
      const [, quarter, tenant, model, provider, version] = place;
      return { quarter, tenant, model, provider, price_version: version, times, sums };
    });
    await this.#query(
      `INSERT INTO ${this.#tables}_told (receiver, ${PLACE}, times, sums)
      SELECT $2, ${PLACE}, times, sums FROM jsonb_to_recordset($1::jsonb) AS told(quarter bigint,
        tenant text, model text, provider text, price_version text, times bigint, sums text)
      ON CONFLICT (receiver, ${PLACE}) DO UPDATE SET times = excluded.times, sums = excluded.sums`,
      [JSON.stringify(told), this.#receiver],
    );
    const events = made.map(({ event }) => ({ id: event.id, event: JSON.stringify(event) }));
    await this.#query(
      `INSERT INTO ${this.#tables}_outbox (receiver, id, event)
      SELECT $2, id, event FROM jsonb_to_recordset($1::jsonb) AS made(id text, event text)`,
      [JSON.stringify(events), this.#receiver],
    );
  }
}

interface Made {
  readonly place: Place;
  readonly times: number;
  readonly sums: string;
  readonly event: MeterEvent;
}

function madeOf(receiver: string, row: Row): Made[] {
  const place = [
    receiver,
    exact(row['quarter']),
    String(row['tenant']),
    String(row['model']),
    String(row['provider']),
    String(row['price_version']),
  ] as const;
  const text = parseJson(typeof row['sums'] === 'string' ? row['sums'] : '{}');
  const told = sumsOf(isJsonObject(text) ? text : {});
  const sums = sumsOf(Object.fromEntries(meterMeasures.map((name) => [name, exact(row[name])])));
  // Less than was told is nothing to tell: it is taken off what comes next, or stands in the ledger.
  if (meterMeasures.every((measure) => sums[measure] <= told[measure])) return [];
  const times = exact(row['times']) + 1;
  const event = newEvent(place, times, { sums, told });
  return [{ place, times, sums: JSON.stringify(most(sums, told)), event }];
}
