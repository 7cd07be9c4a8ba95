/**
 * `/admin/v1/findings`: what guards found, and what people say of it. What was judged right or wrong is a
 * set to train with: `/findings/export` gives it as lines of JSON, with where the text is kept if it is.
 */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import type { IndexFilter, IndexPlace, IndexRow } from '#storage/audit-index.ts';
import { type JudgementRecord, judgementId, verdicts } from '#storage/judgement-records.ts';
import { err, ok } from '#stdx/result.ts';

import {
  line,
  placeField,
  placeOf,
  placeText,
  recordTimeFields,
  scopedFilter,
} from '../audit/record-fields.ts';
import { actorName, change } from '../change.ts';
import { pageOf, pageQuery } from '../page.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminCall, type AdminPorts, type AdminRoute, defineRoute } from '../route.ts';
import {
  findingsOf,
  findingView,
  type Found,
  judgementView,
  showFinding,
  showJudgement,
} from './finding-fields.ts';
import { exportRoute } from './export-route.ts';
import { offenderRoute } from './offender-route.ts';

const path = '/admin/v1/findings';

/** Rows of the index that one page reads at most: where nearly all are judged, the next goes on. */
const ROWS_MAX = 1_000;
const ROWS_A_READ = 100;

const isAsked = (state: 'open' | 'judged' | 'all', { judgement }: Found): boolean => {
  const isOpen = judgement === null || judgement.verdict === null;
  return state === 'all' || (state === 'open') === isOpen;
};

const list = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path,
    summary: 'What guards found, the newest first, and what was said of it.',
    permission: 'findings.read',
    query: z.strictObject({
      ...recordTimeFields,
      tenant: nameField.optional(),
      guard: line(128),
      category: line(128),
      key: line(128),
      state: z
        .enum(['open', 'judged', 'all'])
        .default('open')
        .meta({ description: '`open`: nobody has said yet whether it is right.' }),
      limit: pageQuery.shape.limit,
      after: placeField,
    }),
    status: 200,
    response: pageOf(findingView),
  },
  async ({ actor, query, ports }) => {
    const { from: fromMs, to: toMs, state, limit, after, ...asked } = query;
    const filter = scopedFilter(actor, { ...asked, fromMs, toMs, isFound: true });
    if (!filter.ok) return filter;
    const page = await findings(ports, { filter: filter.value, state, limit }, placeOf(after));
    return ok({
      body: {
        items: page.items.map(showFinding),
        next: page.next === null ? null : placeText(page.next),
      },
    });
  },
);

interface Asked {
  readonly filter: IndexFilter;
  readonly state: 'open' | 'judged' | 'all';
  readonly limit: number;
}

async function findings(
  { audit, storage }: AdminPorts,
  { filter, state, limit }: Asked,
  from: IndexPlace | null,
): Promise<{ readonly items: readonly Found[]; readonly next: IndexPlace | null }> {
  const items: Found[] = [];
  let after = from;
  for (let read = 0; read < ROWS_MAX; read += ROWS_A_READ) {
    const page = await audit.search({ filter, limit: ROWS_A_READ, after });
    for (const row of page.rows) {
      const found = await findingsOf(row, storage.judgements);
      items.push(...found.filter((one) => isAsked(state, one)));
      // Whole records: a page never ends between two findings of one.
      if (items.length >= limit) return { items, next: placeIn(row) };
    }
    if (page.next === null) return { items, next: null };
    after = page.next;
  }
  return { items, next: after };
}

const placeIn = ({ atMs, writer, seq }: IndexRow): IndexPlace => ({ atMs, writer, seq });

const judge = defineRoute(
  {
    method: 'POST',
    path,
    summary:
      'Says of a finding whether it is right. `If-Match`: the version that was read, 0 where nobody has said anything.',
    permission: 'findings.judge',
    scope: 'tenant',
    audit: 'finding.judge',
    ifMatch: true,
    query: null,
    body: z.strictObject({
      writer: line(64).unwrap(),
      seq: z.int().min(1),
      guard: line(128).unwrap(),
      category: line(128).unwrap().nullable(),
      verdict: z.enum(verdicts).nullable(),
      note: z.string().max(2_000).nullable().default(null),
      assignee: line(256).unwrap().nullable().default(null),
    }),
    status: 200,
    response: judgementView,
  },
  async (call) => {
    const { writer, seq, guard, category } = call.body;
    const stored = await call.ports.audit.record(writer, seq);
    const tenant = stored?.record.tenant ?? null;
    if (stored === null || !sees(call.actor, tenant)) return err(problem('not-found'));
    const isThere = (stored.record.guards ?? []).some(
      (entry) => entry.name === guard && (entry.category ?? null) === category,
    );
    if (!isThere) return err(problem('not-found'));
    const record: JudgementRecord = {
      ...call.body,
      id: judgementId(writer, seq, { guard, category }),
      tenant,
      atMs: Date.parse(stored.record.at),
      by: actorName(call.actor),
      judgedMs: call.ports.clock.nowMs(),
      version: call.version,
    };
    const done = await write(call, record);
    if (!done.ok) return done;
    return ok({ body: { ...showJudgement(done.value) }, version: done.value.version });
  },
);

/** The note is not in the log: it may say anything of anybody. */
const write = (
  call: Pick<AdminCall, 'actor' | 'action' | 'requestId' | 'ports'>,
  record: JudgementRecord,
) => {
  const { id, tenant, verdict, assignee } = record;
  const changed = { resource: `finding/${id}`, tenant, diff: { verdict, assignee } };
  return change(call, changed, async (tx) => {
    const done = await (record.version === 0
      ? tx.judgements.insert({ ...record, version: 1 })
      : tx.judgements.update(record));
    if (done.ok) return done;
    // Somebody was faster: the first word of another is what this one has not read.
    return err(problem('stale-version'));
  });
};

export const findingRoutes: readonly AdminRoute[] = [list, judge, exportRoute, offenderRoute];
