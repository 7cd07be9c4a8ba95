/**
 * All that the store holds of a tenant, in pages: kind after kind, and within a kind by id. Every
 * object is what the API shows of it, so nothing secret can be in it: no hash of a key, no password,
 * no second factor. Sessions, leaves to see content (over within a day; the log has them) and what calls
 * leave behind (held ids, uses) are no part of a tenant's own.
 */
import { z } from 'zod';

import type { UserRecord } from '#storage/records.ts';
import type { Page, PageQuery, Storage } from '#storage/storage.ts';
import type { Config } from '#config/config.ts';

import { declaredTenants } from './declared.ts';
import { accountView, showAccount } from './people/people-views.ts';
import { adminRun, runView } from './runs/admin-run.ts';
import { showScimGroup } from './scim/group-resource.ts';
import { showScimUser } from './scim/user-resource.ts';
import { serviceAccountView, showServiceAccount } from './service-account-views.ts';
import {
  adminTokenView,
  bindingView,
  keyView,
  roleView,
  showAdminToken,
  showBinding,
  showKey,
  showRole,
  showTeam,
  showTenant,
  showToolPin,
  showUser,
  teamView,
  tenantView,
  toolPinView,
  userView,
} from './views.ts';

const resource = z.record(z.string(), z.unknown()).meta({ description: 'As SCIM shows it.' });

const item = <Kind extends string, View extends z.ZodType>(kind: Kind, object: View) =>
  z.strictObject({ kind: z.literal(kind), object });

export const exportedItem = z.discriminatedUnion('kind', [
  item('tenant', tenantView),
  item('team', teamView),
  item('user', z.strictObject({ ...userView.shape, scim: resource.nullable() })),
  item('service-account', serviceAccountView),
  item('group', resource),
  item('role', roleView),
  item('binding', bindingView),
  item('key', keyView),
  item('run', runView),
  item('admin-token', adminTokenView),
  item('tool-pin', toolPinView),
  item('account', accountView),
]);

export type ExportedItem = z.input<typeof exportedItem>;

interface Ports {
  readonly storage: Storage;
  readonly config: () => Config;
}

type Read = (query: PageQuery) => Promise<Page<ExportedItem>>;

const kindOf = <R>(
  list: (query: PageQuery) => Promise<Page<R>>,
  show: (record: R) => ExportedItem,
): Read => {
  return async (query) => {
    const { items, next } = await list(query);
    return { items: items.map(show), next };
  };
};

const showExportedUser = (record: UserRecord): ExportedItem => {
  const { provisioned } = record;
  const scim = provisioned === null ? null : showScimUser(record, provisioned);
  return { kind: 'user', object: { ...showUser(record), scim } };
};

/** In the order in which they could be made again: what is named comes before what names it. */
function readsOf({ storage, config }: Ports, tenant: string): readonly Read[] {
  return [
    async () => {
      const declared = declaredTenants(config()).find(({ id }) => id === tenant);
      const record = declared === undefined ? await storage.tenants.find(tenant) : null;
      const object = declared ?? (record === null ? null : showTenant(record));
      return { items: object === null ? [] : [{ kind: 'tenant', object }], next: null };
    },
    kindOf(
      (query) => storage.teams.list(query),
      (record) => ({ kind: 'team', object: showTeam(record) }),
    ),
    kindOf((query) => storage.users.list(query), showExportedUser),
    kindOf(
      (query) => storage.serviceAccounts.list(query),
      (record) => ({ kind: 'service-account', object: showServiceAccount(record) }),
    ),
    kindOf(
      (query) => storage.groups.list(query),
      (record) => ({ kind: 'group', object: showScimGroup(record) }),
    ),
    kindOf(
      (query) => storage.roles.list(query),
      (record) => ({ kind: 'role', object: showRole(record) }),
    ),
    kindOf(
      (query) => storage.bindings.list(query),
      (record) => ({ kind: 'binding', object: showBinding(record) }),
    ),
    keys(storage),
    kindOf(
      (query) => storage.runs.list(query),
      (record) => ({ kind: 'run', object: adminRun(record) }),
    ),
    kindOf(
      (query) => storage.adminTokens.list(query),
      (record) => ({ kind: 'admin-token', object: showAdminToken(record) }),
    ),
    kindOf(
      (query) => storage.toolPins.list(query),
      (record) => ({ kind: 'tool-pin', object: showToolPin(record) }),
    ),
    kindOf(
      (query) => storage.accounts.list(query),
      (record) => ({ kind: 'account', object: showAccount(record) }),
    ),
  ];
}

function keys(storage: Storage): Read {
  return async (query) => {
    const { items, next } = await storage.keys.list(query);
    const uses = await storage.keyUses.of(items.map(({ id }) => id));
    return {
      items: items.map((record) => ({
        kind: 'key',
        object: showKey(record, uses.get(record.id) ?? null),
      })),
      next,
    };
  };
}

/** `<number of the kind>:<id>`, both of ours. */
const CURSOR = /^(?<kind>\d{1,2}):(?<id>[^]{0,240})$/u;

/** Null: the cursor is none that was given. */
export async function exportPage(
  ports: Ports,
  tenant: string,
  { after, limit }: Pick<PageQuery, 'after' | 'limit'>,
): Promise<Page<ExportedItem> | null> {
  const cursor = after === undefined ? { kind: '0', id: '' } : CURSOR.exec(after)?.groups;
  if (cursor === undefined) return null;
  const reads = readsOf(ports, tenant);
  const items: ExportedItem[] = [];
  let from: string | undefined = cursor['id'] === '' ? undefined : cursor['id'];
  for (let kind = Number(cursor['kind']); kind < reads.length; kind += 1) {
    const read = reads[kind];
    if (read === undefined || items.length >= limit) return { items, next: `${kind}:` };
    const page = await read({ tenant, after: from, limit: limit - items.length });
    items.push(...page.items);
    if (page.next !== null) return { items, next: `${kind}:${page.next}` };
    from = undefined;
  }
  return { items, next: null };
}
