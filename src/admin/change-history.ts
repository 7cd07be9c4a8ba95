/**
 * What is remembered of the changes of the configuration: applied ones, and proposals that wait. Who
 * proposes pushes out old history and nothing that waits; who applies neither.
 */
import type { ConfigChangeRecord } from '#storage/change-records.ts';
import type { Storage, StorageWrites } from '#storage/storage.ts';
import { randomBase62 } from '#stdx/base62.ts';

/** Proposals among them. */
export const CHANGES_KEPT = 200;
/** So that half of the room is history whatever waits. */
export const PROPOSALS_MAX = CHANGES_KEPT / 2;
/** What nobody agreed to in a week is proposed again: it was written for another configuration. */
const WAITING_MS = 7 * 86_400_000;

type Changes = Pick<Storage, 'configChanges'>;

/** Ids are in the order of time: a list begins with the oldest. */
export const changeId = (nowMs: number): string =>
  `${nowMs.toString(36).padStart(9, '0')}${randomBase62(8)}`;

/** A proposal that nobody can agree to any more. */
export const isOver = ({ state, proposedMs }: ConfigChangeRecord, nowMs: number): boolean =>
  state === 'proposed' && nowMs - proposedMs > WAITING_MS;

export const isWaiting = (record: ConfigChangeRecord, nowMs: number): boolean =>
  record.state === 'proposed' && !isOver(record, nowMs);

/** All of them, the oldest first: made at one moment at several gateways, they may be a few more. */
export const storedChanges = async ({
  configChanges,
}: Changes): Promise<readonly ConfigChangeRecord[]> =>
  (await configChanges.list({ limit: 2 * CHANGES_KEPT })).items;

/** What goes for a new one: proposals that are over, and the oldest that were applied. */
export function outdatedChanges(
  stored: readonly ConfigChangeRecord[],
  nowMs: number,
): readonly ConfigChangeRecord[] {
  const over = stored.filter((record) => isOver(record, nowMs));
  const past = stored.filter(({ state }) => state === 'applied');
  const surplus = stored.length - over.length + 1 - CHANGES_KEPT;
  return [...over, ...past.slice(0, Math.max(0, surplus))];
}

/** But what somebody has changed since it was read. */
export async function forgetChanges(
  tx: Pick<StorageWrites, 'configChanges'>,
  outdated: readonly ConfigChangeRecord[],
): Promise<void> {
  for (const { id, version } of outdated) await tx.configChanges.remove(id, version);
}
