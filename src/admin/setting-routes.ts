/** `/admin/v1/config/…`: what the file declares, read-only, and what the store adds to it. */
import { z } from 'zod';

import type { Difference } from '#config/diff.ts';
import { redactedValue } from '#config/print.ts';
import { FILE_SECTIONS, type Setting, type SettingSection } from '#config/settings.ts';
import type { SettingRecord } from '#storage/records.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { affectedBy } from './affected.ts';
import type { AffectedView } from './config-change-contract.ts';
import type { ConfigDifferenceView, SettingView } from './contract.ts';
import { mergedPage, pageOf, pageQuery } from './page.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { applied, isDeclared, nextOf, refusal, unchangeable } from './setting-changes.ts';
import { sealedChanges, sealNothing } from './setting-secrets.ts';
import { changesBody, changesOf, jsonOf, section, settingName, value } from './setting-fields.ts';
import type { Wanted } from './settings-port.ts';
import { timeText } from './views.ts';

const path = '/admin/v1/config';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'platform' } as const;
const write = { permission: 'config.write', scope: 'platform', query: null } as const;

const text = z.string();
const settingView = z.strictObject({
  section,
  name: text,
  value: z.record(text, z.unknown()),
  managedBy: z.enum(['file', 'store']),
  createdAt: text.nullable(),
  version: z.int().nullable(),
}) satisfies z.ZodType<SettingView>;

const differenceView = z.strictObject({
  path: text,
  kind: z.enum(['added', 'removed', 'changed']),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
}) satisfies z.ZodType<ConfigDifferenceView>;

const affectedView = z.strictObject({
  section: text,
  name: text,
  what: z.enum(['calls', 'attempts', 'calls with findings', 'refused calls']),
  count: z.int(),
  of: z.int(),
}) satisfies z.ZodType<AffectedView>;

const show = ({ section: at, name, value: said, createdMs, version }: SettingRecord) => ({
  section: section.parse(at),
  name,
  value: redactedValue(said),
  managedBy: 'store' as const,
  createdAt: timeText(createdMs),
  version,
});

const showDeclared = ({ section: at, name, value: said }: Setting) => ({
  section: at,
  name,
  value: said,
  managedBy: 'file' as const,
  createdAt: null,
  version: null,
});

function sectionOf({
  params,
}: Pick<AdminCall<'section'>, 'params'>): Result<SettingSection, Problem> {
  const found = section.safeParse(params.section);
  if (found.success) return ok(found.data);
  const isFiles = FILE_SECTIONS.has(params.section);
  return err(isFiles ? problem('managed-by-file', 'section') : problem('not-found'));
}

const list = defineRoute(
  {
    ...read,
    path: `${path}/{section}`,
    summary:
      'Providers, models, guards, limits, budgets, alerts, issuers, endUsers, introspection or sinks: those of the file and of the store.',
    permission: 'config.read',
    query: pageQuery,
    status: 200,
    response: pageOf(settingView),
  },
  async (call) => {
    const found = sectionOf(call);
    if (!found.ok) return found;
    const { limit, after } = call.query;
    const { storage, settings } = call.ports;
    const cursor = `${found.value}/${after ?? ''}`;
    const { items } = await storage.settings.list({ after: cursor, limit: limit + 1 });
    const stored = items.filter((one) => one.section === found.value).map(show);
    const declared = settings.declared(found.value).map(showDeclared);
    const page = { items: stored.slice(0, limit), next: stored.length > limit ? 'more' : null };
    const merged = mergedPage<SettingOut>(declared, page, ({ name }) => name, call.query);
    return ok({ body: { items: [...merged.items], next: merged.next } });
  },
);

type SettingOut = z.output<typeof settingView>;

const storedSetting = async ({
  params,
  ports,
}: Pick<AdminCall<'section' | 'name'>, 'params' | 'ports'>): Promise<SettingRecord | null> =>
  await ports.storage.settings.find(`${params.section}/${params.name}`);

