/**
 * What SCIM does to groups. A group is a record of its own and changes nobody's record; the role that
 * the tenant names for it is worked out whenever the store or the file changes.
 */
import type { GroupRecord } from '#storage/records.ts';
import { GROUPS_PER_TENANT_MAX, type StorageWrites } from '#storage/storage.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { changeElse } from '../change.ts';
import { again } from './again.ts';
import { type GroupBody, memberIdsOf } from './group-resource.ts';
import {
  noRoom,
  notFound,
  notWanted,
  type ScimProblem,
  scimProblem,
  stale,
} from './scim-problem.ts';
import { isWanted, type ScimCall } from './scim-route.ts';
import { provisionedIn } from './user-service.ts';

/** Ids that one record of the log names; the others are counted. */
const LOGGED_MAX = 50;

export async function shownGroup({
  id,
  tenant,
  ports,
}: ScimCall): Promise<Result<GroupRecord, ScimProblem>> {
  const record = await ports.storage.groups.find(id);
  return record === null || record.tenant !== tenant ? err(notFound) : ok(record);
}

const taken = scimProblem('uniqueness', 'displayName is taken.');
const noMember = scimProblem('invalidValue', 'members has somebody who is not a user here.');

/** Read inside the transaction: a user who is removed meanwhile gets into no group. */
async function areUsers(
  tx: StorageWrites,
  ids: readonly string[],
  tenant: string,
): Promise<boolean> {
  for (const id of ids) {
    if (provisionedIn(await tx.users.find(id), tenant) === null) return false;
  }
  return true;
}

export const createGroup = (
  call: ScimCall,
  body: GroupBody,
): Promise<Result<GroupRecord, ScimProblem>> =>
  again(async () => {
    const { tenant, ports } = call;
    const { groupsOfTenant } = await ports.storage.provisioning.count(tenant);
    if (groupsOfTenant >= GROUPS_PER_TENANT_MAX) return err(noRoom);
    const nowMs = ports.clock.nowMs();
    const record: GroupRecord = {
      id: randomBase62(22),
      tenant,
      displayName: body.displayName,
      externalId: body.externalId ?? null,
      members: memberIdsOf(body),
      createdMs: nowMs,
      changedMs: nowMs,
      version: 1,
    };
    const diff = { displayName: record.displayName, ...membersDiff([], record.members) };
    const changed = { resource: `group/${record.id}`, tenant, diff };
    return await changeElse<GroupRecord, ScimProblem>(call, changed, async (tx) => {
      if (!(await areUsers(tx, record.members, tenant))) return err(noMember);
      const inserted = await tx.groups.insert(record);
      return inserted.ok ? ok(record) : err(taken);
    });
  });

export type NextGroup = (record: GroupRecord) => Result<GroupBody, ScimProblem>;

export const editGroup = (
  call: ScimCall,
  nextBody: NextGroup,
): Promise<Result<GroupRecord, ScimProblem>> =>
  again(async () => {
    const found = await shownGroup(call);
    if (!found.ok) return found;
    const { value: record } = found;
    if (!isWanted(call.ifMatch, record.version)) return err(notWanted);
    const body = nextBody(record);
    if (!body.ok) return body;
    const same = {
      ...record,
      displayName: body.value.displayName,
      externalId: body.value.externalId ?? null,
      members: memberIdsOf(body.value),
    };
    // Providers send everything again and again; what is as it was is no change.
    if (JSON.stringify(same) === JSON.stringify(record)) return found;
    const next = { ...same, changedMs: call.ports.clock.nowMs() };
    const { id, tenant } = record;
    const changed = { resource: `group/${id}`, tenant, diff: diffOf(record, next) };
    return await changeElse<GroupRecord, ScimProblem>(call, changed, async (tx) => {
      const known = new Set(record.members);
      const added = next.members.filter((member) => !known.has(member));
      if (!(await areUsers(tx, added, tenant))) return err(noMember);
      const updated = await tx.groups.update(next);
      if (updated.ok) return updated;
      // Nothing was changed, and the version is still ours: the name is another group's.
      const now = await tx.groups.find(id);
      return err(now?.version === record.version ? taken : stale);
    });
  });

export const removeGroup = (call: ScimCall): Promise<Result<null, ScimProblem>> =>
  again(async () => {
    const found = await shownGroup(call);
    if (!found.ok) return found;
    const { id, tenant, version, displayName, members } = found.value;
    if (!isWanted(call.ifMatch, version)) return err(notWanted);
    const diff = { displayName, ...membersDiff(members, []) };
    const changed = { resource: `group/${id}`, tenant, diff };
    return await changeElse<null, ScimProblem>(call, changed, async (tx) => {
      const removed = await tx.groups.remove(id, version);
      return removed.ok ? removed : err(stale);
    });
  });

/** Groups are of the organisation, and members stand here by ids of ours: nothing of a person's. */
function diffOf(before: GroupRecord, after: GroupRecord): JsonObject {
  const isRenamed = before.displayName !== after.displayName;
  return {
    ...(isRenamed && { displayName: { before: before.displayName, after: after.displayName } }),
    ...(before.externalId !== after.externalId && { externalId: 'changed' }),
    ...membersDiff(before.members, after.members),
  };
}

function membersDiff(before: readonly string[], after: readonly string[]): JsonObject {
  const [old, now] = [new Set(before), new Set(after)];
  const added = after.filter((one) => !old.has(one));
  const removed = before.filter((one) => !now.has(one));
  if (added.length + removed.length === 0) return {};
  return {
    members: {
      before: before.length,
      after: after.length,
      added: added.slice(0, LOGGED_MAX),
      removed: removed.slice(0, LOGGED_MAX),
    },
  };
}
