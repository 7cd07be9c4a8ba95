/** Marks in PostgreSQL: of two that say one at once, the one that was first is heard by both. */
import { Fault } from '#domain/fault.ts';

import type { Marks } from '../storage.ts';
import type { Query } from './postgres.ts';

export function marksOf(query: Query): Marks {
  const find = async (name: string): Promise<string | null> => {
    const [row] = await query('SELECT value FROM llmproxy.marks WHERE name = $1', [name]);
    return row === undefined ? null : String(row['value']);
  };
  return {
    find,
    async claim(name, value) {
      await query(
        'INSERT INTO llmproxy.marks (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [name, value],
      );
      const said = await find(name);
      if (said === null) throw new Fault('storage-failed', 'a mark of the store is gone');
      return said;
    },
    async replace(name, before, value) {
      await query('UPDATE llmproxy.marks SET value = $3 WHERE name = $1 AND value = $2', [
        name,
        before,
        value,
      ]);
    },
  };
}
