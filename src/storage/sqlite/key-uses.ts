/** When keys were last used. Calls write it, in batches and without an outbox row. */
import type { DatabaseSync } from 'node:sqlite';

import type { KeyUses } from '../storage.ts';
import { orFault, type Transact } from './call-writes.ts';

const WHAT = 'when keys were last used';

export function keyUsesOf(
  { writer, reader }: { readonly writer: DatabaseSync; readonly reader: DatabaseSync },
  transact: Transact,
): KeyUses {
  // Only of keys that exist: whoever is asked to note a key that is gone notes nothing.
  const note = writer.prepare(`INSERT INTO key_uses (id, last_used_ms)
    SELECT id, ? FROM keys WHERE id = ?
    ON CONFLICT (id) DO UPDATE SET last_used_ms = max(last_used_ms, excluded.last_used_ms)`);
  const of = reader.prepare(
    'SELECT id, last_used_ms FROM key_uses WHERE id IN (SELECT value FROM json_each(?))',
  );
  return {
    note: (uses) =>
      orFault(WHAT, () =>
        transact(() => {
          for (const [id, atMs] of uses) note.run(atMs, id);
        }),
      ),
    of: (ids) =>
      orFault(WHAT, () => {
        const rows = of.all(JSON.stringify(ids));
        return new Map(rows.map((row) => [String(row['id']), Number(row['last_used_ms'])]));
      }),
  };
}
