/** Runs: the keys that are run tokens, as they are looked for. */
import type { DatabaseSync } from 'node:sqlite';

import type { Kind } from '../kinds.ts';
import type { KeyRecord } from '../records.ts';
import type { Runs } from '../storage.ts';
import { orFault } from './call-writes.ts';
import { DocumentReads } from './documents.ts';
import { recordOf } from '../read-record.ts';

const WHAT = 'the runs';
const PATH = "json_extract(document, '$.run.path')";
const HOLDER = "json_extract(document, '$.run.holder')";
const ENDS = "json_extract(document, '$.expiresMs')";

export const IS_NO_RUN = `${PATH} IS NULL`;
const IS_RUN = `${PATH} IS NOT NULL`;

export function runsOf(reader: DatabaseSync, keys: Kind<KeyRecord>): Runs {
  const listed = new DocumentReads(reader, keys, IS_RUN);
  const liveOf = reader.prepare(
    `SELECT count(*) AS count FROM keys WHERE ${IS_RUN} AND ${HOLDER} = ? AND ${ENDS} > ?
      AND json_extract(document, '$.revokedMs') IS NULL`,
  );
  // `0` is the character after `/`.
  const under = reader.prepare(
    `SELECT id FROM keys WHERE ${IS_RUN} AND (${PATH} = ? OR (${PATH} >= ? AND ${PATH} < ?))`,
  );
  const overBefore = reader.prepare(
    `SELECT id, document FROM keys WHERE ${IS_RUN} AND ${ENDS} < ? ORDER BY ${ENDS} LIMIT ?`,
  );
  return {
    list: (query) => listed.list(query),
    liveOf: (holder, nowMs) =>
      orFault(WHAT, () => Number(liveOf.get(holder, nowMs)?.['count'] ?? 0)),
    under: (path) =>
      orFault(WHAT, () => under.all(path, `${path}/`, `${path}0`).map(({ id }) => String(id))),
    overBefore: (atMs, limit) =>
      orFault(WHAT, () => overBefore.all(atMs, limit).map((row) => recordOf(keys, row))),
  };
}
