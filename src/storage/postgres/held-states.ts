/**
 * Bindings of provider-held state in PostgreSQL. Calls write them, often and without an outbox row, and
 * they go by themselves. Two calls that keep the same ids lock them in one order.
 */
import { Lru } from '#stdx/lru.ts';

import type { HeldStateRecord } from '../records.ts';
import { HELD_STATES_PER_OWNER_MAX, type HeldStates } from '../storage.ts';
import { exact, type PostgresLink, type Query, type Row } from './postgres.ts';

/** Bindings that are over and that one `keep` takes away: more than it usually adds. */
const PRUNED_MAX = 256;
/** New bindings of an owner before its bound is looked at again: looking walks all that it has. */
const TRIM_EVERY = 64;
/** Owners whose new bindings are counted; one that was forgotten is looked at at once. */
const COUNTED_OWNERS_MAX = 10_000;

export function heldStatesOf({
  query,
  transaction,
}: Pick<PostgresLink, 'query' | 'transaction'>): HeldStates {
  const newCounts = new Lru<string, number>(COUNTED_OWNERS_MAX);
  const isDue = (owner: string, count: number): boolean => {
    const due = (newCounts.get(owner) ?? TRIM_EVERY) + count >= TRIM_EVERY;
    newCounts.set(owner, due ? 0 : (newCounts.get(owner) ?? 0) + count);
    return due;
  };
  return {
    async find(idHashes, nowMs) {
      const rows = await query(
        `SELECT id_hash, tenant, owner, deployment, expires_ms FROM llmproxy.held_state
        WHERE id_hash = ANY($1) AND expires_ms > $2 AND owner <> ''`,
        [idHashes, nowMs],
      );
      return rows.map(recordOf);
    },
    keep: (records, nowMs) =>
      transaction(async (own) => {
        await keepAll(own, records, nowMs);
        await own(
          `DELETE FROM llmproxy.held_state WHERE id_hash IN (SELECT id_hash
            FROM llmproxy.held_state WHERE expires_ms <= $1
            LIMIT ${PRUNED_MAX} FOR UPDATE SKIP LOCKED)`,
          [nowMs],
        );
        for (const [key, { tenant, owner, count }] of byOwner(records)) {
          if (!isDue(key, count)) continue;
          await trim(own, tenant, owner);
          await trim(own, tenant, '');
        }
      }),
  };
}

/** One statement takes each id once: a second word on an id is of the next turn. */
async function keepAll(
  query: Query,
  records: readonly HeldStateRecord[],
  nowMs: number,
): Promise<void> {
  let rest = records;
  while (rest.length > 0) {
    const turn = new Map<string, HeldStateRecord>();
    const later: HeldStateRecord[] = [];
    for (const record of rest) {
      if (turn.has(record.idHash)) later.push(record);
      else turn.set(record.idHash, record);
    }
    // The old row's own values stand on the right: the same owner renews, any other one contests.
    await query(
      `INSERT INTO llmproxy.held_state AS old (id_hash, tenant, owner, deployment, expires_ms)
      SELECT "idHash", tenant, owner, deployment, "expiresMs"
        FROM jsonb_to_recordset($1::jsonb) AS kept("idHash" text, tenant text, owner text,
          deployment text, "expiresMs" bigint) ORDER BY "idHash" COLLATE "C"
      ON CONFLICT (id_hash) DO UPDATE SET
        owner = CASE WHEN old.expires_ms <= $2 OR (old.tenant = excluded.tenant
            AND old.owner = excluded.owner AND old.deployment = excluded.deployment)
          THEN excluded.owner ELSE '' END,
        tenant = excluded.tenant, deployment = excluded.deployment,
        expires_ms = greatest(old.expires_ms, excluded.expires_ms)`,
      [JSON.stringify([...turn.values()]), nowMs],
    );
    rest = later;
  }
}

async function trim(query: Query, tenant: string, owner: string): Promise<void> {
  await query(
    `DELETE FROM llmproxy.held_state WHERE id_hash IN (SELECT id_hash FROM llmproxy.held_state
      WHERE tenant = $1 AND owner = $2 ORDER BY expires_ms DESC
      OFFSET ${HELD_STATES_PER_OWNER_MAX} FOR UPDATE SKIP LOCKED)`,
    [tenant, owner],
  );
}

interface Counted {
  readonly tenant: string;
  readonly owner: string;
  readonly count: number;
}

/** How many there are of each owner: nearly always one owner. */
function byOwner(records: readonly HeldStateRecord[]): ReadonlyMap<string, Counted> {
  const owners = new Map<string, Counted>();
  for (const { tenant, owner } of records) {
    const key = JSON.stringify([tenant, owner]);
    owners.set(key, { tenant, owner, count: (owners.get(key)?.count ?? 0) + 1 });
  }
  return owners;
}

const recordOf = (row: Row): HeldStateRecord => ({
  idHash: String(row['id_hash']),
  tenant: String(row['tenant']),
  owner: String(row['owner']),
  deployment: String(row['deployment']),
  expiresMs: exact(row['expires_ms']),
});
