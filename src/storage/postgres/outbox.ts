/**
 * The outbox of several gateways. Each brings into its log what it has claimed; what it did not take
 * out in time is another's. So a record is in one log, and in a second one only where a gateway has
 * written it and was gone before it said so: both carry the id of the row.
 */
import { parseJson } from '#stdx/json.ts';

import type { Outbox, OutboxEntry } from '../storage.ts';
import { exact, type Query, type Row } from './postgres.ts';

const CLAIM_SECONDS = 30;

export const outboxOf = (query: Query, instance: string): Outbox => ({
  async pending(limit) {
    const rows = await query(
      `WITH mine AS (SELECT position FROM llmproxy.outbox
        WHERE claimed_by = $1 OR claimed_until < now()
        ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED)
      UPDATE llmproxy.outbox AS known
        SET claimed_by = $1, claimed_until = now() + interval '${CLAIM_SECONDS} seconds'
      FROM mine WHERE known.position = mine.position RETURNING known.*`,
      [instance, limit],
    );
    return rows
      .toSorted((a, b) => exact(a['position']) - exact(b['position']))
      .map((row) => entryOf(row));
  },
  async remove(ids) {
    await query('DELETE FROM llmproxy.outbox WHERE id = ANY($1)', [ids]);
  },
});

const entryOf = (row: Row): OutboxEntry => ({
  id: String(row['id']),
  at: exact(row['at']),
  actor: String(row['actor']),
  action: String(row['action']),
  resource: String(row['resource']),
  tenant: typeof row['tenant'] === 'string' ? row['tenant'] : null,
  diff: parseJson(String(row['diff'])) ?? null,
});