const one = defineRoute(
  {
    ...read,
    path: `${path}/{section}/{name}`,
    summary: 'One of them.',
    permission: 'config.read',
    query: null,
    status: 200,
    response: settingView,
  },
  async (call) => {
    const found = sectionOf(call);
    if (!found.ok) return found;
    const own = call.ports.settings.declared(found.value);
    const declared = own.find(({ name }) => name === call.params.name);
    if (declared !== undefined) return ok({ body: showDeclared(declared) });
    const record = await storedSetting(call);
    if (record === null) return err(problem('not-found'));
    return ok({ body: show(record), version: record.version });
  },
);

const create = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/{section}`,
    summary:
      'Declares a provider, model, guard, limit, alert or issuer. It is in force when this answers.',
    audit: 'config.create',
    body: z.strictObject({ name: settingName, value }),
    ifMatch: false,
    status: 201,
    response: settingView,
  },
  async (call) => {
    const found = sectionOf(call);
    if (!found.ok) return found;
    const { name, value: said } = call.body;
    const done = await applied(call, [{ section: found.value, name, value: jsonOf(said) }]);
    if (!done.ok) return done;
    const [record] = done.value;
    if (record === undefined) return err(problem('not-found'));
    const location = `${path}/${record.id}`;
    return ok({ body: show(record), version: record.version, location });
  },
);

const edit = defineRoute(
  {
    ...write,
    method: 'PATCH',
    path: `${path}/{section}/{name}`,
    summary: 'Replaces what the store says of it. It is in force when this answers.',
    audit: 'config.update',
    body: z.strictObject({ value }),
    ifMatch: true,
    status: 200,
    response: settingView,
  },
  async (call) => {
    const found = await editable(call);
    if (!found.ok) return found;
    const done = await applied(call, [{ ...found.value, value: jsonOf(call.body.value) }]);
    if (!done.ok) return done;
    const [record] = done.value;
    if (record === undefined) return err(problem('not-found'));
    return ok({ body: show(record), version: record.version });
  },
);

const remove = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/{section}/{name}`,
    summary: 'Takes it out. What others still name cannot be taken out.',
    audit: 'config.delete',
    body: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const found = await editable(call);
    if (!found.ok) return found;
    const done = await applied(call, [{ ...found.value, value: null }]);
    return done.ok ? ok({ body: null }) : done;
  },
);

/** The entry that a path names, with the version that was read. */
async function editable(
  call: AdminCall<'section' | 'name'>,
): Promise<Result<Wanted & { readonly version: number }, Problem>> {
  const found = sectionOf(call);
  if (!found.ok) return found;
  const wanted = { section: found.value, name: call.params.name };
  if (isDeclared(call, wanted)) return err(problem('managed-by-file'));
  const record = await storedSetting(call);
  if (record === null) return err(problem('not-found'));
  return ok({ ...wanted, version: call.version });
}

const diff = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/diff`,
    summary: 'What would be different, or what is wrong with it. Nothing is changed.',
    audit: 'config.diff',
    body: changesBody,
    ifMatch: false,
    status: 200,
    response: z.strictObject({
      differences: z.array(differenceView),
      affected: z.array(affectedView).nullable(),
    }),
  },
  async (call) => {
    const changes = changesOf(call.body);
    const early = await unchangeable(call, changes);
    if (early !== null) return err(early);
    const sealed = await sealedChanges(call, changes, sealNothing);
    if (!sealed.ok) return sealed;
    const done = await call.ports.settings.diff(nextOf(sealed.value));
    if (!done.ok) return err(refusal(done.error));
    const { audit, clock } = call.ports;
    // An index that does not answer keeps nobody from changing anything.
    const affected = await affectedBy(audit, changes, clock.nowMs()).catch(() => null);
    return ok({ body: { differences: done.value.map(showDifference), affected } });
  },
);

const showDifference = ({ path: at, kind, from, to }: Difference) => ({
  path: at,
  kind,
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

const apply = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/apply`,
    summary: 'Makes all of the changes or none, and is in force when this answers.',
    audit: 'config.apply',
    body: changesBody,
    ifMatch: false,
    status: 200,
    response: z.strictObject({ items: z.array(settingView) }),
  },
  async (call) => {
    const done = await applied(call, changesOf(call.body));
    return done.ok ? ok({ body: { items: done.value.map(show) } }) : done;
  },
);

/** The fixed words stand before the one that takes any section. */
export const settingRoutes: readonly AdminRoute[] = [diff, apply, list, one, create, edit, remove];
