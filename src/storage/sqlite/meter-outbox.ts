/** Events of usage for receivers: what each was told of each sum, and what it has not taken yet. */
import type { DatabaseSync } from 'node:sqlite';

import { USAGE_MS } from '#domain/ledger-entry.ts';
import { meterMeasures } from '#domain/meter-event.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { eventOf, most, newEvent, sumsOf } from '../meter-events.ts';
import type { MeterOutbox } from '../meter-outbox.ts';
import { orFault, type Transact } from './call-writes.ts';

const WHAT = 'events of usage';
/** Events of one transaction. */
const BATCH_MAX = 1_000;

export const METER_SQL = `
  CREATE TABLE meter_receivers (
    receiver TEXT NOT NULL PRIMARY KEY,
    since_quarter INTEGER NOT NULL,
    collected_quarter INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE meter_told (
    receiver TEXT NOT NULL,
    quarter INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    provider TEXT NOT NULL,
    price_version TEXT NOT NULL,
    times INTEGER NOT NULL,
    sums TEXT NOT NULL,
    PRIMARY KEY (receiver, quarter, tenant, model, provider, price_version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE meter_outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    receiver TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX meter_outbox_by_receiver ON meter_outbox (receiver, position);`;

type Row = Record<string, unknown>;

export function meterOutboxOf(
  { writer, reader }: { readonly writer: DatabaseSync; readonly reader: DatabaseSync },
  transact: Transact,
): MeterOutbox {
  const collector = new Collector(writer);
  const pending = reader.prepare(
    'SELECT event FROM meter_outbox WHERE receiver = ? ORDER BY position LIMIT ?',
  );
  const done = writer.prepare(
    'DELETE FROM meter_outbox WHERE receiver = ? AND id IN (SELECT value FROM json_each(?))',
  );
  return {
    collect: (receiver, fromMs, beforeMs) =>
      orFault(WHAT, () => transact(() => collector.collect(receiver, fromMs, beforeMs))),
    pending: (receiver, limit) =>
      orFault(WHAT, () =>
        pending.all(receiver, limit).flatMap((row) => eventOf(String(row['event']))),
      ),
    done: (receiver, ids) =>
      orFault(WHAT, () => transact(() => void done.run(receiver, JSON.stringify(ids)))),
  };
}

class Collector {
  readonly #named;
  readonly #since;
  readonly #sums;
  readonly #told;
  readonly #tell;
  readonly #put;
  readonly #collected;

  constructor(writer: DatabaseSync) {
    this.#collected = writer.prepare(
      'UPDATE meter_receivers SET collected_quarter = ? WHERE receiver = ?',
    );
    this.#named = writer.prepare('INSERT OR IGNORE INTO meter_receivers VALUES (?, ?, ?)');
    this.#since = writer.prepare(
      'SELECT since_quarter, collected_quarter FROM meter_receivers WHERE receiver = ?',
    );
    this.#sums = writer.prepare(`
      SELECT quarter, tenant, model, provider, price_version,
        sum(requests) AS requests, sum(input_tokens) AS inputTokens,
        sum(output_tokens) AS outputTokens, sum(cache_read_tokens) AS cacheReadTokens,
        sum(cache_write_tokens) AS cacheWriteTokens, sum(reasoning_tokens) AS reasoningTokens,
        sum(cost_nano_usd) AS costNanoUsd
      FROM ledger_usage WHERE quarter >= ? AND quarter < ?
      GROUP BY quarter, tenant, model, provider, price_version`);
    this.#told = writer.prepare(`SELECT times, sums FROM meter_told WHERE receiver = ? AND
      quarter = ? AND tenant = ? AND model = ? AND provider = ? AND price_version = ?`);
    this.#tell = writer.prepare(`INSERT INTO meter_told VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET times = excluded.times, sums = excluded.sums`);
    this.#put = writer.prepare('INSERT INTO meter_outbox (receiver, id, event) VALUES (?, ?, ?)');
  }

  collect(receiver: string, fromMs: number, beforeMs: number): number {
    const before = Math.floor(beforeMs / USAGE_MS);
    this.#named.run(receiver, before, before);
    const named = this.#since.get(receiver);
    const [since, collected] = ['since_quarter', 'collected_quarter'].map((column) =>
      Number(named?.[column] ?? before),
    );
    // As far back as it was told last, however long nobody was here to tell.
    const oldest = Math.min(collected ?? before, Math.floor(fromMs / USAGE_MS));
    const from = Math.max(since ?? before, oldest);
    let made = 0;
    for (const row of this.#sums.all(from, before)) {
      if (made >= BATCH_MAX) break;
      made += this.#row(receiver, row);
    }
    if (made < BATCH_MAX) this.#collected.run(before, receiver);
    return made;
  }

  #row(receiver: string, row: Row): number {
    const place = [
      receiver,
      Number(row['quarter']),
      String(row['tenant']),
      String(row['model']),
      String(row['provider']),
      String(row['price_version']),
    ] as const;
    const known = this.#told.get(...place);
    const toldText = parseJson(String(known?.['sums'] ?? '{}'));
    const told = sumsOf(isJsonObject(toldText) ? toldText : {});
    const sums = sumsOf(row);
    // Less than was told is nothing to tell: it is taken off what comes next, or stands in the ledger.
    if (meterMeasures.every((measure) => sums[measure] <= told[measure])) return 0;
    const times = Number(known?.['times'] ?? 0) + 1;
    const event = newEvent(place, times, { sums, told });
    this.#tell.run(...place, times, JSON.stringify(most(sums, told)));
    this.#put.run(receiver, event.id, JSON.stringify(event));
    return 1;
  }
}
