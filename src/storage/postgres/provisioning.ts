/** Provisioned users and groups in PostgreSQL: each look-up of a tenant sees that tenant alone. */
import { kinds } from '../kinds.ts';
import { GROUPS_PER_TENANT_MAX, type Provisioning } from '../storage.ts';
import { COLUMNS, type ReadPorts } from './documents.ts';
import { recordOf } from '../read-record.ts';
import { exact } from './postgres.ts';

/** Administrators may have made users whose ids differ in nothing but the case of letters. */
const NAMED_MAX = 100;
/** The provider's own ids are unique; a few more are shown as what they are. */
const EXTERNAL_MAX = 10;

export function provisioningOf({ query, scoped }: ReadPorts): Provisioning {
  const usersWhere = (tenant: string, condition: string, value: string, limit: number) =>
    scoped(tenant, async (own) => {
      const rows = await own(
        `SELECT ${COLUMNS} FROM llmproxy.users WHERE tenant = $1 AND ${condition} LIMIT ${limit}`,
        [tenant, value],
      );
      return rows.map((row) => recordOf(kinds.users, row));
    });
  return {
    usersNamed: (tenant, name) =>
      usersWhere(tenant, 'folded = lower($2 COLLATE "C")', name, NAMED_MAX),
    usersWithExternalId: (tenant, externalId) =>
      usersWhere(tenant, 'external_id = $2', externalId, EXTERNAL_MAX),
    groupsOf: (tenant, member) =>
      scoped(tenant, async (own) => {
        const rows = await own(
          `SELECT ${COLUMNS} FROM llmproxy.groups WHERE tenant = $1 AND document->'members' ? $2
          LIMIT ${GROUPS_PER_TENANT_MAX}`,
          [tenant, member],
        );
        return rows.map((row) => recordOf(kinds.groups, row));
      }),
    async groupNames() {
      const rows = await query('SELECT id, tenant, display_name FROM llmproxy.groups ORDER BY id');
      return rows.map((row) => ({
        id: String(row['id']),
        tenant: String(row['tenant']),
        displayName: String(row['display_name']),
      }));
    },
    async memberNames(group) {
      const rows = await query(
        `SELECT users.name FROM llmproxy.groups
          CROSS JOIN jsonb_array_elements_text(groups.document->'members') AS member
          JOIN llmproxy.users ON users.id = member AND users.tenant = groups.tenant
        WHERE groups.id = $1 AND NOT users.is_removed`,
        [group],
      );
      return rows.map(({ name }) => String(name));
    },
    async count(tenant) {
      const [row] = await query(
        `SELECT (SELECT count(*) FROM llmproxy.users) AS users,
          (SELECT count(*) FROM llmproxy.users WHERE tenant = $1) AS users_of_tenant,
          (SELECT count(*) FROM llmproxy.groups WHERE tenant = $1) AS groups_of_tenant`,
        [tenant],
      );
      return {
        users: exact(row?.['users']),
        usersOfTenant: exact(row?.['users_of_tenant']),
        groupsOfTenant: exact(row?.['groups_of_tenant']),
      };
    },
    async lockedOut() {
      const rows = await query('SELECT tenant, name FROM llmproxy.users WHERE is_locked_out');
      return rows.map(({ tenant, name }) => ({ tenant: String(tenant), user: String(name) }));
    },
  };
}
