/** Sessions in PostgreSQL, where they are found by their owner and noted as used without a record. */
import { kinds } from '../kinds.ts';
import { type People, SESSIONS_PER_OWNER_MAX } from '../storage.ts';
import { COLUMNS } from './documents.ts';
import { recordOf } from '../read-record.ts';
import type { Query } from './postgres.ts';

/** Sessions that are over and that one `forget` takes away. */
const FORGOTTEN_MAX = 1_000;

export function peopleOf(query: Query): People {
  const found = async (column: 'owner' | 'sid_hash', value: string) => {
    const rows = await query(
      `SELECT ${COLUMNS} FROM llmproxy.sessions WHERE ${column} = $1
      ORDER BY created_ms DESC LIMIT ${SESSIONS_PER_OWNER_MAX * 2}`,
      [value],
    );
    return rows.map((row) => recordOf(kinds.sessions, row));
  };
  return {
    sessionsOf: (owner) => found('owner', owner),
    sessionsOfSid: (sidHash) => found('sid_hash', sidHash),
    async saw(id, nowMs) {
      // The version stays: it counts what administrators change, and this is no change of theirs.
      await query(
        `UPDATE llmproxy.sessions SET document =
          jsonb_set(document, '{seenMs}', to_jsonb(greatest(seen_ms, $1::bigint))) WHERE id = $2`,
        [nowMs, id],
      );
    },
    async forget(nowMs, idleMs) {
      await query(
        `DELETE FROM llmproxy.sessions WHERE id IN (SELECT id FROM llmproxy.sessions
          WHERE ends_ms <= $1 OR seen_ms <= $2 LIMIT ${FORGOTTEN_MAX} FOR UPDATE SKIP LOCKED)`,
        [nowMs, nowMs - idleMs],
      );
    },
  };
}
