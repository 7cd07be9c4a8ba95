/**
 * Changes of what the store adds to the file: checked together with all that is in force, built, written
 * with their audit row, and only then in force: whole or not at all.
 */
import { redactedValue } from '#config/print.ts';
import type { Setting } from '#config/settings.ts';
import type { ConfigChangeRecord } from '#storage/change-records.ts';
import type { SettingRecord } from '#storage/records.ts';
import type { Storage, StorageWrites } from '#storage/storage.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { actorName, change } from './change.ts';
import { changeId, forgetChanges, outdatedChanges, storedChanges } from './change-history.ts';
import { type Problem, problem } from './problem.ts';
import type { AdminCall } from './route.ts';
import { sealedChanges } from './setting-secrets.ts';
import type { Change, NextSettings, Refused, Wanted } from './settings-port.ts';

/** Of all sections together: each change reads and checks all of them. */
const SETTINGS_MAX = 1_000;

const idOf = ({ section: at, name }: Pick<Setting, 'section' | 'name'>): string => `${at}/${name}`;

export const isDeclared = (
  { ports }: Pick<AdminCall, 'ports'>,
  { section: at, name }: Wanted,
): boolean => ports.settings.declared(at).some((one) => one.name === name);

export const nextOf =
  (changes: readonly Change[]): NextSettings =>
  (before) => {
    const after = new Map(before.map((setting) => [idOf(setting), setting]));
    for (const { value: said, ...wanted } of changes) {
      if (said === null) after.delete(idOf(wanted));
      else after.set(idOf(wanted), { section: wanted.section, name: wanted.name, value: said });
    }
    return [...after.values()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  };

export const refusal = ({ problems }: Refused): Problem => ({
  reason: 'config-unfit',
  errors: problems.slice(0, 16).map(({ field, problem: said }) => ({ field, problem: said })),
});

/** Before anything is built: that the entries are this API's to change, and are as they were read. */
export async function unchangeable(
  call: Pick<AdminCall, 'ports'>,
  changes: readonly Change[],
): Promise<Problem | null> {
  const { storage } = call.ports;
  if (new Set(changes.map(idOf)).size < changes.length)
    return problem('request-malformed', 'changes');
  for (const wanted of changes) {
    if (isDeclared(call, wanted)) return problem('managed-by-file', idOf(wanted));
    const record = await storage.settings.find(idOf(wanted));
    if (record === null && wanted.value === null) return problem('not-found', idOf(wanted));
    if (record !== null && wanted.version === undefined) {
      return problem('already-exists', idOf(wanted));
    }
    if ((record?.version ?? undefined) !== wanted.version) return problem('stale-version');
  }
  return (await isFull(storage, changes)) ? problem('too-many', 'changes') : null;
}

async function isFull(storage: Storage, changes: readonly Change[]): Promise<boolean> {
  const { items, next } = await storage.settings.list({ limit: SETTINGS_MAX });
  const added = changes.filter(
    ({ value: said, version }) => said !== null && version === undefined,
  );
  return next !== null || items.length + added.length > SETTINGS_MAX;
}

/** How changes came about: said with them in their history. */
export interface Circumstances {
  /** That somebody else has agreed to; its values are sealed already. */
  readonly agreed?: ConfigChangeRecord | undefined;
  /** The change that is taken back. */
  readonly undoes?: string | undefined;
}

/** All of them, in one transaction with one audit row, in force when it resolves. */
export async function applied(
  call: AdminCall,
  wanted: readonly Change[],
  { agreed, undoes }: Circumstances = {},
): Promise<Result<SettingRecord[], Problem>> {
  if (agreed === undefined && call.ports.config().admin.secondPerson)
    return err(problem('second-person'));
  const early = await unchangeable(call, wanted);
  if (early !== null) return err(early);
  const { custody } = call.ports.room;
  const sealed =
    agreed === undefined
      ? await sealedChanges(call, wanted, (...secret) => custody.seal(...secret))
      : ok([...wanted]);
  if (!sealed.ok) return sealed;
  const changes = sealed.value;
  const [only, ...others] = changes;
  const resource = only === undefined || others.length > 0 ? 'config' : `config/${idOf(only)}`;
  const diff = changes.map(({ section: at, name, value: said }) => ({
    section: at,
    name,
    value: redactedOrNull(said),
  }));
  const nowMs = call.ports.clock.nowMs();
  const outdated = outdatedChanges(await storedChanges(call.ports.storage), nowMs);
  const done = await call.ports.settings.change(nextOf(changes), () =>
    change(call, { resource, tenant: null, diff }, async (tx) => {
      const history = await historyOf(tx, call, changes, { agreed, undoes });
      const records = await written(tx, changes, nowMs);
      if (!records.ok) return records;
      const kept = await (agreed === undefined
        ? tx.configChanges.insert(history)
        : tx.configChanges.update(history));
      if (!kept.ok) return err(problem(kept.error.reason));
      await forgetChanges(tx, outdated);
      return records;
    }),
  );
  if (done.ok) return done;
  return err('problems' in done.error ? refusal(done.error) : done.error);
}

async function historyOf(
  tx: StorageWrites,
  call: AdminCall,
  changes: readonly Change[],
  { agreed, undoes = agreed?.undoes ?? undefined }: Circumstances,
): Promise<ConfigChangeRecord> {
  const nowMs = call.ports.clock.nowMs();
  const by = actorName(call.actor);
  const entries = await Promise.all(
    changes.map(async ({ section: at, name, value: said, version = null }) => {
      const before = await tx.settings.find(idOf({ section: at, name }));
      return {
        section: at,
        name,
        before: redactedOrNull(before?.value ?? null),
        value: redactedOrNull(said),
        version,
      };
    }),
  );
  return {
    id: agreed?.id ?? changeId(nowMs),
    state: 'applied',
    entries,
    note: agreed?.note ?? null,
    proposedBy: agreed?.proposedBy ?? by,
    proposedParty: agreed?.proposedParty ?? call.actor.party,
    proposedMs: agreed?.proposedMs ?? nowMs,
    appliedBy: by,
    appliedMs: nowMs,
    undoes: undoes ?? null,
    version: agreed?.version ?? 1,
  };
}

/** As it is shown and remembered: without what is secret. */
export const redactedOrNull = (said: JsonObject | null): JsonObject | null =>
  said === null ? null : redactedValue(said);

async function written(
  tx: StorageWrites,
  changes: readonly Change[],
  nowMs: number,
): Promise<Result<SettingRecord[], Problem>> {
  const records: SettingRecord[] = [];
  for (const { value: said, version, ...wanted } of changes) {
    const id = idOf(wanted);
    const before = await tx.settings.find(id);
    if (said === null) {
      const removed = await tx.settings.remove(id, version ?? -1);
      if (!removed.ok) return removed;
      continue;
    }
    const kept = { ...wanted, id, value: said, createdMs: before?.createdMs ?? nowMs };
    const record =
      version === undefined
        ? await tx.settings.insert({ ...kept, version: 1 })
        : await tx.settings.update({ ...kept, version });
    if (!record.ok) return record;
    records.push(record.value);
  }
  return ok(records);
}
