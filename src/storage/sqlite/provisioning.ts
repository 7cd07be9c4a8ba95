/** Provisioned users and groups in SQLite: each look-up has its index, so none reads a tenant whole. */
import type { DatabaseSync } from 'node:sqlite';

import type { z } from 'zod';

import { parseJson } from '#stdx/json.ts';

import { groupRecord, userRecord } from '../record-schemas.ts';
import { GROUPS_PER_TENANT_MAX, type Provisioning } from '../storage.ts';
import { orFault } from './call-writes.ts';

const WHAT = 'the provisioned users';
/** Administrators may have made users whose ids differ in nothing but the case of letters. */
const NAMED_MAX = 100;
/** The provider's own ids are unique; a few more are shown as what they are. */
const EXTERNAL_MAX = 10;

/** The conditions stand as in the indexes of migration 7, word by word: SQLite knows them by that. */
const SQL = {
  named: `SELECT document FROM users
    WHERE tenant = ? AND lower(json_extract(document, '$.id')) = lower(?) LIMIT ${NAMED_MAX}`,
  withExternalId: `SELECT document FROM users
    WHERE tenant = ? AND json_extract(document, '$.provisioned.externalId') = ?
      AND json_extract(document, '$.provisioned.externalId') IS NOT NULL LIMIT ${EXTERNAL_MAX}`,
  groupsOf: `SELECT document FROM groups WHERE tenant = ? AND EXISTS
    (SELECT 1 FROM json_each(groups.document, '$.members') WHERE value = ?)
    LIMIT ${GROUPS_PER_TENANT_MAX}`,
  groupNames: `SELECT id, tenant, json_extract(document, '$.displayName') AS displayName FROM groups
    ORDER BY id`,
  // Each member is looked up by its id: the plus keeps SQLite from walking the tenant for each of them.
  memberNames: `SELECT json_extract(users.document, '$.id') AS name
    FROM groups CROSS JOIN json_each(groups.document, '$.members') AS member
    CROSS JOIN users ON users.id = member.value AND +users.tenant = groups.tenant
    WHERE groups.id = ? AND json_extract(users.document, '$.provisioned.removedMs') IS NULL`,
  count: `SELECT (SELECT count(*) FROM users) AS users,
    (SELECT count(*) FROM users WHERE tenant = ?1) AS usersOfTenant,
    (SELECT count(*) FROM groups WHERE tenant = ?1) AS groupsOfTenant`,
  lockedOut: `SELECT tenant, json_extract(document, '$.id') AS user FROM users
    WHERE json_extract(document, '$.status') = 'suspended'
      OR json_extract(document, '$.provisioned.isActive') = 0
      OR json_extract(document, '$.provisioned.removedMs') IS NOT NULL`,
};

export function provisioningOf(reader: DatabaseSync): Provisioning {
  const named = reader.prepare(SQL.named);
  const withExternalId = reader.prepare(SQL.withExternalId);
  const groupsOf = reader.prepare(SQL.groupsOf);
  const groupNames = reader.prepare(SQL.groupNames);
  const memberNames = reader.prepare(SQL.memberNames);
  const count = reader.prepare(SQL.count);
  const lockedOut = reader.prepare(SQL.lockedOut);
  return {
    usersNamed: (tenant, name) =>
      orFault(WHAT, () => named.all(tenant, name).map((row) => recordOf(userRecord, row))),
    usersWithExternalId: (tenant, externalId) =>
      orFault(WHAT, () =>
        withExternalId.all(tenant, externalId).map((row) => recordOf(userRecord, row)),
      ),
    groupsOf: (tenant, member) =>
      orFault(WHAT, () => groupsOf.all(tenant, member).map((row) => recordOf(groupRecord, row))),
    groupNames: () =>
      orFault(WHAT, () =>
        groupNames.all().map(({ id, tenant, displayName }) => ({
          id: String(id),
          tenant: String(tenant),
          displayName: String(displayName),
        })),
      ),
    memberNames: (group) =>
      orFault(WHAT, () => memberNames.all(group).map(({ name }) => String(name))),
    count: (tenant) =>
      orFault(WHAT, () => {
        const row = count.get(tenant) ?? {};
        const of = (name: string): number => Number(row[name]);
        return {
          users: of('users'),
          usersOfTenant: of('usersOfTenant'),
          groupsOfTenant: of('groupsOfTenant'),
        };
      }),
    lockedOut: () =>
      orFault(WHAT, () =>
        lockedOut.all().map(({ tenant, user }) => ({
          tenant: String(tenant),
          user: String(user),
        })),
      ),
  };
}

const recordOf = <R>(schema: z.ZodType<R>, row: Record<string, unknown>): R =>
  schema.parse(parseJson(String(row['document'])));
