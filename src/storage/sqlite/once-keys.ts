/** Keys under which a write was made. Calls of administrators write it, beside their outbox rows. */
import type { DatabaseSync } from 'node:sqlite';

import { ONCE_KEY_MS, type OnceKeys } from '../storage.ts';
import { orFault, type Transact } from './call-writes.ts';

const WHAT = 'keys under which a write was made';

export function onceKeysOf(writer: DatabaseSync, transact: Transact): OnceKeys {
  const prune = writer.prepare('DELETE FROM once_keys WHERE at_ms <= ?');
  const claim = writer.prepare(
    'INSERT INTO once_keys (id, at_ms) VALUES (?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const release = writer.prepare('DELETE FROM once_keys WHERE id = ?');
  return {
    claim: (id, nowMs) =>
      orFault(WHAT, () =>
        transact(() => {
          prune.run(nowMs - ONCE_KEY_MS);
          return Number(claim.run(id, nowMs).changes) === 1;
        }),
      ),
    release: (id) =>
      orFault(WHAT, () =>
        transact(() => {
          release.run(id);
        }),
      ),
  };
}
