/** `/admin/v1/usage` and `/admin/v1/statements/{tenant}`: what was used, and what it cost. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { StatementBuilder } from '#metering/statement.ts';
import type { UsageLine } from '#metering/usage-report.ts';
import { USAGE_MS } from '#domain/ledger-entry.ts';
import { isTimeZone } from '#policy/access/local-time.ts';
import { Periods } from '#policy/limiters/period.ts';
import { err, ok } from '#stdx/result.ts';

import type { StatementView, UsageView } from './usage-contract.ts';
import { pageOf } from './page.ts';
import { sees } from './permissions.ts';
import { problem } from './problem.ts';
import { type AdminRoute, defineRoute } from './route.ts';
import { time } from './audit/record-fields.ts';
import { usageFile } from './usage-file.ts';
import { onQuarter, usageLines, usagePage, usageSteps } from './usage-read.ts';

const count = z.int();
const text = z.string();
const name = text.nullable();

const sums = {
  requests: count,
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  costNanoUsd: count,
};

const usageView = z.strictObject({
  from: text,
  to: text,
  tenant: text,
  team: name,
  user: name,
  key: name,
  model: text,
  provider: name,
  priceVersion: name,
  ...sums,
  reasoningTokens: count,
}) satisfies z.ZodType<UsageView>;

const statementView = z.strictObject({
  tenant: text,
  from: text,
  to: text,
  lines: z.array(z.strictObject({ model: text, provider: name, priceVersion: name, ...sums })),
  requests: count,
  costNanoUsd: count,
}) satisfies z.ZodType<StatementView>;

const range = {
  from: time('The beginning, on a quarter of an hour; this month where it is left out'),
  to: time('The end, which is not in it; now where it is left out'),
};

/** This month so far, where nothing else is said. */
function askedRange(
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const month = new Periods('month', 'UTC').at(nowMs);
  return {
    fromMs: onQuarter(from ?? month.fromMs),
    toMs: onQuarter(to ?? nowMs + USAGE_MS),
  };
}

const usageQuery = z.strictObject({
  ...range,
  by: z.enum(usageSteps).default('day'),
  timeZone: z.string().max(64).refine(isTimeZone, 'write a time zone').default('UTC'),
  tenant: nameField.optional(),
  format: z.enum(['json', 'csv', 'jsonl', 'focus']).default('json').meta({
    description:
      'As `usage export` writes it: a whole file, of at most 10,000 lines and ten years of hours.',
  }),
  after: z
    .string()
    .regex(/^\d{1,15}\.\d{1,9}$/u)
    .optional()
    .meta({ description: 'The `next` of the page before.' }),
});

const iso = (ms: number): string => new Date(ms).toISOString();
const shown = ({ fromMs, toMs, ...line }: UsageLine): UsageView => ({
  from: iso(fromMs),
  to: iso(toMs),
  tenant: line.tenant,
  team: line.team,
  user: line.user,
  key: line.key,
  model: line.model,
  provider: line.provider,
  priceVersion: line.priceVersion,
  requests: line.requests,
  inputTokens: line.inputTokens,
  outputTokens: line.outputTokens,
  cacheReadTokens: line.cacheReadTokens,
  cacheWriteTokens: line.cacheWriteTokens,
  reasoningTokens: line.reasoningTokens,
  costNanoUsd: line.costNanoUsd,
});

const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;

const usage = defineRoute(
  {
    ...read,
    path: '/admin/v1/usage',
    summary: 'What was used, by period, tenant, team, user, key and model.',
    permission: 'usage.read',
    query: usageQuery,
    files: ['text/csv', 'application/jsonl'],
    status: 200,
    response: pageOf(usageView),
  },
  async ({ actor, query, ports, isGone }) => {
    const { by, timeZone, after, format } = query;
    const { fromMs, toMs } = askedRange(query, ports.clock.nowMs());
    const tenant = query.tenant ?? actor.tenant ?? null;
    if (tenant !== null && !sees(actor, tenant)) return err(problem('not-found', 'tenant'));
    const [placed = fromMs, rows = 0] = after?.split('.').map(Number) ?? [];
    if (placed > toMs) return err(problem('request-malformed', 'after'));
    const asked = { fromMs, toMs, by, timeZone, tenant, isGone };
    if (format !== 'json') {
      const made = await usageFile(ports.storage.ledger, asked, format);
      return made.ok ? ok({ body: { items: [], next: null }, file: made.value }) : made;
    }
    const { lines, next } = await usagePage(ports.storage.ledger, asked, { fromMs: placed, rows });
    const items = lines.map(shown);
    return ok({ body: { items, next: next === null ? null : `${next.fromMs}.${next.rows}` } });
  },
);

const statement = defineRoute(
  {
    ...read,
    path: '/admin/v1/statements/{tenant}',
    summary: 'What a tenant is to pay for a time: a line a model, provider and price, and the sum.',
    permission: 'usage.read',
    query: z.strictObject(range),
    status: 200,
    response: statementView,
  },
  async ({ actor, params: { tenant }, query, ports, isGone }) => {
    if (!sees(actor, tenant)) return err(problem('not-found'));
    const { fromMs, toMs } = askedRange(query, ports.clock.nowMs());
    const builder = new StatementBuilder();
    const asked = { fromMs, toMs, by: 'total', timeZone: 'UTC', tenant, isGone } as const;
    for await (const line of usageLines(ports.storage.ledger, asked)) builder.add(line);
    const { fromMs: begin, toMs: end, lines, ...rest } = builder.end(tenant, fromMs, toMs);
    return ok({ body: { ...rest, from: iso(begin), to: iso(end), lines: [...lines] } });
  },
);

export const usageRoutes: readonly AdminRoute[] = [usage, statement];
