/** Keys under which a write was made. Calls of administrators write it, beside their outbox rows. */
import { ONCE_KEY_MS, type OnceKeys } from '../storage.ts';
import type { Query } from './postgres.ts';

export const onceKeysOf = (query: Query): OnceKeys => ({
  async claim(id, nowMs) {
    await query('DELETE FROM llmproxy.once_keys WHERE at_ms <= $1', [nowMs - ONCE_KEY_MS]);
    const made = await query(
      `INSERT INTO llmproxy.once_keys (id, at_ms) VALUES ($1, $2)
      ON CONFLICT (id) DO NOTHING RETURNING id`,
      [id, nowMs],
    );
    return made.length === 1;
  },
  async release(id) {
    await query('DELETE FROM llmproxy.once_keys WHERE id = $1', [id]);
  },
});
