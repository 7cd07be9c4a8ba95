/**
 * What a gateway keeps of the store, read in one transaction, so that it is one state and has one
 * number. Of keys, which may be many, the server says id and version in one text; those that are new
 * are read.
 */
import { Fault } from '#domain/fault.ts';

import { kinds } from '../kinds.ts';
import {
  type GivesRole,
  type GroupState,
  KEPT_KEYS_MAX,
  KEPT_RECORDS_MAX,
  type KeyText,
  type StoredRow,
  type StoreState,
  WHOLE_KINDS,
  type WholeKind,
} from '../store-state.ts';
import { COLUMNS } from './documents.ts';
import { exact, type PostgresLink, type Query, type Row } from './postgres.ts';

/** Keys of one statement. */
const BATCH = 1_000;

export const readStore = (
  link: Pick<PostgresLink, 'transaction'>,
  known: ReadonlyMap<string, KeyText>,
  givesRole: GivesRole,
): Promise<StoreState> =>
  link.transaction(async (query) => {
    await query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const [counted] = await query('SELECT version FROM llmproxy.data_version');
    const rows = await wholeRows(query);
    return {
      version: exact(counted?.['version']),
      rows,
      keys: await readKeys(query, known),
      groups: await readGroups(query, givesRole(rows.tenants)),
      lockedOut: await readLockedOut(query),
      marks: await readMarks(query),
    };
  });

async function wholeRows(query: Query): Promise<Record<WholeKind, readonly StoredRow[]>> {
  const rows: Record<WholeKind, readonly StoredRow[]> = {
    tenants: [],
    roles: [],
    bindings: [],
    serviceAccounts: [],
    settings: [],
    providerSecrets: [],
    keyRings: [],
  };
  for (const kind of WHOLE_KINDS) {
    const read = await query(
      `SELECT ${COLUMNS} FROM llmproxy.${kinds[kind].table} ORDER BY id LIMIT $1`,
      [KEPT_RECORDS_MAX + 1],
    );
    if (read.length > KEPT_RECORDS_MAX) throw tooMany(kinds[kind].table);
    rows[kind] = read.map((row) => ({
      id: String(row['id']),
      document: String(row['document']),
    }));
  }
  return rows;
}

async function readKeys(
  query: Query,
  known: ReadonlyMap<string, KeyText>,
): Promise<ReadonlyMap<string, KeyText>> {
  // By the server's clock, and a minute more: one that has ended is refused for its end anyway.
  const [listed] = await query(
    `SELECT count(*) AS count, string_agg(id || ' ' || version, ',') AS listed
    FROM (SELECT id, version FROM llmproxy.keys WHERE run_path IS NULL OR (revoked_ms IS NULL
        AND ends_ms > (extract(epoch FROM now()) - 60) * 1000) LIMIT $1) AS those`,
    [KEPT_KEYS_MAX + 1],
  );
  if (exact(listed?.['count']) > KEPT_KEYS_MAX) throw tooMany('keys');
  const text = listed?.['listed'];
  const keys = new Map<string, KeyText>();
  const missing: string[] = [];
  for (const one of typeof text === 'string' ? text.split(',') : []) {
    const [id = '', version = ''] = one.split(' ');
    const kept = known.get(id);
    if (kept?.version === Number(version)) keys.set(id, kept);
    else missing.push(id);
  }
  for (let from = 0; from < missing.length; from += BATCH) {
    const rows = await query(`SELECT ${COLUMNS}, version FROM llmproxy.keys WHERE id = ANY($1)`, [
      missing.slice(from, from + BATCH),
    ]);
    for (const row of rows) keys.set(String(row['id']), keyText(row));
  }
  return keys;
}

const keyText = (row: Row): KeyText => ({
  version: exact(row['version']),
  text: String(row['document']),
});

async function readGroups(
  query: Query,
  gives: (tenant: string, displayName: string) => boolean,
): Promise<readonly GroupState[]> {
  const rows = await query('SELECT id, tenant, display_name FROM llmproxy.groups ORDER BY id');
  const groups: GroupState[] = [];
  let count = 0;
  for (const row of rows) {
    const { id, tenant, displayName } = {
      id: String(row['id']),
      tenant: String(row['tenant']),
      displayName: String(row['display_name']),
    };
    if (!gives(tenant, displayName)) continue;
    const members = await query(
      `SELECT users.name FROM llmproxy.groups
        CROSS JOIN jsonb_array_elements_text(groups.document->'members') AS member
        JOIN llmproxy.users ON users.id = member AND users.tenant = groups.tenant
      WHERE groups.id = $1 AND NOT users.is_removed`,
      [id],
    );
    count += members.length;
    if (count > KEPT_RECORDS_MAX) throw tooMany('groups');
    groups.push({ id, tenant, displayName, members: members.map(({ name }) => String(name)) });
  }
  return groups;
}

async function readLockedOut(query: Query): Promise<StoreState['lockedOut']> {
  const rows = await query('SELECT tenant, name FROM llmproxy.users WHERE is_locked_out');
  return rows.map(({ tenant, name }) => ({ tenant: String(tenant), user: String(name) }));
}

async function readMarks(query: Query): Promise<ReadonlyMap<string, string>> {
  const rows = await query('SELECT name, value FROM llmproxy.marks');
  return new Map(rows.map(({ name, value }) => [String(name), String(value)]));
}

/** Half of a store would be no store: nothing is kept then, and the log says so. */
const tooMany = (table: string): Fault =>
  new Fault('storage-failed', `the store has too many ${table} to be kept as a whole`);
