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

export const meterOutboxOf = ({
  query,
  transaction,
}: Pick<PostgresLink, 'query' | 'transaction'>): MeterOutbox => ({
  collect: (receiver, fromMs, beforeMs) =>
    transaction((own) => collect(own, receiver, [fromMs, beforeMs])),
  async pending(receiver, limit) {
    const rows = await query(
      'SELECT event FROM llmproxy.meter_outbox WHERE receiver = $1 ORDER BY position LIMIT $2',
      [receiver, limit],
    );
    return rows.flatMap((row) => eventOf(String(row['event'])));
  },
  async done(receiver, ids) {
    await query('DELETE FROM llmproxy.meter_outbox WHERE receiver = $1 AND id = ANY($2)', [
      receiver,
      ids,
    ]);
  },
});

async function collect(
  query: Query,
  receiver: string,
  [fromMs, beforeMs]: readonly [number, number],
): Promise<number> {
  const before = Math.floor(beforeMs / USAGE_MS);
  await query('INSERT INTO llmproxy.meter_receivers VALUES ($1, $2, $2) ON CONFLICT DO NOTHING', [
    receiver,
    before,
  ]);
  // Gateways that collect for one receiver wait for each other here.
  const [named] = await query(
    `SELECT since_quarter, collected_quarter FROM llmproxy.meter_receivers
    WHERE receiver = $1 FOR UPDATE`,
    [receiver],
  );
  // As far back as it was told last, however long nobody was here to tell.
  const oldest = Math.min(exact(named?.['collected_quarter']), Math.floor(fromMs / USAGE_MS));
  const from = Math.max(exact(named?.['since_quarter']), oldest);
  const made = (await grown(query, receiver, [from, before])).slice(0, BATCH_MAX);
  await write(query, receiver, made);
  if (made.length < BATCH_MAX) {
    await query('UPDATE llmproxy.meter_receivers SET collected_quarter = $1 WHERE receiver = $2', [
      before,
      receiver,
    ]);
  }
  return made.length;
}

interface Made {
  readonly place: Place;
  readonly times: number;
  readonly sums: string;
  readonly event: MeterEvent;
}

/** The sums that are more than this receiver was told. */
async function grown(
  query: Query,
  receiver: string,
  [from, before]: readonly [number, number],
): Promise<Made[]> {
  const rows = await query(
    `SELECT used.*, told.times, told.sums FROM (SELECT ${PLACE}, ${SUMS}
        FROM llmproxy.ledger_usage WHERE quarter >= $2 AND quarter < $3 GROUP BY ${PLACE}) AS used
      LEFT JOIN (SELECT ${PLACE}, times, sums FROM llmproxy.meter_told WHERE receiver = $1) AS told
        USING (${PLACE}) ORDER BY ${PLACE}`,
    [receiver, from, before],
  );
  return rows.flatMap((row) => madeOf(receiver, row));
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

async function write(query: Query, receiver: string, made: readonly Made[]): Promise<void> {
  if (made.length === 0) return;
  const told = made.map(({ place, times, sums }) => {
    const [, quarter, tenant, model, provider, version] = place;
    return { quarter, tenant, model, provider, price_version: version, times, sums };
  });
  await query(
    `INSERT INTO llmproxy.meter_told (receiver, ${PLACE}, times, sums)
    SELECT $2, ${PLACE}, times, sums FROM jsonb_to_recordset($1::jsonb) AS told(quarter bigint,
      tenant text, model text, provider text, price_version text, times bigint, sums text)
    ON CONFLICT (receiver, ${PLACE}) DO UPDATE SET times = excluded.times, sums = excluded.sums`,
    [JSON.stringify(told), receiver],
  );
  const events = made.map(({ event }) => ({ id: event.id, event: JSON.stringify(event) }));
  await query(
    `INSERT INTO llmproxy.meter_outbox (receiver, id, event)
    SELECT $2, id, event FROM jsonb_to_recordset($1::jsonb) AS made(id text, event text)`,
    [JSON.stringify(events), receiver],
  );
}
