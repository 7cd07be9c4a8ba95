/** Sessions in SQLite, where they are found by their owner and noted as used without a record. */
import type { DatabaseSync } from 'node:sqlite';

import { parseJson } from '#stdx/json.ts';

import type { SessionRecord } from '../people-records.ts';
import { sessionRecord } from '../people-schemas.ts';
import { type People, SESSIONS_PER_OWNER_MAX } from '../storage.ts';
import { orFault, type Transact } from './call-writes.ts';

const WHAT = 'the sessions';
/** Sessions that are over and that one `forget` takes away. */
const FORGOTTEN_MAX = 1_000;

export function peopleOf(
  { writer, reader }: { readonly writer: DatabaseSync; readonly reader: DatabaseSync },
  transact: Transact,
): People {
  const found = (field: 'owner' | 'sidHash') =>
    reader.prepare(`SELECT document FROM sessions WHERE json_extract(document, '$.${field}') = ?
      ORDER BY json_extract(document, '$.createdMs') DESC LIMIT ${SESSIONS_PER_OWNER_MAX * 2}`);
  const ofOwner = found('owner');
  const ofSid = found('sidHash');
  // The version stays: it counts what administrators change, and this is no change of theirs.
  const saw = writer.prepare(`UPDATE sessions SET document =
    json_set(document, '$.seenMs', max(json_extract(document, '$.seenMs'), ?)) WHERE id = ?`);
  const forget = writer.prepare(`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions
    WHERE json_extract(document, '$.endsMs') <= ? OR json_extract(document, '$.seenMs') <= ?
    LIMIT ${FORGOTTEN_MAX})`);
  return {
    sessionsOf: (owner) => orFault(WHAT, () => ofOwner.all(owner).map(recordOf)),
    sessionsOfSid: (sidHash) => orFault(WHAT, () => ofSid.all(sidHash).map(recordOf)),
    saw: (id, nowMs) => orFault(WHAT, () => transact(() => void saw.run(nowMs, id))),
    forget: (nowMs, idleMs) =>
      orFault(WHAT, () => transact(() => void forget.run(nowMs, nowMs - idleMs))),
  };
}

const recordOf = (row: Record<string, unknown>): SessionRecord =>
  sessionRecord.parse(parseJson(String(row['document'])));
