/** When keys were last used. Calls write it, in batches and without an outbox row. */
import type { KeyUses } from '../storage.ts';
import { exact, type Query } from './postgres.ts';

export const keyUsesOf = (query: Query): KeyUses => ({
  async note(uses) {
    const rows = [...uses].map(([id, atMs]) => ({ id, at_ms: atMs }));
    // Only of keys that exist. In the order of ids: gateways that note the same keys wait in one order.
    await query(
      `INSERT INTO llmproxy.key_uses AS known (id, last_used_ms)
      SELECT keys.id, uses.at_ms FROM jsonb_to_recordset($1::jsonb) AS uses(id text, at_ms bigint)
        JOIN llmproxy.keys ON keys.id = uses.id ORDER BY keys.id
      ON CONFLICT (id) DO UPDATE
        SET last_used_ms = greatest(known.last_used_ms, excluded.last_used_ms)`,
      [JSON.stringify(rows)],
    );
  },
  async of(ids) {
    const rows = await query('SELECT id, last_used_ms FROM llmproxy.key_uses WHERE id = ANY($1)', [
      ids,
    ]);
    return new Map(rows.map((row) => [String(row['id']), exact(row['last_used_ms'])]));
  },
});
