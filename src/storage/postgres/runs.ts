/** Runs in PostgreSQL: the keys that are run tokens, as they are looked for. */
import { kinds } from '../kinds.ts';
import type { Runs } from '../storage.ts';
import { COLUMNS, DocumentReads, type ReadPorts } from './documents.ts';
import { recordOf } from '../read-record.ts';
import { exact } from './postgres.ts';

export const IS_NO_RUN = 'run_path IS NULL';
const IS_RUN = 'run_path IS NOT NULL';

export function runsOf(ports: ReadPorts): Runs {
  const { query } = ports;
  const listed = new DocumentReads(ports, kinds.keys, IS_RUN);
  return {
    list: (asked) => listed.list(asked),
    async liveOf(holder, nowMs) {
      const [row] = await query(
        `SELECT count(*) AS count FROM llmproxy.keys
        WHERE ${IS_RUN} AND run_holder = $1 AND ends_ms > $2 AND revoked_ms IS NULL`,
        [holder, nowMs],
      );
      return exact(row?.['count']);
    },
    async under(path) {
      // `0` is the character after `/`.
      const rows = await query(
        `SELECT id FROM llmproxy.keys
        WHERE ${IS_RUN} AND (run_path = $1 OR (run_path >= $2 AND run_path < $3))`,
        [path, `${path}/`, `${path}0`],
      );
      return rows.map(({ id }) => String(id));
    },
    async overBefore(atMs, limit) {
      const rows = await query(
        `SELECT ${COLUMNS} FROM llmproxy.keys WHERE ${IS_RUN} AND ends_ms < $1
        ORDER BY ends_ms LIMIT $2`,
        [atMs, limit],
      );
      return rows.map((row) => recordOf(kinds.keys, row));
    },
  };
}
