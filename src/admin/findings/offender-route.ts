/** Who was refused most: by key, and for who may see that, by user or address. */
import { z } from 'zod';

import { type Tally, tallyNames } from '#storage/audit-index.ts';
import { nameField } from '#config/fields.ts';
import { err, ok } from '#stdx/result.ts';

import { line, recordTimeFields, scopedFilter } from '../audit/record-fields.ts';
import type { OffenderView } from '../finding-contract.ts';
import { mayDo } from '../permissions.ts';
import { problem } from '../problem.ts';
import { defineRoute } from '../route.ts';

const NAMES_MAX = 50;
const REASONS_MAX = 5;

const text = z.string();

const offenderView = z.strictObject({
  name: text.nullable(),
  count: z.int(),
  reasons: z.array(z.strictObject({ reason: text, count: z.int() })),
  firstAt: text,
  lastAt: text,
}) satisfies z.ZodType<OffenderView>;

export const offenderRoute = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path: '/admin/v1/offenders',
    summary: `Who was refused most in a time, ${NAMES_MAX} at most. By user and by address needs \`records.personal\`.`,
    permission: 'findings.read',
    query: z.strictObject({
      ...recordTimeFields,
      tenant: nameField.optional(),
      by: z.enum(tallyNames).default('key'),
      text: line(256).meta({ description: 'Words of the reason: `credential` for wrong ones.' }),
    }),
    status: 200,
    response: z.strictObject({ items: z.array(offenderView) }),
  },
  async ({ actor, query, ports }) => {
    const { from: fromMs, to: toMs, by, ...asked } = query;
    if (by !== 'key' && !mayDo(actor, 'records.personal')) return err(problem('forbidden'));
    const filter = scopedFilter(actor, { ...asked, kind: 'deny', fromMs, toMs });
    if (!filter.ok) return filter;
    const tallies = await ports.audit.tally(filter.value, by);
    return ok({ body: { items: offendersOf(tallies) } });
  },
);

export function offendersOf(tallies: readonly Tally[]) {
  const byName = new Map<string | null, Tally[]>();
  for (const tally of tallies) {
    const known = byName.get(tally.key);
    if (known === undefined) byName.set(tally.key, [tally]);
    else known.push(tally);
  }
  return [...byName]
    .map(([name, own]) => offenderOf(name, own))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, NAMES_MAX);
}

function offenderOf(name: string | null, tallies: readonly Tally[]) {
  const reasons = new Map<string, number>();
  for (const { shape, count } of tallies) {
    const reason = shape.reason ?? 'unknown';
    reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  return {
    name,
    count: tallies.reduce((all, { count }) => all + count, 0),
    reasons: [...reasons]
      .map(([reason, count]) => ({ reason, count }))
      .toSorted((a, b) => b.count - a.count)
      .slice(0, REASONS_MAX),
    firstAt: new Date(Math.min(...tallies.map(({ firstMs }) => firstMs))).toISOString(),
    lastAt: new Date(Math.max(...tallies.map(({ lastMs }) => lastMs))).toISOString(),
  };
}
