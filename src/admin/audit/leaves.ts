/**
 * Leave to see what was said: asked for with a reason, where the tenant wants it agreed to by another
 * person, over after a while. In the store, so that every gateway on it knows of it, and written with
 * its record in the log or not at all. Bounded by tenant: whoever asks without end pushes out no leave
 * of others.
 */
import { randomBase62 } from '#stdx/base62.ts';
import { err, ok, type Result } from '#stdx/result.ts';
import type { ContentLeaveRecord } from '#storage/leave-records.ts';
import { PAGE_MAX, type Repository, type StorageWrites } from '#storage/storage.ts';

/** Give or take those that are asked for at the same moment; the next one takes them away. */
const LEAVES_PER_TENANT_MAX = 100;
const PAGES_MAX = 10;
const ID_CHARS = 16;
/** What nobody agreed to in a day is asked for again. */
const WAITING_MS = 86_400_000;

type Asked = Pick<ContentLeaveRecord, 'tenant' | 'asker' | 'party' | 'reason' | 'minutes'>;
type Leaves = Repository<ContentLeaveRecord>;

export function newLeave(asked: Asked, needsSecond: boolean, nowMs: number): ContentLeaveRecord {
  return {
    ...asked,
    id: randomBase62(ID_CHARS),
    askedMs: nowMs,
    agreedBy: needsSecond ? null : asked.asker,
    endsMs: nowMs + (needsSecond ? WAITING_MS : asked.minutes * 60_000),
    version: 1,
  };
}

const isOver = ({ endsMs }: ContentLeaveRecord, nowMs: number): boolean => nowMs >= endsMs;

/** Null: there is none, or it is over. */
export async function findLeave(
  leaves: Pick<Leaves, 'find'>,
  id: string,
  nowMs: number,
): Promise<ContentLeaveRecord | null> {
  const leave = await leaves.find(id);
  return leave === null || isOver(leave, nowMs) ? null : leave;
}

/** Those of a tenant, or of all, that are over as well. */
export async function storedLeaves(
  leaves: Leaves,
  tenant: string | null,
): Promise<readonly ContentLeaveRecord[]> {
  const found: ContentLeaveRecord[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await leaves.list({
      tenant: tenant ?? undefined,
      after,
      limit: PAGE_MAX,
    });
    found.push(...items);
    if (next === null) break;
    after = next;
  }
  return found;
}

/** Those that are not over, in the order in which they were asked for. */
export async function openLeaves(
  leaves: Leaves,
  tenant: string | null,
  nowMs: number,
): Promise<readonly ContentLeaveRecord[]> {
  return inOrder(await storedLeaves(leaves, tenant), nowMs);
}

const inOrder = (leaves: readonly ContentLeaveRecord[], nowMs: number) =>
  leaves
    .filter((leave) => !isOver(leave, nowMs))
    .toSorted((a, b) => a.askedMs - b.askedMs || (a.id < b.id ? -1 : 1));

/** What goes for a new one of the tenant: those that are over, and the oldest where there are too many. */
export async function outlivedLeaves(
  leaves: Leaves,
  tenant: string,
  nowMs: number,
): Promise<readonly ContentLeaveRecord[]> {
  const stored = await storedLeaves(leaves, tenant);
  const open = inOrder(stored, nowMs);
  const kept = new Set(open.slice(-(LEAVES_PER_TENANT_MAX - 1)));
  return stored.filter((leave) => !kept.has(leave));
}

/** Whatever became of them since they were read. */
export async function removeLeaves(
  tx: Pick<StorageWrites, 'contentLeaves'>,
  leaves: readonly ContentLeaveRecord[],
): Promise<void> {
  for (const { id } of leaves) {
    const current = await tx.contentLeaves.find(id);
    if (current !== null) await tx.contentLeaves.remove(id, current.version);
  }
}

/** The time begins when somebody agrees. Whether that is somebody else is asked before it. */
export function agreedLeave(
  leave: ContentLeaveRecord,
  by: string,
  nowMs: number,
): Result<ContentLeaveRecord, 'not-found'> {
  if (leave.agreedBy !== null) return err('not-found');
  return ok({ ...leave, agreedBy: by, endsMs: nowMs + leave.minutes * 60_000 });
}
