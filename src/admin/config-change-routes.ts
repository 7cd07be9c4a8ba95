/**
 * `/admin/v1/config-changes`: what the store was told of the configuration, the newest first; proposals that
 * wait for another administrator; and taking a change back. Secrets are in none of it: a proposal's are
 * sealed as they will be kept, and what was applied has `[secret]` in their place.
 */
import { z } from 'zod';

import { type SettingSection, settingSections } from '#config/settings.ts';
import type { ChangedEntry, ConfigChangeRecord } from '#storage/change-records.ts';
import { canonicalJson } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { actorName, change } from './change.ts';
import {
  changeId,
  CHANGES_KEPT,
  forgetChanges,
  isOver,
  isWaiting,
  outdatedChanges,
  PROPOSALS_MAX,
  storedChanges,
} from './change-history.ts';
import { isOneHand } from './people/hands.ts';
import type { ConfigChangeView } from './config-change-contract.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminPorts, type AdminRoute, defineRoute } from './route.ts';
import { applied, nextOf, redactedOrNull, refusal, unchangeable } from './setting-changes.ts';
import { changesBody, changesOf } from './setting-fields.ts';
import { sealedChanges } from './setting-secrets.ts';
import type { Change } from './settings-port.ts';
import { timeText } from './views.ts';

const path = '/admin/v1/config-changes';
const write = { permission: 'config.write', scope: 'platform', query: null } as const;

const text = z.string();
const entry = z.record(text, z.unknown()).nullable();
const changeView = z.strictObject({
  id: text,
  state: z.enum(['proposed', 'applied']),
  entries: z.array(z.strictObject({ section: text, name: text, before: entry, value: entry })),
  note: text.nullable(),
  proposedBy: text,
  proposedAt: text,
  appliedBy: text.nullable(),
  appliedAt: text.nullable(),
  undoes: text.nullable(),
}) satisfies z.ZodType<ConfigChangeView>;

const show = (record: ConfigChangeRecord): z.input<typeof changeView> => ({
  id: record.id,
  state: record.state,
  entries: record.entries.map(({ section, name, before, value }) => ({
    section,
    name,
    before: redactedOrNull(before),
    value: redactedOrNull(value),
  })),
  note: record.note,
  proposedBy: record.proposedBy,
  proposedAt: timeText(record.proposedMs),
  appliedBy: record.appliedBy,
  appliedAt: record.appliedMs === null ? null : timeText(record.appliedMs),
  undoes: record.undoes,
});

/** Of the same person, of a token of theirs, or of an account or a token of the same hand. */
const isOwn = async (
  { proposedBy, proposedParty, proposedMs }: ConfigChangeRecord,
  { actor, ports }: Pick<AdminCall, 'actor' | 'ports'>,
): Promise<boolean> =>
  proposedBy === actorName(actor) ||
  (await isOneHand([proposedParty, actor.party], ports.storage.accounts, proposedMs));

const list = defineRoute(
  {
    method: 'GET',
    path,
    summary: `Changes of the configuration, the newest first, ${CHANGES_KEPT} at most; proposals among them.`,
    permission: 'config.read',
    scope: 'platform',
    audit: null,
    body: null,
    ifMatch: false,
    query: null,
    status: 200,
    response: z.strictObject({ items: z.array(changeView), needsSecondPerson: z.boolean() }),
  },
  async ({ ports }) => {
    const stored = await storedChanges(ports.storage);
    const nowMs = ports.clock.nowMs();
    const shown = stored.filter((record) => !isOver(record, nowMs)).slice(-CHANGES_KEPT);
    const needsSecondPerson = ports.config().admin.secondPerson;
    return ok({ body: { items: shown.toReversed().map(show), needsSecondPerson } });
  },
);

const propose = defineRoute(
  {
    ...write,
    method: 'POST',
    path,
    summary:
      'Proposes changes: checked as if they were applied, and applied when another administrator agrees.',
    audit: 'config.propose',
    body: changesBody.extend({ note: text.max(500).nullable().default(null) }),
    ifMatch: false,
    status: 201,
    response: changeView,
  },
  async (call) => {
    const done = await proposed(call, changesOf(call.body), { note: call.body.note, undoes: null });
    return done.ok ? ok({ body: show(done.value) }) : done;
  },
);

async function proposed(
  call: AdminCall,
  wanted: readonly Change[],
  why: Pick<ConfigChangeRecord, 'note' | 'undoes'>,
): Promise<Result<ConfigChangeRecord, Problem>> {
  const early = await unchangeable(call, wanted);
  if (early !== null) return err(early);
  const { storage, settings, room, clock } = call.ports;
  const stored = await storedChanges(storage);
  const nowMs = clock.nowMs();
  const waits = stored.filter((one) => isWaiting(one, nowMs)).length;
  if (waits >= PROPOSALS_MAX) return err(problem('too-many', 'changes'));
  const sealed = await sealedChanges(call, wanted, (...secret) => room.custody.seal(...secret));
  if (!sealed.ok) return sealed;
  const checked = await settings.diff(nextOf(sealed.value));
  if (!checked.ok) return err(refusal(checked.error));
  const record: ConfigChangeRecord = {
    ...why,
    id: changeId(nowMs),
    state: 'proposed',
    entries: await Promise.all(sealed.value.map((one) => entryOf(call.ports, one))),
    proposedBy: actorName(call.actor),
    proposedParty: call.actor.party,
    proposedMs: nowMs,
    appliedBy: null,
    appliedMs: null,
    version: 1,
  };
  const diff = record.entries.map(({ section, name, value }) => ({
    section,
    name,
    value: redactedOrNull(value),
  }));
  const changed = { resource: `config-change/${record.id}`, tenant: null, diff };
  return await change(call, changed, async (tx) => {
    const done = await tx.configChanges.insert(record);
    await forgetChanges(tx, outdatedChanges(stored, nowMs));
    return done.ok ? done : err(problem(done.error.reason));
  });
}

