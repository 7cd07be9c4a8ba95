/** Who can do what, and when they last did: keys, roles, bindings, users, and administrators. */
import type { Cell, ReportTable } from '#audit/reports/report.ts';
import type { Config } from '#config/config.ts';
import { BUILT_IN_ROLES } from '#policy/access/roles.ts';
import { isLockedOut, type KeyRecord, type RoleRule } from '#storage/records.ts';
import type { Page, PageQuery, Storage } from '#storage/storage.ts';

import { declaredBindings, declaredRoles, declaredTenants } from '../declared.ts';
import { BINDING_PREFIX, KEY_PREFIX, maybeTime, timeText, TOKEN_PREFIX } from '../views.ts';

/** Of each kind. */
const OBJECTS_MAX = 20_000;
const PAGE = 500;

export interface AccessParts {
  readonly storage: Storage;
  readonly config: Config;
  readonly nowMs: number;
  /** Undefined: of all tenants, and of the gateway. */
  readonly tenant: string | undefined;
}

type Rows = Pick<ReportTable, 'rows' | 'isCut'>;

export async function accessTables(parts: AccessParts): Promise<readonly ReportTable[]> {
  const keyColumns = 'key,tenant,team,user,roles,state,made,ends,last used';
  const table = async (title: string, columns: string, read: Promise<Rows>) => ({
    title,
    columns: columns.split(','),
    ...(await read),
  });
  return [
    await table('Keys', keyColumns, keyRows(parts)),
    await table('Roles', 'tenant,role,kept by,allows,denies', roleRows(parts)),
    await table('Roles by groups', 'tenant,group,role,kept by', groupRows(parts)),
    await table(
      'Bindings',
      'binding,tenant,role,kept by,users,service accounts,teams,keys,claims',
      bindingRows(parts),
    ),
    await table('Users', 'user,tenant,team,state,kept by', userRows(parts)),
    await table('Admin tokens', 'token,role,tenant,state,made,ends,exchanged', tokenRows(parts)),
    await table('Accounts', 'login,role,tenant,state,second factor,made', accountRows(parts)),
  ];
}

async function all<R>(
  { tenant }: AccessParts,
  list: (query: PageQuery) => Promise<Page<R>>,
): Promise<{ readonly records: readonly R[]; readonly isCut: boolean }> {
  const records: R[] = [];
  let after: string | undefined;
  do {
    const page = await list({ limit: PAGE, after, tenant });
    records.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined && records.length < OBJECTS_MAX);
  return { records, isCut: after !== undefined };
}

const list = (names: readonly string[]): string => names.join(', ');

async function keyRows(parts: AccessParts): Promise<Rows> {
  const { storage, nowMs } = parts;
  const { records, isCut } = await all(parts, (query) => storage.keys.list(query));
  const rows: Cell[][] = [];
  for (let at = 0; at < records.length; at += PAGE) {
    const some = records.slice(at, at + PAGE);
    const used = await storage.keyUses.of(some.map(({ id }) => id));
    for (const key of some) {
      const { id, tenant, team, user, roles, createdMs, expiresMs } = key;
      const lastMs = used.get(id) ?? null;
      const times = [timeText(createdMs), maybeTime(expiresMs), maybeTime(lastMs) ?? 'never'];
      rows.push([KEY_PREFIX + id, tenant, team, user, list(roles), stateOf(key, nowMs), ...times]);
    }
  }
  return { rows, isCut };
}

function stateOf(key: KeyRecord, nowMs: number): string {
  if (key.revokedMs !== null) return `revoked ${timeText(key.revokedMs)}`;
  if (key.quarantinedMs !== null) return `put aside ${timeText(key.quarantinedMs)}`;
  if (key.expiresMs !== null && key.expiresMs <= nowMs) return 'expired';
  if (key.isHoney) return 'honey';
  return key.scope === null ? 'live' : 'live, narrowed';
}

const rulesText = (rules: readonly RoleRule[]): string =>
  rules
    .map(({ actions, models, tools, guards, when }) => {
      const parts = [`${list(actions)} of ${list(models)}`];
      if (tools !== undefined) parts.push(`tools ${list(tools)}`);
      if (guards !== undefined) parts.push(`read by ${list(guards)}`);
      if (when !== undefined) parts.push(`when ${when}`);
      return parts.join(', ');
    })
    .join('; ');

