/** What must be the same in every gateway that opens the store: the first to say it says it for all. */
import { Fault } from '#domain/fault.ts';

import type { Query } from './postgres.ts';

export interface Marks {
  /** Null: nobody has said it yet. */
  find(name: string): Promise<string | null>;
  /** What is said of it now: `value`, or what somebody has said before. */
  claim(name: string, value: string): Promise<string>;
  /** Nothing, if it is not `before` any more. */
  replace(name: string, before: string, value: string): Promise<void>;
}

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
