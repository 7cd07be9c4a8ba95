/**
 * Bindings of provider-held state in SQLite. They live in a table of their own beside the documents:
 * calls write them, often and without an outbox row, and they go by themselves.
 */
import type { DatabaseSync } from 'node:sqlite';

import { Lru } from '#stdx/lru.ts';

import type { HeldStateRecord } from '../records.ts';
import { HELD_STATES_PER_OWNER_MAX, type HeldStates } from '../storage.ts';
import { orFault, type Transact } from './call-writes.ts';

/** Bindings that are over and that one `keep` takes away: more than it usually adds. */
const PRUNED_MAX = 256;

/** New bindings of an owner before its bound is looked at again: looking walks all that it has. */
const TRIM_EVERY = 64;
/** Owners whose new bindings are counted; one that was forgotten is looked at at once. */
const COUNTED_OWNERS_MAX = 10_000;

const WHAT = 'the bindings of provider-held state';

export function heldStatesOf(
  { writer, reader }: { readonly writer: DatabaseSync; readonly reader: DatabaseSync },
  transact: Transact,
): HeldStates {
  const find = reader.prepare(`SELECT * FROM held_state
    WHERE id_hash IN (SELECT value FROM json_each(?)) AND expires_ms > ? AND owner <> ''`);
  // The old row's own values stand on the right: the same owner renews, any other one contests.
  const keep = writer.prepare(`INSERT INTO held_state AS old
      (id_hash, tenant, owner, deployment, expires_ms) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id_hash) DO UPDATE SET
      owner = CASE WHEN old.expires_ms <= ? OR (old.tenant = excluded.tenant
          AND old.owner = excluded.owner AND old.deployment = excluded.deployment)
        THEN excluded.owner ELSE '' END,
      tenant = excluded.tenant, deployment = excluded.deployment,
      expires_ms = max(old.expires_ms, excluded.expires_ms)`);
  const prune = writer.prepare(`DELETE FROM held_state WHERE id_hash IN
    (SELECT id_hash FROM held_state WHERE expires_ms <= ? LIMIT ${PRUNED_MAX})`);
  const trim = writer.prepare(`DELETE FROM held_state WHERE id_hash IN
    (SELECT id_hash FROM held_state WHERE tenant = ? AND owner = ?
      ORDER BY expires_ms DESC LIMIT -1 OFFSET ${HELD_STATES_PER_OWNER_MAX})`);
  const newCounts = new Lru<string, number>(COUNTED_OWNERS_MAX);
  const bound = ({ tenant, owner }: HeldStateRecord, count: number): void => {
    const key = JSON.stringify([tenant, owner]);
    const isDue = (newCounts.get(key) ?? TRIM_EVERY) + count >= TRIM_EVERY;
    newCounts.set(key, isDue ? 0 : (newCounts.get(key) ?? 0) + count);
    if (!isDue) return;
    trim.run(tenant, owner);
    trim.run(tenant, '');
  };
  return {
    find: (idHashes, nowMs) =>
      orFault(WHAT, () => find.all(JSON.stringify(idHashes), nowMs).map(recordOf)),
    keep: (records, nowMs) =>
      orFault(WHAT, () =>
        transact(() => {
          for (const { idHash, tenant, owner, deployment, expiresMs } of records) {
            keep.run(idHash, tenant, owner, deployment, expiresMs, nowMs);
          }
          prune.run(nowMs);
          for (const [record, count] of byOwner(records)) bound(record, count);
        }),
      ),
  };
}

/** One record of each owner, and how many there are: nearly always one owner. */
function byOwner(records: readonly HeldStateRecord[]): Iterable<[HeldStateRecord, number]> {
  const owners = new Map<string, [HeldStateRecord, number]>();
  for (const record of records) {
    const key = JSON.stringify([record.tenant, record.owner]);
    owners.set(key, [record, (owners.get(key)?.[1] ?? 0) + 1]);
  }
  return owners.values();
}

const recordOf = (row: Record<string, unknown>): HeldStateRecord => ({
  idHash: String(row['id_hash']),
  tenant: String(row['tenant']),
  owner: String(row['owner']),
  deployment: String(row['deployment']),
  expiresMs: Number(row['expires_ms']),
});
