/**
 * Tenants: made, changed, removed. The command line and the admin API use the same functions. Every
 * change is one transaction with its outbox row.
 */
import type { Config } from '#config/config.ts';
import { ringId } from '#storage/custody-records.ts';
import { type TenantRecord, type UserRecord, userStoreId } from '#storage/records.ts';
import type { OutboxEntry, Storage } from '#storage/storage.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { removeLeaves, storedLeaves } from './audit/leaves.ts';
import { diffOf } from './change.ts';
import { declaredTenant } from './declared.ts';
import { type Problem, problem } from './problem.ts';
import { showTenant } from './views.ts';

export interface TenantPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly config: () => Config;
}

/** Who does it, as the log tells it. */
export type By = Pick<OutboxEntry, 'id' | 'actor' | 'action'>;

type Wanted = Pick<TenantRecord, 'id' | 'name' | 'keyLifeMsMax' | 'boundTokens' | 'groupRoles'>;

const entryOf = ({ clock }: TenantPorts, by: By, tenant: string, diff: JsonValue): OutboxEntry => ({
  ...by,
  at: clock.nowMs(),
  resource: `tenant/${tenant}`,
  tenant,
  diff,
});

export async function createTenant(
  ports: TenantPorts,
  by: By,
  wanted: Wanted,
): Promise<Result<TenantRecord, Problem>> {
  const { id, boundTokens, groupRoles } = wanted;
  if (declaredTenant(ports.config(), id)) return err(problem('managed-by-file', 'id'));
  const createdMs = ports.clock.nowMs();
  const record: TenantRecord = { ...wanted, status: 'active', createdMs, version: 1 };
  const { status, keyLifetimeMax } = showTenant(record);
  const diff = { status, keyLifetimeMax, boundTokens, groupRoles: { ...groupRoles } };
  return await ports.storage.change<TenantRecord, Problem>(entryOf(ports, by, id, diff), (tx) =>
    tx.tenants.insert(record),
  );
}

type Changeable = 'name' | 'status' | 'keyLifeMsMax' | 'boundTokens' | 'groupRoles';
/** What is left out, or undefined, stays. */
export type TenantChanges = { readonly [Field in Changeable]?: TenantRecord[Field] | undefined };

/** `found`: as it was read, so that a change of somebody else is not undone. */
export async function editTenant(
  ports: TenantPorts,
  by: By,
  found: TenantRecord,
  changes: TenantChanges,
): Promise<Result<TenantRecord, Problem>> {
  const next: TenantRecord = {
    ...found,
    name: changes.name === undefined ? found.name : changes.name,
    status: changes.status ?? found.status,
    keyLifeMsMax: changes.keyLifeMsMax === undefined ? found.keyLifeMsMax : changes.keyLifeMsMax,
    boundTokens: changes.boundTokens ?? found.boundTokens,
    groupRoles: changes.groupRoles ?? found.groupRoles,
  };
  const diff = diffOf(showTenant(found), showTenant(next));
  return await ports.storage.change<TenantRecord, Problem>(
    entryOf(ports, by, found.id, diff),
    (tx) => tx.tenants.update(next),
  );
}

export async function removeTenant(
  ports: TenantPorts,
  by: By,
  { id, version }: TenantRecord,
): Promise<Result<null, Problem>> {
  const empty = await isEmpty(ports.storage, id);
  if (!empty.ok) return empty;
  const leavers = await leaversOf(ports.storage, id);
  if (leavers === null) return err(problem('not-empty'));
  const leaves = await storedLeaves(ports.storage.contentLeaves, id);
  return await ports.storage.change<null, Problem>(entryOf(ports, by, id, null), async (tx) => {
    // Without its keys nothing of it opens again, not even out of a copy of the store.
    const ring = await tx.keyRings.find(ringId(id));
    if (ring !== null) await tx.keyRings.remove(ring.id, ring.version);
    // Made again under the old id, it would have them.
    await removeLeaves(tx, leaves);
    // Their keys are revoked, and without the tenant their tokens are nobody's.
    for (const leaver of leavers) {
      const gone = await tx.users.remove(userStoreId(leaver), leaver.version);
      if (!gone.ok) return gone;
    }
    return await tx.tenants.remove(id, version);
  });
}

const PAGE = 1_000;
const PAGES_MAX = 100;
/** As many as one transaction takes away in a second or two. */
const LEAVERS_MAX = 5_000;

/** Whom the provider removed: nobody but the record, which kept them locked out. Null: somebody else. */
async function leaversOf(storage: Storage, tenant: string): Promise<readonly UserRecord[] | null> {
  const found: UserRecord[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await storage.users.list({ tenant, after, limit: PAGE });
    if (items.some(({ provisioned }) => (provisioned?.removedMs ?? null) === null)) return null;
    found.push(...items);
    if (found.length > LEAVERS_MAX) return null;
    after = next ?? undefined;
  } while (after !== undefined);
  return found;
}

/**
 * A tenant that is removed and made again under its old id would bring its old keys back to life, so
 * one that still has anything live is not removed.
 */
async function isEmpty(storage: Storage, tenant: string): Promise<Result<null, Problem>> {
  const first = { tenant, limit: 1 };
  const { teams, serviceAccounts, groups, roles, bindings, accounts } = storage;
  const named = [teams, serviceAccounts, groups, roles, bindings, accounts];
  for (const kind of [...named, storage.providerSecrets]) {
    if ((await kind.list(first)).items.length > 0) return err(problem('not-empty'));
  }
  for (const kind of [storage.keys, storage.adminTokens]) {
    let after: string | undefined;
    for (let page = 0; ; page += 1) {
      const { items, next } = await kind.list({ tenant, after, limit: PAGE });
      // More revoked ones than we are ready to read are not shown to be all revoked.
      if (items.some(({ revokedMs }) => revokedMs === null) || page === PAGES_MAX) {
        return err(problem('not-empty'));
      }
      if (next === null) break;
      after = next;
    }
  }
  return ok(null);
}
