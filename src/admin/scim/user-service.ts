/**
 * What SCIM does to users. A user whom the provider removes stays as a record that locks the user out:
 * keys and tokens that carry the name are still there, and must not begin to work again.
 */
import type { ProvisionedUser, UserRecord } from '#storage/records.ts';
import { userStoreId } from '#storage/records.ts';
import { USERS_MAX, USERS_PER_TENANT_MAX } from '#storage/storage.ts';
import type { StorageWrites } from '#storage/storage.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { changeElse } from '../change.ts';
import { again } from './again.ts';
import {
  noRoom,
  notFound,
  notWanted,
  type ScimProblem,
  scimProblem,
  stale,
} from './scim-problem.ts';
import { isWanted, type ScimCall } from './scim-route.ts';
import { provisionedOf, shownNameOf, type UserBody } from './user-resource.ts';

export interface Provisioned {
  readonly record: UserRecord;
  readonly provisioned: ProvisionedUser;
}

/** Null for what SCIM does not show: another tenant's, one that was removed, or never provisioned. */
export function provisionedIn(record: UserRecord | null, tenant: string): Provisioned | null {
  if (record === null || record.tenant !== tenant) return null;
  const { provisioned } = record;
  return provisioned === null || provisioned.removedMs !== null ? null : { record, provisioned };
}

export async function shownUser({
  id,
  tenant,
  ports,
}: ScimCall): Promise<Result<Provisioned, ScimProblem>> {
  const found = provisionedIn(await ports.storage.users.find(id), tenant);
  return found === null ? err(notFound) : ok(found);
}

const taken = scimProblem('uniqueness', 'userName is taken.');

/** `before`: a user of this name that an administrator made, or that was removed: it is taken over. */
export const createUser = (
  call: ScimCall,
  body: UserBody,
): Promise<Result<Provisioned, ScimProblem>> =>
  again(async () => {
    const { tenant, ports } = call;
    const { storage, clock } = ports;
    const named = await storage.provisioning.usersNamed(tenant, body.userName);
    if (named.some((one) => provisionedIn(one, tenant) !== null)) return err(taken);
    const { users, usersOfTenant } = await storage.provisioning.count(tenant);
    if (users >= USERS_MAX || usersOfTenant >= USERS_PER_TENANT_MAX) return err(noRoom);
    const before = named.filter(
      ({ id, provisioned }) => provisioned !== null || id === body.userName,
    );
    const nowMs = clock.nowMs();
    const provisioned = provisionedOf(body, { id: randomBase62(22), changedMs: nowMs });
    const isHeld = before.some(({ status }) => status === 'suspended');
    const record: UserRecord = {
      id: body.userName,
      tenant,
      team: before[0]?.team ?? null,
      name: shownNameOf(provisioned),
      // An administrator's word stands, also over a removal and a new beginning.
      status: isHeld ? 'suspended' : 'active',
      provisioned,
      createdMs: nowMs,
      version: 1,
    };
    const diff = { active: provisioned.isActive, status: record.status, takenOver: before.length };
    const changed = { resource: `user/${provisioned.id}`, tenant, diff };
    return await changeElse<Provisioned, ScimProblem>(call, changed, async (tx) => {
      for (const one of before) {
        const removed = await tx.users.remove(userStoreId(one), one.version);
        if (!removed.ok) return err(stale);
      }
      const inserted = await tx.users.insert(record);
      return inserted.ok ? ok({ record, provisioned }) : err(taken);
    });
  });

export type NextBody = (record: UserRecord) => Result<UserBody, ScimProblem>;

export const editUser = (
  call: ScimCall,
  nextBody: NextBody,
): Promise<Result<Provisioned, ScimProblem>> =>
  again(async () => {
    const found = await shownUser(call);
    if (!found.ok) return found;
    const { record, provisioned } = found.value;
    if (!isWanted(call.ifMatch, record.version)) return err(notWanted);
    const body = nextBody(record);
    if (!body.ok) return body;
    if (body.value.userName.toLowerCase() !== record.id.toLowerCase()) {
      const detail =
        'userName cannot be changed: keys carry it. Remove the user, and make a new one.';
      return err(scimProblem('mutability', detail));
    }
    const { id, changedMs } = provisioned;
    const same = provisionedOf(body.value, { id, changedMs });
    // Providers send everything again and again; what is as it was is no change.
    if (JSON.stringify(same) === JSON.stringify(provisioned)) return found;
    const next = { ...same, changedMs: call.ports.clock.nowMs() };
    const wanted = { ...record, name: shownNameOf(next), provisioned: next };
    const diff = diffOf(provisioned, next);
    const changed = { resource: `user/${id}`, tenant: call.tenant, diff };
    return await changeElse<Provisioned, ScimProblem>(call, changed, async (tx) => {
      const updated = await tx.users.update(wanted);
      return updated.ok ? ok({ record: updated.value, provisioned: next }) : err(stale);
    });
  });

/** Names and addresses are people's: the log says that they changed, and not to what. */
function diffOf(before: ProvisionedUser, after: ProvisionedUser): JsonObject {
  const diff: JsonObject = {};
  if (before.isActive !== after.isActive) {
    diff['active'] = { before: before.isActive, after: after.isActive };
  }
  for (const field of [
    'externalId',
    'displayName',
    'formatted',
    'givenName',
    'familyName',
  ] as const) {
    if (before[field] !== after[field]) diff[field] = 'changed';
  }
  if (JSON.stringify(before.emails) !== JSON.stringify(after.emails)) diff['emails'] = 'changed';
  return diff;
}

export const removeUser = (call: ScimCall): Promise<Result<null, ScimProblem>> =>
  again(async () => {
    const found = await shownUser(call);
    if (!found.ok) return found;
    const { record, provisioned } = found.value;
    if (!isWanted(call.ifMatch, record.version)) return err(notWanted);
    const { tenant, ports } = call;
    const { id } = provisioned;
    const nowMs = ports.clock.nowMs();
    const groups = await ports.storage.provisioning.groupsOf(tenant, id);
    const changed = { resource: `user/${id}`, tenant, diff: { groups: groups.length } };
    return await changeElse<null, ScimProblem>(call, changed, async (tx) => {
      for (const group of groups) {
        const members = group.members.filter((member) => member !== id);
        const left = await tx.groups.update({ ...group, members, changedMs: nowMs });
        if (!left.ok) return err(stale);
      }
      return await bury(tx, record, nowMs);
    });
  });

/** Everything that is of a person goes; the name that keys carry stays, locked out. */
async function bury(
  tx: StorageWrites,
  record: UserRecord,
  nowMs: number,
): Promise<Result<null, ScimProblem>> {
  if (record.provisioned === null) return err(notFound);
  const provisioned: ProvisionedUser = {
    id: record.provisioned.id,
    externalId: null,
    isActive: false,
    removedMs: nowMs,
    displayName: null,
    formatted: null,
    givenName: null,
    familyName: null,
    emails: [],
    changedMs: nowMs,
  };
  const buried = await tx.users.update({ ...record, name: null, provisioned });
  return buried.ok ? ok(null) : err(stale);
}