async function entryOf(
  { storage }: AdminPorts,
  { section, name, value, version }: Change,
): Promise<ChangedEntry> {
  const before = await storage.settings.find(`${section}/${name}`);
  return {
    section,
    name,
    before: redactedOrNull(before?.value ?? null),
    value,
    version: version ?? null,
  };
}

const agree = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/{id}/agree`,
    summary: 'Agrees to a proposal of somebody else, which applies it: whole or not at all.',
    audit: 'config.agree',
    body: null,
    ifMatch: false,
    status: 200,
    response: changeView,
  },
  async (call) => {
    const agreed = await waiting(call);
    if (!agreed.ok) return agreed;
    if (await isOwn(agreed.value, call)) return err(problem('own-request'));
    const changes = changesIn(agreed.value);
    if (!changes.ok) return changes;
    const done = await applied(call, changes.value, { agreed: agreed.value });
    return done.ok ? await shownNow(call, agreed.value.id) : done;
  },
);

async function waiting({
  params,
  ports,
}: Pick<AdminCall<'id'>, 'params' | 'ports'>): Promise<Result<ConfigChangeRecord, Problem>> {
  const record = await ports.storage.configChanges.find(params.id);
  const isThere = record !== null && isWaiting(record, ports.clock.nowMs());
  return isThere ? ok(record) : err(problem('not-found'));
}

async function shownNow({ ports }: Pick<AdminCall, 'ports'>, id: string) {
  const record = await ports.storage.configChanges.find(id);
  return record === null ? err(problem('not-found')) : ok({ body: show(record) });
}

const isSection = (name: string): name is SettingSection =>
  settingSections.some((section) => section === name);

/** With a section that a newer gateway wrote, and this one does not know, nothing of it. */
function changesIn({ entries }: ConfigChangeRecord): Result<readonly Change[], Problem> {
  const changes: Change[] = [];
  for (const { section, name, value, version } of entries) {
    if (!isSection(section)) {
      const told = 'this version of the gateway does not know the section';
      return err({ reason: 'config-unfit', errors: [{ field: section, problem: told }] });
    }
    changes.push({ section, name, value, ...(version !== null && { version }) });
  }
  return ok(changes);
}

const withdraw = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Takes a proposal back, or refuses it.',
    audit: 'config.withdraw',
    body: null,
    ifMatch: false,
    status: 204,
    response: null,
  },
  async (call) => {
    const found = await call.ports.storage.configChanges.find(call.params.id);
    if (found?.state !== 'proposed') return err(problem('not-found'));
    const { id, version } = found;
    const changed = { resource: `config-change/${id}`, tenant: null, diff: null };
    const done = await change(call, changed, async (tx) => {
      const removed = await tx.configChanges.remove(id, version);
      return removed.ok ? removed : err(problem('stale-version'));
    });
    return done.ok ? ok({ body: null }) : done;
  },
);

const undo = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/{id}/undo`,
    summary:
      'Takes a change back, if nothing of it was changed since: applied, or proposed where somebody else has to agree.',
    audit: 'config.undo',
    body: null,
    ifMatch: false,
    status: 200,
    response: changeView,
  },
  async (call) => {
    const { storage, config } = call.ports;
    const record = await storage.configChanges.find(call.params.id);
    if (record?.state !== 'applied') return err(problem('not-found'));
    const changes = await inverseOf(call, record);
    if (!changes.ok) return changes;
    if (config().admin.secondPerson) {
      const done = await proposed(call, changes.value, { note: null, undoes: record.id });
      return done.ok ? ok({ body: show(done.value) }) : done;
    }
    const done = await applied(call, changes.value, { undoes: record.id });
    if (!done.ok) return done;
    const own = (await storedChanges(storage)).findLast(({ undoes }) => undoes === record.id);
    return own === undefined ? err(problem('not-found')) : ok({ body: show(own) });
  },
);

/** Secrets stay as they are now: what was before them is kept nowhere. */
async function inverseOf(
  { ports }: Pick<AdminCall, 'ports'>,
  { entries }: ConfigChangeRecord,
): Promise<Result<readonly Change[], Problem>> {
  const changes: Change[] = [];
  for (const { section, name, before, value } of entries) {
    if (!isSection(section)) return err(problem('not-found', section));
    const now = await ports.storage.settings.find(`${section}/${name}`);
    const isSame = canonicalJson(redactedOrNull(now?.value ?? null)) === canonicalJson(value);
    if (!isSame) return err(problem('stale-version', `${section}/${name}`));
    if (before === null && now === null) continue;
    changes.push({ section, name, value: before, ...(now !== null && { version: now.version }) });
  }
  return ok(changes);
}

export const configChangeRoutes: readonly AdminRoute[] = [list, propose, agree, withdraw, undo];
