/** `/admin/v1/alert-silences`: what rules do not tell of for a while, who said so, and why. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import type { AlertSilenceRecord } from '#storage/records.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { err, ok } from '#stdx/result.ts';

import type { AdminAlertSilence } from '../alert-contract.ts';
import { actorName, change } from '../change.ts';
import { titleField } from '../fields.ts';
import { mapPage, pageOf, pageQuery, scopedQuery } from '../page.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { innerId } from '../views.ts';

const PREFIX = 'sil_';
const path = '/admin/v1/alert-silences';
/** A rule that should be quiet for longer should be another rule. */
const ENDS_MS_MAX = 30 * 86_400_000;
/** What is over is shown for this long, then taken away by the next one that is made. */
const KEPT_MS = 30 * 86_400_000;
/** Silences that are kept at once, those that are over among them. */
const SILENCES_MAX = 500;

const silenceView = z.strictObject({
  id: z.string(),
  rule: z.string().nullable(),
  subject: z.string().nullable(),
  reason: z.string(),
  endsAt: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
}) satisfies z.ZodType<AdminAlertSilence>;

const iso = (ms: number): string => new Date(ms).toISOString();

const show = (record: AlertSilenceRecord): AdminAlertSilence => ({
  id: PREFIX + record.id,
  rule: record.rule,
  subject: record.subject,
  reason: record.reason,
  endsAt: iso(record.endsMs),
  createdAt: iso(record.createdMs),
  createdBy: record.createdBy,
});

const list = defineRoute(
  {
    method: 'GET',
    path,
    summary: 'Silences, by id; those that are over for a while too.',
    permission: 'alert-rules.read',
    scope: 'platform',
    audit: null,
    body: null,
    query: pageQuery,
    ifMatch: false,
    status: 200,
    response: pageOf(silenceView),
  },
  async ({ actor, query, ports }) => {
    const scoped = scopedQuery(actor, query, PREFIX);
    if (!scoped.ok) return scoped;
    const page = await ports.storage.alertSilences.list(scoped.value);
    return ok({ body: mapPage(page, show, PREFIX) });
  },
);

const body = z.strictObject({
  rule: nameField.optional().meta({ description: 'Left out: every rule.' }),
  subject: titleField.optional().meta({
    description: 'One tenant, deployment, sink, anchor or listener. Left out: all of the rule.',
  }),
  reason: titleField.meta({ description: 'Why; it is in the audit log.' }),
  endsAt: z.iso.datetime().meta({ description: 'Within 30 days.' }),
});

const create = defineRoute(
  {
    method: 'POST',
    path,
    summary: 'Keeps rules quiet until a time. What still fires then is told then.',
    permission: 'alerts.silence',
    scope: 'platform',
    audit: 'alert-silence.create',
    body,
    query: null,
    ifMatch: false,
    status: 201,
    response: silenceView,
  },
  async (call) => {
    const { ports } = call;
    const nowMs = ports.clock.nowMs();
    const { rule = null, subject = null, reason, endsAt } = call.body;
    const endsMs = Date.parse(endsAt);
    if (endsMs <= nowMs || endsMs > nowMs + ENDS_MS_MAX) {
      return err(problem('request-malformed', 'endsAt'));
    }
    const { items } = await ports.storage.alertSilences.list({ limit: SILENCES_MAX });
    const over = items.filter((one) => one.endsMs < nowMs - KEPT_MS);
    if (items.length - over.length >= SILENCES_MAX) return err(problem('too-many'));
    const record: AlertSilenceRecord = {
      id: randomBase62(12),
      rule,
      subject,
      reason,
      endsMs,
      createdMs: nowMs,
      createdBy: actorName(call.actor),
      version: 1,
    };
    const resource = `alert-silence/${PREFIX}${record.id}`;
    const changed = { resource, tenant: null, diff: { rule, subject, reason, endsAt } };
    const made = await change(call, changed, async (tx) => {
      for (const old of over) {
        await tx.alertSilences.remove(old.id, old.version);
      }
      const inserted = await tx.alertSilences.insert(record);
      return inserted.ok ? inserted : err(problem('already-exists'));
    });
    return made.ok
      ? ok({ body: show(made.value), location: `${path}/${PREFIX}${record.id}` })
      : made;
  },
);

const end = defineRoute(
  {
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Ends a silence: what fires is told at the next look.',
    permission: 'alerts.silence',
    scope: 'platform',
    audit: 'alert-silence.delete',
    body: null,
    query: null,
    ifMatch: false,
    status: 204,
    response: null,
  },
  async (call) => {
    const id = innerId(call.params.id, PREFIX);
    const record = id === null ? null : await call.ports.storage.alertSilences.find(id);
    if (record === null) return err(problem('not-found'));
    const { rule, subject, reason, version } = record;
    const resource = `alert-silence/${PREFIX}${record.id}`;
    const changed = { resource, tenant: null, diff: { rule, subject, reason } };
    const removed = await change(call, changed, (tx) =>
      tx.alertSilences.remove(record.id, version),
    );
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const silenceRoutes: readonly AdminRoute[] = [list, create, end];