async function roleRows(parts: AccessParts): Promise<Rows> {
  const { storage, config, tenant } = parts;
  const { records, isCut } = await all(parts, (query) => storage.roles.list(query));
  const tenants = declaredTenants(config).filter(({ id }) => tenant === undefined || id === tenant);
  const filed = tenants.flatMap(({ id }) => declaredRoles(config, id));
  const row = (by: string, role: (typeof records)[number]): Cell[] => [
    role.tenant,
    role.name,
    by,
    rulesText(role.allow),
    rulesText(role.deny),
  ];
  const builtIn = [...BUILT_IN_ROLES.values()];
  const rows = [
    ...builtIn.map((role) => row('built in', { ...role, tenant: '(every one)', version: 0 })),
    ...filed.map((role) => row('file', { ...role, version: 0 })),
    ...records.map((role) => row('store', role)),
  ];
  return { rows, isCut };
}

/** What groups of an identity provider give. */
async function groupRows(parts: AccessParts): Promise<Rows> {
  const { storage, config, tenant } = parts;
  const filed = declaredTenants(config).filter(({ id }) => tenant === undefined || id === tenant);
  const { records, isCut } = await all(parts, (query) => storage.tenants.list(query));
  const stored = records.filter(({ id }) => tenant === undefined || id === tenant);
  const rowsOf =
    (by: string) => (one: { id: string; groupRoles: Readonly<Record<string, string>> }) =>
      Object.entries(one.groupRoles).map(([group, role]) => [one.id, group, role, by]);
  return { rows: [...filed.flatMap(rowsOf('file')), ...stored.flatMap(rowsOf('store'))], isCut };
}

async function bindingRows(parts: AccessParts): Promise<Rows> {
  const { storage, config, tenant } = parts;
  const { records, isCut } = await all(parts, (query) => storage.bindings.list(query));
  const rows = [
    ...declaredBindings(config, tenant).map(({ managedBy: by, ...one }) => ({ by, ...one })),
    ...records.map((one) => ({ by: 'store', ...one, id: BINDING_PREFIX + one.id })),
  ].map((one) => {
    const { id, by, role, users, serviceAccounts, teams, keys, claims } = one;
    const said = Object.entries(claims).map(([name, values]) => `${name}=${values.join('|')}`);
    const names = [users, serviceAccounts, teams, keys, said].map(list);
    return [id, one.tenant, role, by, ...names];
  });
  return { rows, isCut };
}

async function userRows(parts: AccessParts): Promise<Rows> {
  const { records, isCut } = await all(parts, (query) => parts.storage.users.list(query));
  const rows = records.map((user) => [
    user.id,
    user.tenant,
    user.team,
    isLockedOut(user) ? 'locked out' : 'active',
    user.provisioned === null ? 'store' : 'identity provider',
  ]);
  return { rows, isCut };
}

async function tokenRows(parts: AccessParts): Promise<Rows> {
  const { storage, nowMs } = parts;
  const { records, isCut } = await all(parts, (query) => storage.adminTokens.list(query));
  const rows = records.map(({ id, role, tenant, isOneTime, ...token }) => {
    const { createdMs, expiresMs, usedMs, revokedMs } = token;
    const isOver = expiresMs !== null && expiresMs <= nowMs;
    const life = isOver ? 'expired' : isOneTime ? 'one-time' : 'live';
    const state = revokedMs === null ? life : `revoked ${timeText(revokedMs)}`;
    // Kept of a one-time token alone: of another it is no sign that nobody uses it.
    const exchanged = isOneTime ? (maybeTime(usedMs) ?? 'never') : null;
    const times = [timeText(createdMs), maybeTime(expiresMs), exchanged];
    return [TOKEN_PREFIX + id, role, tenant, state, ...times];
  });
  return { rows, isCut };
}

async function accountRows(parts: AccessParts): Promise<Rows> {
  const { records, isCut } = await all(parts, (query) => parts.storage.accounts.list(query));
  const rows = records.map((account) => [
    account.login,
    account.role,
    account.tenant,
    account.status,
    account.totp?.confirmedMs == null ? 'no' : 'yes',
    timeText(account.createdMs),
  ]);
  return { rows, isCut };
}
