/**
 * The log of a fleet in PostgreSQL. The row of its head is locked by whoever adds, so one of two is told that
 * the list has another size. It counts as no change of the store: nobody has to read anything anew.
 */
import type { FleetStore } from '#domain/fleet-log.ts';

import { exact, type PostgresLink } from './postgres.ts';

export function fleetLogOf({
  query,
  transaction,
}: Pick<PostgresLink, 'query' | 'transaction'>): FleetStore {
  return {
    async head() {
      const [row] = await query('SELECT size, note FROM llmproxy.fleet_head');
      return row === undefined ? null : { size: exact(row['size']), note: String(row['note']) };
    },
    async entries(from, limit) {
      const rows = await query(
        'SELECT entry FROM llmproxy.fleet_log WHERE position >= $1 ORDER BY position LIMIT $2',
        [from, limit],
      );
      return rows.map(({ entry }) => String(entry));
    },
    append: (at, entries, note) =>
      transaction(async (own) => {
        const size = at + entries.length;
        const moved =
          at === 0
            ? await own(
                `INSERT INTO llmproxy.fleet_head (size, note) VALUES ($1, $2)
                ON CONFLICT DO NOTHING RETURNING size`,
                [size, note],
              )
            : await own(
                'UPDATE llmproxy.fleet_head SET size = $1, note = $2 WHERE size = $3 RETURNING size',
                [size, note, at],
              );
        if (moved.length === 0) return false;
        await own(
          `INSERT INTO llmproxy.fleet_log (position, entry)
          SELECT $1::bigint + place - 1, entry
            FROM unnest($2::text[]) WITH ORDINALITY AS added (entry, place)`,
          [at, entries],
        );
        return true;
      }),
  };
}
