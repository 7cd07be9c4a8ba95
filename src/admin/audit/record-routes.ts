/** Records of the log: found by what they say, and shown whole. A tenant's administrators see its own. */
import { z } from 'zod';

import { err, ok } from '#stdx/result.ts';

import { pageOf, pageQuery } from '../page.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from '../route.ts';
import type { WholeRecord } from './audit-ports.ts';
import {
  placeField,
  placeOf,
  placeText,
  recordFilterFields,
  recordFor,
  recordRowView,
  recordTimeFields,
  rowViewFor,
  scopedFilter,
} from './record-fields.ts';

const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const list = defineRoute(
  {
    ...read,
    path: '/admin/v1/audit/records',
    summary: 'Records of the log by what they say, the newest first; a moment behind the log.',
    permission: 'records.read',
    query: z.strictObject({
      ...recordTimeFields,
      ...recordFilterFields,
      limit: pageQuery.shape.limit,
      after: placeField,
    }),
    status: 200,
    response: pageOf(recordRowView),
  },
  async ({ actor, query, ports }) => {
    const { limit, after, from: fromMs, to: toMs, ...asked } = query;
    const filter = scopedFilter(actor, { ...asked, fromMs, toMs });
    if (!filter.ok) return filter;
    const found = await ports.audit.search({ filter: filter.value, limit, after: placeOf(after) });
    const items = found.rows.map(rowViewFor(actor));
    return ok({ body: { items, next: found.next === null ? null : placeText(found.next) } });
  },
);

/** A record that there is for this caller. One of no tenant is of the whole gateway. */
async function visibleRecord({
  actor,
  params,
  ports,
}: Pick<AdminCall<'writer' | 'seq'>, 'actor' | 'params' | 'ports'>): Promise<
  (WholeRecord & { readonly seq: number }) | null
> {
  const seq = /^[1-9]\d{0,14}$/u.test(params.seq) ? Number(params.seq) : null;
  const found = seq === null ? null : await ports.audit.record(params.writer, seq);
  if (seq === null || found === null || !sees(actor, found.record.tenant ?? null)) return null;
  return { ...found, seq };
}

const one = defineRoute(
  {
    ...read,
    path: '/admin/v1/audit/records/{writer}/{seq}',
    summary: 'One record as the log has it, and which of its personal values were erased.',
    permission: 'records.read',
    query: null,
    status: 200,
    response: z.strictObject({
      record: z.record(z.string(), z.unknown()),
      erased: z.array(z.string()),
    }),
  },
  async (call) => {
    const found = await visibleRecord(call);
    if (found === null) return err(problem('not-found'));
    const record = { ...recordFor(call.actor, found.record) };
    return ok({ body: { record, erased: [...found.erased] } });
  },
);

/** Beside hashes a proof has the bytes of this one record: who sees the record sees no more by it. */
const proof = defineRoute(
  {
    ...read,
    path: '/admin/v1/audit/records/{writer}/{seq}/proof',
    summary:
      'A proof that a record is in the signed log (C2SP tlog-proof), as `audit prove` gives it.',
    permission: 'records.read',
    query: null,
    status: 200,
    response: z.strictObject({
      proof: z
        .string()
        .nullable()
        .meta({ description: 'Null: no checkpoint has signed the record yet. Ask in a minute.' }),
      key: z.string().meta({ description: 'The public key that this gateway signs with.' }),
    }),
  },
  async (call) => {
    const found = await visibleRecord(call);
    if (found === null) return err(problem('not-found'));
    const { audit } = call.ports;
    const made = await audit.proof(call.params.writer, found.seq);
    return ok({ body: { proof: made, key: audit.log().signing.key } });
  },
);

export const auditRecordRoutes: readonly AdminRoute[] = [list, one, proof];
